"""What one person is reminded of: today, and of one case."""

from __future__ import annotations

from datetime import datetime

from cases.duties import DUE
from storage.db import Database, Row

# Of an owner who is away their cover is reminded. Questions to departments are theirs, not the owner's.
_TODAY = f"""
WITH k AS MATERIALIZED (
    SELECT id FROM cases
    WHERE workspace_id = %(workspace)s AND status <> 'closed' AND owner IN (
        SELECT %(member)s::text UNION ALL
        SELECT a.member FROM absences a WHERE a.workspace_id = %(workspace)s AND a.cover = %(member)s)
), d AS (
    SELECT d.id FROM duties d JOIN k ON k.id = d.case_id WHERE d.ask_id IS NULL
    UNION ALL
    SELECT d.id FROM asks q JOIN duties d ON d.ask_id = q.id
    WHERE q.workspace_id = %(workspace)s AND q.state = 'open' AND q.taken_by = %(member)s
), t AS (
    SELECT d.case_id, d.kind, d.ask_id, CASE WHEN d.kind = 'said' THEN d.ref END AS said, '' AS text,
           d.due_at, d.snoozed_until, d.next_at AS at,
           EXISTS (SELECT FROM reminders r WHERE r.duty_id = d.id AND r.state = 'sent') AS posted
    FROM duties d WHERE d.id IN (SELECT id FROM d)
    UNION ALL
    SELECT case_id, kind, NULL, NULL, text, due_at,
           CASE WHEN snoozes > 0 AND state = 'waiting' THEN due_at END, due_at, state = 'sent'
    FROM reminders WHERE workspace_id = %(workspace)s AND member = %(member)s AND state <> 'gone'
)
SELECT t.kind, t.text, t.due_at, t.snoozed_until, t.posted, c.words, q.department_name, k.number, k.subject,
       k.slack_channel, k.thread_ts, false AS elsewhere, '' AS ask_url, 'sent' AS state,
       CASE WHEN t.due_at < %(now)s THEN {DUE + 1} ELSE {DUE} END AS stage, count(*) OVER () AS fitting
FROM t JOIN cases k ON k.id = t.case_id LEFT JOIN asks q ON q.id = t.ask_id
LEFT JOIN commitments c ON c.id = t.said
WHERE k.status <> 'closed' AND (t.posted OR t.at < %(until)s)
ORDER BY t.posted DESC, t.at, k.id, t.kind LIMIT %(limit)s
"""

# A case with several reminders in one post is put off there as a whole.
_POSTED = """
SELECT DISTINCT ON (outbox_id, CASE WHEN duty_id IS NULL THEN id END) token, outbox_id
FROM reminders
WHERE case_id = %(case)s AND state = 'sent' AND (duty_id IS NOT NULL OR member = %(member)s)
ORDER BY outbox_id, CASE WHEN duty_id IS NULL THEN id END, id
"""


async def today(
    db: Database, workspace: int, member: str, now: datetime, until: datetime, limit: int
) -> list[Row]:
    """What somebody was reminded of and has not done, then what they are reminded of before ``until``.

    Each row knows how many there are in all (``fitting``).
    """
    params = {"workspace": workspace, "member": member, "now": now, "until": until, "limit": limit}
    return await db.fetch(_TODAY, params)


async def posted(db: Database, case: int, member: str) -> list[Row]:
    """What was posted about a case and is to be done: a token for each post (``outbox_id``).

    Also what ``member`` wanted to be reminded of, without ``outbox_id``.
    """
    return await db.fetch(_POSTED, {"case": case, "member": member})
