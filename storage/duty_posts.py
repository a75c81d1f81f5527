"""The posts that remind of what has to be done: what they show, where they stand, and putting it off."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from storage.db import Database, Row
from storage.links import address_of
from storage.reminders import REDRAW

# What is closed needs nothing any more, also before that was looked at. In a department's channel nothing is
# said of the customer, and the way leads to its own thread.
_SHOWN = f"""
SELECT r.token, r.kind, r.stage, r.due_at, r.gone_why, r.mentions, r.again_at, r.ended_by, r.duty_id,
       CASE WHEN r.state = 'sent' AND k.status = 'closed' THEN 'gone' ELSE r.state END AS state,
       r.case_id, k.number, k.token AS case_token, k.status, k.process_type, o.kind AS post_kind,
       o.slack_channel <> k.slack_channel AS elsewhere, q.department, q.department_name,
       CASE WHEN w.url <> '' THEN {address_of("q", "ts")} END AS ask_url, c.words, c.token AS promise,
       CASE WHEN o.slack_channel = k.slack_channel THEN k.subject ELSE '' END AS subject,
       CASE WHEN w.url = '' THEN NULL
            WHEN o.slack_channel = k.slack_channel THEN {address_of("k", "thread_ts")}
            ELSE {address_of("q", "ts")} END AS url
FROM reminders r JOIN cases k ON k.id = r.case_id JOIN workspaces w ON w.id = k.workspace_id
JOIN outbox o ON o.id = r.outbox_id
LEFT JOIN duties d ON d.id = r.duty_id LEFT JOIN asks q ON q.id = d.ask_id
LEFT JOIN commitments c ON r.kind = 'said' AND c.id = d.ref
WHERE r.outbox_id = %(outbox)s ORDER BY r.due_at, r.id
"""

_PLACE = """
SELECT o.slack_channel, p.ts, p.id AS post FROM outbox o JOIN posts p ON p.id = o.post_id
WHERE o.id = %(outbox)s AND p.ts IS NOT NULL
"""

# The duty is locked before its reminder, as by whoever works it out anew.
_SNOOZE = """
WITH l AS MATERIALIZED (
    SELECT d.id FROM duties d JOIN reminders r ON r.duty_id = d.id
    WHERE r.outbox_id = %(outbox)s ORDER BY d.id FOR UPDATE OF d
), r AS (
    UPDATE reminders SET state = 'gone', gone_why = 'snoozed', again_at = %(until)s, ended_by = %(actor)s
    FROM cases k
    WHERE reminders.outbox_id = %(outbox)s AND reminders.state = 'sent' AND k.id = reminders.case_id
      AND k.id = (SELECT c.case_id FROM reminders c WHERE c.token = %(token)s)
      AND k.status <> 'closed' AND duty_id IN (SELECT id FROM l)
    RETURNING reminders.id, duty_id, reminders.workspace_id, reminders.case_id
), d AS (
    UPDATE duties SET next_at = %(until)s, snoozed_until = %(until)s, snoozes = snoozes + 1
    FROM r WHERE duties.id = r.duty_id
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT DISTINCT workspace_id, %(now)s::timestamptz, %(actor)s, 'reminder.snoozed', case_id,
           jsonb_build_object('until', %(until)s::timestamptz)
    FROM r
)
SELECT id FROM r
"""


async def shown(db: Database, outbox: int) -> list[Row]:
    """The reminders of one post, in order, with what is shown of their cases."""
    return await db.fetch(_SHOWN, {"outbox": outbox})


async def place(db: Database, outbox: int) -> Row | None:
    """Where they were posted: ``slack_channel``, ``ts`` and ``post``."""
    return await db.one(_PLACE, {"outbox": outbox})


async def snooze(db: Database, outbox: int, token: UUID, until: datetime, actor: str, now: datetime) -> bool:
    """Put off all that a post reminds of in the case of one reminder; False where nothing is left to do.

    In the same commit the post is to be drawn anew: whoever pressed a button may be gone before it changes.
    """
    params = {"outbox": outbox, "token": token, "until": until, "actor": actor, "now": now}
    put_off, _ = await db.fetch_together((_SNOOZE, params), (REDRAW, {"token": token}))
    return bool(put_off)


async def post_of(db: Database, workspace: int, token: UUID) -> int | None:
    """The outbox row of the post in which a reminder stands."""
    row = await db.one(
        "SELECT outbox_id FROM reminders WHERE workspace_id = %(workspace)s AND token = %(token)s",
        {"workspace": workspace, "token": token},
    )
    return row["outbox_id"] if row else None
