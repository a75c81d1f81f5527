"""One person's work: their cases, and what waits for them."""

from __future__ import annotations

from collections.abc import Sequence

from storage.db import Database, Row
from storage.owners import UNCLAIMED

_LINE = f"""
SELECT k.id, k.token, k.number, k.subject, k.status, k.owner, k.opened_at, k.last_customer_at,
       k.slack_channel, k.thread_ts, u.name AS customer, {UNCLAIMED} AS unclaimed,
       count(*) OVER () AS fitting
FROM cases k JOIN customers u ON u.id = k.customer_id
"""
_LONGEST_FIRST = "coalesce(k.last_customer_at, k.opened_at), k.id"

_THEIRS = """(k.owner = %(user)s
       OR k.owner = ANY (ARRAY(SELECT a.member FROM absences a
                               WHERE a.workspace_id = %(workspace)s AND a.cover = %(user)s)))"""

_MINE = f"""{_LINE}
WHERE k.workspace_id = %(workspace)s AND k.status <> 'closed'
  AND {_THEIRS}
  AND (%(unanswered)s::boolean IS NULL OR (k.status IN ('new', 'open')) = %(unanswered)s)
ORDER BY array_position(ARRAY['new', 'open', 'waiting_department', 'answered', 'waiting_customer'], k.status),
         {_LONGEST_FIRST}
LIMIT %(limit)s
"""

_UNCLAIMED = f"""{_LINE}
WHERE k.workspace_id = %(workspace)s AND k.status <> 'closed' AND {UNCLAIMED}
  AND k.slack_channel = ANY(%(channels)s)
ORDER BY {_LONGEST_FIRST}
LIMIT %(limit)s
"""

_DRAFTS = """
SELECT d.body, d.created_at, k.id, k.token, k.number, k.slack_channel, k.thread_ts, u.name AS customer,
       count(*) OVER () AS fitting
FROM drafts d JOIN cases k ON k.id = d.case_id JOIN customers u ON u.id = k.customer_id
WHERE d.workspace_id = %(workspace)s AND d.created_by = %(user)s AND d.state = 'preview'
  AND k.status <> 'closed'
ORDER BY d.id
LIMIT %(limit)s
"""

# Cases in which every word stands in one message or in the customer's name, and those of an address.
_CASE = f"""{_LINE}
WHERE k.workspace_id = %(workspace)s AND k.number = %(number)s
"""

_OWN = f"""{_LINE}
WHERE k.workspace_id = %(workspace)s AND k.number = %(number)s AND {_THEIRS}
"""

_OTHERS = f"""{_LINE}
WHERE k.customer_id = (SELECT customer_id FROM cases WHERE id = %(case)s) AND k.id <> %(case)s
ORDER BY k.id DESC
LIMIT %(limit)s
"""


async def mine(
    db: Database, workspace: int, user: str, *, unanswered: bool | None = None, limit: int = 15
) -> list[Row]:
    """The open cases that ``user`` owns or covers for somebody, those whose customer waits first.

    ``unanswered`` keeps only those (True), or only the others (False).
    """
    params = {"workspace": workspace, "user": user, "unanswered": unanswered, "limit": limit}
    return await db.fetch(_MINE, params)


async def unclaimed(db: Database, workspace: int, channels: Sequence[str], *, limit: int = 15) -> list[Row]:
    """The open cases of ``channels`` that nobody minds now, the longest-waiting first."""
    return await db.fetch(_UNCLAIMED, {"workspace": workspace, "channels": list(channels), "limit": limit})


async def drafts_waiting(db: Database, workspace: int, user: str, *, limit: int = 5) -> list[Row]:
    """Previews of ``user`` that wait for Send or Cancel."""
    return await db.fetch(_DRAFTS, {"workspace": workspace, "user": user, "limit": limit})


async def case(db: Database, workspace: int, number: int) -> Row | None:
    """One case as a line, open or closed."""
    return await db.one(_CASE, {"workspace": workspace, "number": number})


async def own_case(db: Database, workspace: int, user: str, number: int) -> Row | None:
    """The same, only if ``user`` owns it or covers for its owner."""
    return await db.one(_OWN, {"workspace": workspace, "user": user, "number": number})


async def others_of_customer(db: Database, case: int, *, limit: int = 10) -> list[Row]:
    """The other cases of a case's customer, open or closed, the newest first."""
    return await db.fetch(_OTHERS, {"case": case, "limit": limit})


async def last_words(db: Database, case: int) -> dict[str, Row]:
    """The last message of the customer (``in``) and to the customer (``out``)."""
    rows = await db.fetch(
        """SELECT DISTINCT ON (direction) direction, text, author_name, created_at FROM messages
           WHERE case_id = %(case)s AND seq IS NOT NULL AND deleted_at IS NULL
           ORDER BY direction, seq DESC""",
        {"case": case},
    )
    return {row["direction"]: row for row in rows}
