"""Forgetting what has served its purpose, so that tables do not grow with every event."""

from __future__ import annotations

from storage.db import Database

KEEP_DAYS = 7
"""How long handled events and finished calls are kept: longer than Slack retries."""
_BATCH = 5_000

_FORGET = {
    "inbox": """
        DELETE FROM inbox WHERE id IN (
            SELECT id FROM inbox WHERE done_at < clock_timestamp() - make_interval(days => %(days)s)
            LIMIT %(batch)s)
        RETURNING id""",
    "slack_calls": """
        DELETE FROM slack_calls WHERE id IN (
            SELECT id FROM slack_calls WHERE done_at < clock_timestamp() - make_interval(days => %(days)s)
            LIMIT %(batch)s)
        RETURNING id""",
}


async def forget_the_done(db: Database) -> dict[str, int]:
    """Delete handled events and finished calls older than a week, in small batches; returns how many.

    Messages, posts, drafts, approvals and the audit stay: they are the record.
    """
    gone = {}
    for table, statement in _FORGET.items():
        gone[table] = 0
        while rows := await db.fetch(statement, {"days": KEEP_DAYS, "batch": _BATCH}):
            gone[table] += len(rows)
    return gone
