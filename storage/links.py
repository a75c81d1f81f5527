"""Where the threads of cases are in Slack."""

from __future__ import annotations

from dataclasses import dataclass

from storage.db import Database

_PLACE = """
SELECT k.number,
       rtrim(w.url, '/') || '/archives/' || k.slack_channel || '/p' || replace(k.thread_ts, '.', '') AS url
FROM cases k JOIN workspaces w ON w.id = k.workspace_id
WHERE k.id = %(case)s
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A case, and the address of its card once that is posted."""

    number: int
    url: str | None


async def place(db: Database, case: int) -> Place:
    """Where a case is."""
    row = await db.one(_PLACE, {"case": case})
    assert row is not None
    return Place(row["number"], row["url"])
