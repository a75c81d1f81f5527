"""Reminders: set, claimed when they are due, put off, and gone with their reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from storage.db import Connection, Database, Row

MOST_AT_ONCE = 200

_ADD = """
INSERT INTO reminders (workspace_id, case_id, request_key, kind, due_at, member, text, created_by, created_at)
SELECT workspace_id, id, %(key)s, %(kind)s, %(due)s, %(member)s, %(text)s, %(actor)s, %(now)s
FROM cases WHERE id = %(case)s AND status <> 'closed'
ON CONFLICT (workspace_id, request_key) WHERE request_key IS NOT NULL
DO UPDATE SET request_key = excluded.request_key
RETURNING token
"""

# Each goes to one replica, with its post in the same commit. What closes the case makes it `gone` first.
_CLAIM = """
WITH due AS (
    SELECT id FROM reminders
    WHERE workspace_id = %(workspace)s AND state = 'waiting' AND due_at <= %(now)s
    ORDER BY due_at, id LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
), r AS (
    UPDATE reminders SET state = 'sent', sent_at = %(now)s FROM due WHERE reminders.id = due.id
    RETURNING reminders.*
), k AS (
    SELECT r.id, r.token, r.member, r.due_at, r.case_id, k.workspace_id, k.slack_channel
    FROM r JOIN cases k ON k.id = r.case_id
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT workspace_id, slack_channel, case_id, 'reminder', 'app', jsonb_build_object('reminder', token)
    FROM k ORDER BY due_at, id
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, 'app', 'reminder.sent', case_id,
           jsonb_build_object('reminder', id, 'to', member)
    FROM k
)
SELECT token, slack_channel FROM k ORDER BY due_at, id
"""

_SHOWN = """
SELECT r.*, k.status, k.number FROM reminders r JOIN cases k ON k.id = r.case_id WHERE r.token = %(token)s
"""

_OF_POST = """
SELECT r.*, k.status, k.number FROM outbox o
JOIN reminders r ON o.kind = 'reminder' AND r.token = (o.payload ->> 'reminder')::uuid
JOIN cases k ON k.id = r.case_id
WHERE o.id = %(outbox)s
"""

_SNOOZE = """
UPDATE reminders r SET state = 'waiting', due_at = %(due)s, snoozes = snoozes + 1
FROM cases k WHERE k.id = r.case_id AND r.token = %(token)s AND r.state = 'sent' AND k.status <> 'closed'
RETURNING r.id
"""

_DONE = """
UPDATE reminders SET state = 'gone', gone_why = 'done'
WHERE token = %(token)s AND state = 'sent' RETURNING id
"""

# In the same commit as what is to be seen: whoever pressed a button may be gone before its post changes.
# The post stays in the thread of the case in which it was shown; the reminder goes on with one merged into.
REDRAW = """
WITH RECURSIVE here AS (
    SELECT case_id AS id FROM reminders WHERE token = %(token)s
    UNION SELECT k.id FROM here JOIN cases k ON k.merged_into = here.id
)
INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
SELECT o.workspace_id, o.slack_channel, r.case_id, 'reminder', jsonb_build_object('outbox', o.id)
FROM reminders r JOIN outbox o ON o.id = coalesce(r.outbox_id, (
    SELECT max(n.id) FROM posts p JOIN outbox n ON n.post_id = p.id
    WHERE p.case_id IN (SELECT id FROM here) AND n.kind = 'reminder'
      AND n.payload ->> 'reminder' = r.token::text))
WHERE r.token = %(token)s
"""


async def add(
    tx: Connection,
    *,
    case: int,
    kind: str,
    due: datetime,
    member: str,
    text: str,
    actor: str,
    key: str,
    now: datetime,
) -> UUID | None:
    """Have ``member`` reminded of an open case at ``due``; None for a closed one. The same ``key``: once."""
    params = {
        "case": case,
        "kind": kind,
        "due": due,
        "member": member,
        "text": text,
        "actor": actor,
        "key": key,
        "now": now,
    }
    row = await (await tx.execute(_ADD, params)).fetchone()
    return row["token"] if row else None


async def claim(db: Database, workspace: int, now: datetime, most: int = MOST_AT_ONCE) -> list[str]:
    """Take what is due at ``now`` and have it posted, at most ``most``; the Slack channel of each."""
    rows = await db.fetch(_CLAIM, {"workspace": workspace, "now": now, "most": most})
    return [row["slack_channel"] for row in rows]


async def by_token(db: Database, token: UUID) -> Row | None:
    """A reminder with the ``status`` and ``number`` of its case."""
    return await db.one(_SHOWN, {"token": token})


async def snooze(db: Database, token: UUID, due: datetime) -> bool:
    """Put off one that was sent; False when it is not waiting for that (any more), or its case is closed."""
    put_off, _ = await db.fetch_together((_SNOOZE, {"token": token, "due": due}), (REDRAW, {"token": token}))
    return bool(put_off)


async def of_post(db: Database, outbox: int) -> Row | None:
    """The one that somebody set for themselves and that was posted there, as ``by_token`` gives it."""
    return await db.one(_OF_POST, {"outbox": outbox})


async def done(db: Database, token: UUID) -> bool:
    """End one that was sent; False when it is not waiting for that."""
    ended, _ = await db.fetch_together((_DONE, {"token": token}), (REDRAW, {"token": token}))
    return bool(ended)


async def move(tx: Connection, case: int, into: int) -> list[int]:
    """What somebody is to be reminded of goes on with the case; the caller holds both locks.

    Returns the ids of the reminders.
    """
    cursor = await tx.execute(
        "UPDATE reminders SET case_id = %(into)s WHERE case_id = %(case)s AND state <> 'gone' RETURNING id",
        {"case": case, "into": into},
    )
    return [row["id"] for row in await cursor.fetchall()]


async def move_back(tx: Connection, reminders: Sequence[int], case: int, into: int) -> None:
    """These, which ``move`` brought to ``case``, are about ``into`` again."""
    await tx.execute(
        """UPDATE reminders SET case_id = %(into)s
           WHERE id = ANY(%(reminders)s::bigint[]) AND case_id = %(case)s AND state <> 'gone'""",
        {"reminders": list(reminders), "case": case, "into": into},
    )
