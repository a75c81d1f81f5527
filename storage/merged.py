"""A case and what was merged into it are read as one."""

WITH_MERGED = """(
    WITH RECURSIVE merged AS (
        SELECT %(case)s::bigint AS id UNION SELECT k.id FROM merged JOIN cases k ON k.merged_into = merged.id
    ) SELECT id FROM merged
)"""
"""The ids of ``case``, of every case that was merged into it, and of those that were merged into these."""
