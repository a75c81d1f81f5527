"""Customers who have not answered, and are asked once more by itself where the process says so.

When that is stands in the duty to see to their silence (``duties.nudge_at``). Everybody locks the
conversation first, then the case.
"""

from __future__ import annotations

from datetime import datetime

from storage import locks
from storage.by_hand import BY_HAND
from storage.db import Connection, Database, Row

_MOST_AT_ONCE = 50

KEY = "'nudge:app:' || k.id || ':' || v.id || ':' || v.last_in_seq"
"""Of a case ``k`` with its conversation ``v``: once until the customer writes again."""

TRIED = f"""({BY_HAND} OR EXISTS (
    SELECT FROM drafts o WHERE o.workspace_id = k.workspace_id AND o.request_key = {KEY}))"""
"""Whether that one has been asked, or is to be asked by people only."""

# What changed since is worked out anew first.
_DUE = """
SELECT d.id, d.case_id, k.conversation_id FROM duties d JOIN cases k ON k.id = d.case_id
WHERE d.workspace_id = %(workspace)s AND d.nudge_at <= %(now)s
  AND NOT EXISTS (SELECT FROM rechecks r WHERE r.case_id = d.case_id)
ORDER BY d.nudge_at, d.id LIMIT %(most)s
"""

_FACTS = f"""
SELECT d.id AS duty, k.id, k.process_type, v.site,
       coalesce(v.language, u.language) AS language, u.profile ->> 'time_zone' AS zone,
       {KEY} AS key,
       {TRIED} AS tried,
       EXISTS (SELECT FROM drafts o WHERE o.case_id = k.id AND o.state IN ('preview', 'approved')) AS busy
FROM duties d JOIN cases k ON k.id = d.case_id JOIN conversations v ON v.id = k.conversation_id
JOIN customers u ON u.id = k.customer_id
WHERE d.id = %(id)s AND d.nudge_at <= %(now)s AND k.conversation_id = %(conversation)s
  AND k.status = 'waiting_customer' AND v.channel <> 'internal'
  AND NOT EXISTS (SELECT FROM rechecks r WHERE r.case_id = k.id)
FOR UPDATE OF d
"""


async def due(db: Database, workspace: int, now: datetime) -> list[Row]:
    """Whom to look at: those who were silent for long enough by ``now``."""
    return await db.fetch(_DUE, {"workspace": workspace, "now": now, "most": _MOST_AT_ONCE})


async def claim(tx: Connection, row: Row, now: datetime) -> Row | None:
    """Lock the case of a row of ``due``: what is known of it; None when another replica is at it, or was.

    ``tried``: the customer was asked since they wrote last, somebody kept that back, or nothing may go there
    by itself; ``busy``: a text for them is under way.
    """
    if not await locks.claim_case(tx, row["case_id"], row["conversation_id"]):
        return None
    params = {"id": row["id"], "now": now, "conversation": row["conversation_id"]}
    return await (await tx.execute(_FACTS.encode(), params)).fetchone()


async def put_off(tx: Connection, duty: int, until: datetime | None) -> None:
    """Look again at ``until``; None for never, unless the case changes."""
    params = {"duty": duty, "until": until}
    await tx.execute("UPDATE duties SET nudge_at = %(until)s WHERE id = %(duty)s", params)


async def leave(tx: Connection, case: int) -> None:
    """Leave it to people: they are reminded, where that is not so yet."""
    await tx.execute(
        "INSERT INTO rechecks (workspace_id, case_id) SELECT workspace_id, id FROM cases WHERE id = %(case)s",
        {"case": case},
    )
