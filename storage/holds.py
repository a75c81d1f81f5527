"""Slack channels to which nothing is posted for now; what is meant for them waits in its queue."""

from __future__ import annotations

from datetime import datetime

from cases.enums import HoldReason
from storage.db import Database, Row

EVERYWHERE = ""
"""In a channel's place: the whole workspace, because Slack refuses the token."""
MOST_SECONDS = 60
"""A held channel is looked at after 1, 2, 4, … seconds, and at least this often."""

_HOLD = """
WITH h AS (
    INSERT INTO channel_holds (workspace_id, slack_channel, reason, since, look_at)
    VALUES (%(workspace)s, %(channel)s, %(reason)s, %(now)s, clock_timestamp() + interval '1 second')
    ON CONFLICT (slack_channel, workspace_id) DO UPDATE
    SET reason = excluded.reason, since = excluded.since, looks = 0, look_at = excluded.look_at
    WHERE channel_holds.reason <> excluded.reason
    RETURNING workspace_id, slack_channel, reason, since
), n AS (
    INSERT INTO admin_notices (workspace_id, about, slack_channel, detail, since)
    SELECT workspace_id, 'held', slack_channel, jsonb_build_object('reason', reason), since FROM h
    WHERE reason <> 'token'
)
SELECT slack_channel, pg_notify('cx_rooms', slack_channel) AS _notified FROM h
"""

# Who was never told of the hold need not hear of its end; of the token nobody could be told before.
_RELEASE = """
WITH h AS (
    DELETE FROM channel_holds WHERE workspace_id = %(workspace)s AND slack_channel = %(channel)s
    RETURNING workspace_id, slack_channel, reason, since
), untold AS (
    DELETE FROM admin_notices n USING h
    WHERE n.workspace_id = h.workspace_id AND n.slack_channel = h.slack_channel AND n.about = 'held'
      AND n.told_at IS NULL AND n.claimed_at IS NULL
    RETURNING n.since
), n AS (
    INSERT INTO admin_notices (workspace_id, about, slack_channel, detail, since)
    SELECT workspace_id, 'resumed', slack_channel, jsonb_build_object('reason', reason), since FROM h
    WHERE NOT EXISTS (SELECT FROM untold WHERE untold.since = h.since)
), l AS (
    UPDATE listening SET read_from = least(read_from, h.since), read_after = clock_timestamp() FROM h
    WHERE listening.workspace_id = h.workspace_id
), p AS (
    UPDATE posts SET retry_at = clock_timestamp() FROM h
    WHERE posts.workspace_id = h.workspace_id AND posts.state = 'waiting'
      AND h.slack_channel IN (posts.slack_channel, '')
), c AS (
    UPDATE slack_calls SET retry_at = NULL FROM h
    WHERE slack_calls.workspace_id = h.workspace_id AND slack_calls.done_at IS NULL
      AND slack_calls.retry_at > clock_timestamp() AND h.slack_channel IN (slack_calls.slack_channel, '')
)
SELECT slack_channel, pg_notify('cx_rooms', slack_channel) AS _notified FROM h
"""

_DUE = """
UPDATE channel_holds
SET looks = looks + 1,
    look_at = clock_timestamp() + make_interval(secs => least(2 ^ (looks + 1), %(most)s))
WHERE workspace_id = %(workspace)s AND look_at <= clock_timestamp()
RETURNING slack_channel
"""


async def hold(db: Database, workspace: int, channel: str, reason: HoldReason, now: datetime) -> bool:
    """Post nothing to ``channel`` any more; every process hears of it, and the admins are to be told.

    False when it was held for that reason already.
    """
    params = {"workspace": workspace, "channel": channel, "reason": reason, "now": now}
    return await db.one(_HOLD, params) is not None


async def release(db: Database, workspace: int, channel: str) -> bool:
    """Post to ``channel`` again, at once; False when it was not held."""
    return await db.one(_RELEASE, {"workspace": workspace, "channel": channel}) is not None


async def held(db: Database, workspace: int) -> dict[str, HoldReason]:
    """The channels of a workspace that are held, and why."""
    rows = await db.fetch(
        "SELECT slack_channel, reason FROM channel_holds WHERE workspace_id = %(workspace)s ORDER BY id",
        {"workspace": workspace},
    )
    return {row["slack_channel"]: HoldReason(row["reason"]) for row in rows}


async def claim_due(db: Database, workspace: int) -> list[str]:
    """The held channels at which it is time to look again: each goes to one replica."""
    rows = await db.fetch(_DUE, {"workspace": workspace, "most": MOST_SECONDS})
    return [row["slack_channel"] for row in rows]


async def has_cases(db: Database, workspace: int, channel: str) -> bool:
    """Whether any case lives in ``channel``."""
    row = await db.one(
        """SELECT EXISTS (SELECT FROM cases WHERE workspace_id = %(workspace)s
                          AND slack_channel = %(channel)s AND thread_ts IS NOT NULL) AS some""",
        {"workspace": workspace, "channel": channel},
    )
    return bool(row and row["some"])


async def listed(db: Database) -> list[Row]:
    """Every hold, for operators: slack_channel, reason, since, and how many posts wait."""
    return await db.fetch(
        """SELECT h.slack_channel, h.reason, h.since,
                  (SELECT count(*) FROM outbox o LEFT JOIN posts p ON p.id = o.post_id
                   WHERE o.workspace_id = h.workspace_id AND h.slack_channel IN (o.slack_channel, '')
                     AND (o.post_id IS NULL OR p.state IN ('stamped', 'waiting'))) AS waiting
           FROM channel_holds h ORDER BY h.id"""
    )


async def is_held(db: Database, workspace: int, channel: str) -> bool:
    """Whether nothing is posted to a channel for now."""
    row = await db.one(
        """SELECT FROM channel_holds
           WHERE workspace_id = %(workspace)s AND slack_channel IN (%(channel)s, '')""",
        {"workspace": workspace, "channel": channel},
    )
    return row is not None
