"""Whose case it is: taking, giving back, handing over."""

from __future__ import annotations

from datetime import datetime

from psycopg.types.json import Jsonb

from storage.calls import SHOW_CARD
from storage.db import Connection, Database

UNCLAIMED = """(k.owner IS NULL OR EXISTS (
    SELECT FROM absences a
    WHERE a.workspace_id = k.workspace_id AND a.member = k.owner AND a.cover IS NULL))"""
"""That nobody minds case ``k`` now: it has no owner, or one who is away without a cover."""

SHOW_TAKEN = f"""o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT workspace_id, slack_channel, id, 'notice', 'app',
           jsonb_build_object('event', 'taken', 'by', %(actor)s::text)
    FROM k
), {SHOW_CARD}"""
"""For a statement in which ``k`` is the case that ``actor`` owns from now on: thread and card say so."""

# Before _TAKE, and apart from it, as before ``intake.APPEND``.
_HOLD = "SELECT FROM cases WHERE id = %(case)s FOR NO KEY UPDATE"

# The lines in the thread, the card, and the private note with "Not mine" for whoever was the first to act.
_TAKE = f"""
WITH w AS MATERIALIZED (
    SELECT id, owner, status FROM cases k
    WHERE id = %(case)s AND status <> 'closed' AND owner IS DISTINCT FROM %(actor)s
      AND (NOT %(free)s OR {UNCLAIMED})
    FOR NO KEY UPDATE
), k AS (
    UPDATE cases SET owner = %(actor)s,
                     status = CASE WHEN cases.status = 'new' THEN 'open' ELSE cases.status END
    FROM w WHERE cases.id = w.id
    RETURNING cases.id, workspace_id, slack_channel, w.owner AS was, w.status AS stood
), {SHOW_TAKEN}, n AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
    SELECT workspace_id, slack_channel, id, 'note',
           jsonb_build_object('user', %(actor)s::text, 'note', 'owned')
    FROM k WHERE was IS NULL AND %(note)s
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, %(actor)s, 'case.taken', id,
           jsonb_strip_nulls(jsonb_build_object(
               'from', was, 'status', CASE WHEN stood = 'new' THEN 'open' END))
    FROM k
)
SELECT id FROM k
"""

_RELEASE = f"""
WITH k AS (
    UPDATE cases SET owner = NULL WHERE id = %(case)s AND owner = %(actor)s AND status <> 'closed'
    RETURNING id, workspace_id, slack_channel
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT workspace_id, slack_channel, id, 'notice', 'app',
           jsonb_build_object('event', 'released', 'by', %(actor)s::text)
    FROM k
), {SHOW_CARD}, x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id)
    SELECT workspace_id, %(now)s, %(actor)s, 'case.released', id FROM k
)
SELECT id FROM k
"""

_ASSIGN = f"""
WITH k AS (
    UPDATE cases SET owner = %(to)s, status = CASE WHEN status = 'new' THEN 'open' ELSE status END
    WHERE id = %(case)s AND status <> 'closed' AND owner IS DISTINCT FROM %(to)s
    RETURNING id, workspace_id, slack_channel
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT workspace_id, slack_channel, id, 'notice', 'app', %(payload)s FROM k
), {SHOW_CARD}, x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, %(actor)s, 'case.assigned', id, %(payload)s FROM k
)
SELECT id FROM k
"""


async def take(
    db: Database, case: int, actor: str, now: datetime, *, free: bool = False, note: bool = True
) -> bool:
    """Make ``actor`` the owner; False when they own it already or the case is closed.

    With ``free`` only a case that nobody minds (``UNCLAIMED``) is taken. With ``note`` who
    takes a case without an owner is told so.
    """
    params = {"case": case, "actor": actor, "now": now, "free": free, "note": note}
    _, taken = await db.fetch_together((_HOLD, {"case": case}), (_TAKE, params))
    return bool(taken)


async def release(db: Database, case: int, actor: str, now: datetime) -> bool:
    """Give the case back to everybody; False when ``actor`` does not own it, or it is closed."""
    return await db.one(_RELEASE, {"case": case, "actor": actor, "now": now}) is not None


async def assign(tx: Connection, case: int, to: str, actor: str, why: str, now: datetime) -> bool:
    """Make ``to`` the owner because ``actor`` says so; False when they own it already, or it is closed."""
    payload = {"event": "assigned", "by": actor, "to": to} | ({"why": why} if why else {})
    cursor = await tx.execute(
        _ASSIGN, {"case": case, "to": to, "actor": actor, "payload": Jsonb(payload), "now": now}
    )
    return await cursor.fetchone() is not None


async def to_call(db: Database, case: int) -> str | None:
    """Who is to be called when the customer writes: the case's owner, or while they are away their cover."""
    row = await db.one(
        """SELECT CASE WHEN a.id IS NULL THEN k.owner ELSE a.cover END AS who
           FROM cases k LEFT JOIN absences a ON a.workspace_id = k.workspace_id AND a.member = k.owner
           WHERE k.id = %(case)s""",
        {"case": case},
    )
    return row["who"] if row else None
