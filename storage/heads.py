"""How far conversations have come: one cheap look over all that are on somebody's screen."""

from __future__ import annotations

from collections.abc import Collection

from storage.db import Database

_HEADS = """
SELECT v.id, v.last_seq, v.revision, coalesce(k.status, 'new') AS status
FROM conversations v LEFT JOIN cases k ON k.id = v.case_id
WHERE v.id = ANY(%(conversations)s::bigint[])
"""


async def heads(db: Database, conversations: Collection[int]) -> dict[int, str]:
    """For each conversation a mark that changes with each message, each change of one, and its status."""
    rows = await db.fetch(_HEADS, {"conversations": list(conversations)})
    return {row["id"]: f"{row['last_seq']} {row['revision']} {row['status']}" for row in rows}
