"""Forgetting what has served its purpose, so that tables do not grow with every event."""

from __future__ import annotations

from uuid import UUID

from storage.db import Database

KEEP_DAYS = 7
"""How long handled events and finished calls are kept: longer than Slack retries."""
KEEP_DEAD_DAYS = 30
"""How long events that nobody could handle are kept."""
KEEP_UNSENT_HOURS = 24
"""How long an uploaded file waits for its message."""
_BATCH = 5_000

_FORGET_UNSENT = """
DELETE FROM attachments WHERE id IN (
    SELECT id FROM attachments
    WHERE message_id IS NULL
      AND (draft_id IS NULL OR draft_id IN (SELECT d.id FROM drafts d WHERE d.state = 'cancelled'))
      AND created_at < clock_timestamp() - make_interval(hours => %(hours)s)
    LIMIT %(batch)s)
AND message_id IS NULL
RETURNING uuid
"""

_FORGET = {
    "install_states": """
        DELETE FROM install_states WHERE state IN (
            SELECT state FROM install_states
            WHERE spent_at < clock_timestamp() - make_interval(days => %(days)s)
            LIMIT %(batch)s)
        RETURNING state""",
    "early_changes": """
        DELETE FROM early_changes WHERE id IN (
            SELECT id FROM early_changes
            WHERE created_at < clock_timestamp() - make_interval(days => %(days)s)
            LIMIT %(batch)s)
        RETURNING id""",
    "inbox": """
        DELETE FROM inbox WHERE id IN (
            SELECT id FROM inbox
            WHERE done_at < clock_timestamp() - make_interval(days => %(days)s)
               OR dead_at < clock_timestamp() - make_interval(days => %(dead_days)s)
            LIMIT %(batch)s)
        RETURNING id""",
    "answers": """
        DELETE FROM answers WHERE id IN (
            SELECT id FROM answers WHERE claimed_at < clock_timestamp() - make_interval(days => %(dead_days)s)
            LIMIT %(batch)s)
        RETURNING id""",
    "questions": """
        DELETE FROM questions WHERE id IN (
            SELECT q.id FROM questions q
            WHERE q.asked_at < clock_timestamp() - make_interval(days => %(dead_days)s)
              AND NOT EXISTS (SELECT FROM deeds d WHERE d.question_id = q.id)
            LIMIT %(batch)s)
        RETURNING id""",
    "admin_notices": """
        DELETE FROM admin_notices WHERE id IN (
            SELECT id FROM admin_notices
            WHERE told_at < clock_timestamp() - make_interval(days => %(days)s)
               OR created_at < clock_timestamp() - make_interval(days => %(dead_days)s)
            LIMIT %(batch)s)
        RETURNING id""",
    "slack_calls": """
        DELETE FROM slack_calls WHERE id IN (
            SELECT id FROM slack_calls WHERE done_at < clock_timestamp() - make_interval(days => %(days)s)
            LIMIT %(batch)s)
        RETURNING id""",
}


async def forget_the_done(db: Database) -> dict[str, int]:
    """Delete handled events, finished calls, and changes whose message never came, older than a week, in
    small batches; returns how many.

    Events that nobody could handle go after a month. Messages, posts, drafts, approvals and the
    audit stay: they are the record.
    """
    params = {"days": KEEP_DAYS, "dead_days": KEEP_DEAD_DAYS, "batch": _BATCH}
    gone = {}
    for table, statement in _FORGET.items():
        gone[table] = 0
        while rows := await db.fetch(statement, params):
            gone[table] += len(rows)
    return gone


async def forget_unsent_files(db: Database) -> list[UUID]:
    """Delete up to 5000 rows of files that no message took along within a day; returns their names."""
    rows = await db.fetch(_FORGET_UNSENT, {"hours": KEEP_UNSENT_HOURS, "batch": _BATCH})
    return [row["uuid"] for row in rows]
