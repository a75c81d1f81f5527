"""Where the threads of cases are in Slack."""

from __future__ import annotations

from dataclasses import dataclass

from cases.errors import CaseClosed, CaseMerged
from cases.messages import reference
from storage.db import Database, Row


def address_of(case: str) -> str:
    """The address of a case's card in SQL, from its table's alias and that of its workspace, ``w``."""
    thread = f"replace({case}.thread_ts, '.', '')"
    return f"rtrim(w.url, '/') || '/archives/' || {case}.slack_channel || '/p' || {thread}"


_PLACE = f"""
SELECT k.number, {address_of("k")} AS url
FROM cases k JOIN workspaces w ON w.id = k.workspace_id
WHERE k.id = %(case)s
"""


# A case that goes on in another one may have been merged into one that goes on elsewhere itself.
_SURVIVOR = """
WITH RECURSIVE way AS (
    SELECT merged_into AS id FROM cases WHERE id = %(case)s
    UNION SELECT k.merged_into FROM way JOIN cases k ON k.id = way.id WHERE k.merged_into IS NOT NULL
)
SELECT w.id FROM way w JOIN cases k ON k.id = w.id WHERE k.merged_into IS NULL
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


async def refuse_closed(db: Database, case: Row) -> None:
    """Return when the case is open; raises CaseClosed, or CaseMerged with the case that it goes on in.

    The values of CaseMerged are that one's reference (``case``) and the address of its card (``url``).
    """
    if case["status"] != "closed":
        return
    into = await db.one(_SURVIVOR, {"case": case["id"]})
    if into is None:
        raise CaseClosed
    found = await place(db, into["id"])
    raise CaseMerged(case=reference(found.number), url=found.url)
