"""Threads that are to be read from Slack, and what is known of them."""

from __future__ import annotations

from datetime import datetime

from storage.db import Database, Row

SWEEP_HOURS = 2
"""Threads of open cases are read this often, should Slack ever have lost an event."""

_NEXT = """
SELECT k.id, k.slack_channel, k.thread_ts, clock_timestamp() AS started
FROM cases k LEFT JOIN thread_reads r ON r.case_id = k.id
WHERE k.workspace_id = %(workspace)s AND k.thread_ts IS NOT NULL
  AND (k.status <> 'closed' OR k.closed_at >= %(closed_since)s)
  AND coalesce(r.read_at, to_timestamp(k.thread_ts::float8)) < %(before)s
  AND NOT EXISTS (SELECT FROM channel_holds h
                  WHERE h.workspace_id = k.workspace_id AND h.slack_channel IN (k.slack_channel, ''))
ORDER BY k.last_customer_at DESC NULLS LAST, k.id DESC LIMIT 1
"""

_NOTES = """
SELECT m.slack_ts AS ts, m.author_slack AS author, m.text, m.slack_edited_ts AS edited,
       d.state AS draft,
       (SELECT i.event ->> 'type' FROM inbox i
        WHERE i.workspace_id = m.workspace_id AND i.kind IN ('reaction_added', 'reaction_removed')
          AND i.event -> 'item' ->> 'ts' = m.slack_ts AND i.event -> 'item' ->> 'channel' = m.slack_channel
          AND i.event ->> 'user' = m.author_slack AND i.event ->> 'reaction' = %(reaction)s
        ORDER BY i.id DESC LIMIT 1) AS reacted
FROM messages m
LEFT JOIN LATERAL (SELECT state FROM drafts
                   WHERE workspace_id = m.workspace_id AND source_channel = m.slack_channel
                     AND source_ts = m.slack_ts
                   ORDER BY id DESC LIMIT 1) d ON true
WHERE m.case_id = %(case)s AND m.direction = 'internal' AND m.slack_ts IS NOT NULL AND m.deleted_at IS NULL
"""


async def due(db: Database, workspace: int, before: datetime, closed_since: datetime | None) -> Row | None:
    """A thread that was not read since ``before``, liveliest first, but for held channels.

    Cases that were closed since ``closed_since`` count, too. Returns id, slack_channel, thread_ts, started.
    """
    params = {"workspace": workspace, "before": before, "closed_since": closed_since}
    return await db.one(_NEXT, params)


async def sweep_due(db: Database, workspace: int) -> Row | None:
    """A thread of an open case that nobody read for two hours."""
    row = await db.one(
        "SELECT clock_timestamp() - make_interval(hours => %(hours)s) AS before", {"hours": SWEEP_HOURS}
    )
    assert row is not None
    return await due(db, workspace, row["before"], None)


async def notes(db: Database, case: int, reaction: str) -> list[Row]:
    """What people wrote in the thread of a case and did not delete.

    Each with ts, author, text, edited (Slack's time), the state of the draft made from it, and what its
    author did last with ``reaction`` (``reaction_added``, ``reaction_removed`` or nothing).
    """
    return await db.fetch(_NOTES, {"case": case, "reaction": reaction})


async def posts(db: Database, case: int) -> list[str]:
    """Where the posts of a case's own thread stand."""
    rows = await db.fetch(
        "SELECT ts FROM posts WHERE case_id = %(case)s AND ask_id IS NULL AND ts IS NOT NULL", {"case": case}
    )
    return [row["ts"] for row in rows]


async def done(db: Database, workspace: int, case: int, started: datetime) -> None:
    """The thread of a case was read."""
    await db.fetch(
        """INSERT INTO thread_reads (workspace_id, case_id, read_at)
           VALUES (%(workspace)s, %(case)s, %(started)s)
           ON CONFLICT (case_id) DO UPDATE SET read_at = excluded.read_at""",
        {"workspace": workspace, "case": case, "started": started},
    )
