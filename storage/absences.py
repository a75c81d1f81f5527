"""Who is away, until when, and who covers for them. A row is there as long as it holds."""

from __future__ import annotations

from datetime import datetime

from storage.calls import CARD_CONFLICT
from storage.db import Database, Row

_CARDS = f"""
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
    SELECT k.workspace_id, k.slack_channel, k.id, 'card'
    FROM cases k JOIN a ON a.workspace_id = k.workspace_id AND a.member = k.owner
    WHERE k.status <> 'closed' ORDER BY k.id{CARD_CONFLICT}
"""

_LEAVE = f"""
WITH a AS (
    INSERT INTO absences (workspace_id, member, until, cover, created_at)
    VALUES (%(workspace)s, %(member)s, %(until)s, %(cover)s, %(now)s)
    ON CONFLICT (workspace_id, member) DO UPDATE SET until = excluded.until, cover = excluded.cover
    RETURNING *
), c AS ({_CARDS})
INSERT INTO audit (workspace_id, at, actor, action, detail)
SELECT workspace_id, %(now)s, member, 'member.away', jsonb_build_object('until', until, 'cover', cover) FROM a
RETURNING id
"""

_END = f"""
WITH a AS (
    DELETE FROM absences
    WHERE workspace_id = %(workspace)s
      AND (member = %(member)s OR %(member)s::text IS NULL AND until <= %(now)s)
    RETURNING *
), c AS ({_CARDS})
INSERT INTO audit (workspace_id, at, actor, action, detail)
SELECT workspace_id, %(now)s, member, 'member.back', '{{}}' FROM a
RETURNING id
"""


async def leave(
    db: Database, workspace: int, member: str, until: datetime, cover: str | None, now: datetime
) -> None:
    """Note that ``member`` is away, in place of an earlier absence; their cards show it."""
    await db.fetch(
        _LEAVE, {"workspace": workspace, "member": member, "until": until, "cover": cover, "now": now}
    )


async def back(db: Database, workspace: int, member: str, now: datetime) -> bool:
    """Note that ``member`` is back; False when they were not away."""
    return await db.one(_END, {"workspace": workspace, "member": member, "now": now}) is not None


async def end_due(db: Database, workspace: int, now: datetime) -> int:
    """End the absences whose time is over; returns how many."""
    return len(await db.fetch(_END, {"workspace": workspace, "member": None, "now": now}))


async def of(db: Database, workspace: int, member: str) -> Row | None:
    """The absence of a person, if they are away."""
    return await db.one(
        "SELECT until, cover FROM absences WHERE workspace_id = %(workspace)s AND member = %(member)s",
        {"workspace": workspace, "member": member},
    )
