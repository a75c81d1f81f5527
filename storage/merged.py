"""A case and what was merged into it are read as one."""

# As an array, so that rows are found by these ids: a subquery made the planner walk through all messages.
WITH_MERGED = """ANY(ARRAY(
    WITH RECURSIVE merged AS (
        SELECT %(case)s::bigint AS id UNION SELECT k.id FROM merged JOIN cases k ON k.merged_into = merged.id
    ) SELECT id FROM merged
))"""
"""``case``, every case that was merged into it, and those that were merged into these: ``id = ANY(…)``."""


def end_of(case: str) -> str:
    """The id of the case, in SQL, in which ``case`` goes on at last: its own where it was not merged."""
    return f"""(
    WITH RECURSIVE way AS (
        SELECT o.id, o.merged_into FROM cases o WHERE o.id = {case}
        UNION SELECT n.id, n.merged_into FROM way JOIN cases n ON n.id = way.merged_into
    ) SELECT way.id FROM way WHERE way.merged_into IS NULL
)"""


GOES_ON_IN = f"SELECT {end_of('%(case)s')} AS id"
"""In which case ``case`` goes on."""
