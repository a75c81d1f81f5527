"""Slack channels to which nothing is posted for now; what is meant for them waits in its queue."""

from __future__ import annotations

from datetime import datetime

from cases.enums import HoldReason
from storage.db import Database, Row

_HOLD = """
WITH h AS (
    INSERT INTO channel_holds (workspace_id, slack_channel, reason, since)
    VALUES (%(workspace)s, %(channel)s, %(reason)s, %(now)s)
    ON CONFLICT DO NOTHING
    RETURNING slack_channel
)
SELECT slack_channel, pg_notify('cx_rooms', slack_channel) AS _notified FROM h
"""

_RELEASE = """
WITH h AS (
    DELETE FROM channel_holds WHERE workspace_id = %(workspace)s AND slack_channel = %(channel)s
      AND reason = %(reason)s
    RETURNING slack_channel
)
SELECT slack_channel, pg_notify('cx_rooms', slack_channel) AS _notified FROM h
"""


async def hold(db: Database, workspace: int, channel: str, reason: HoldReason, now: datetime) -> None:
    """Post nothing to ``channel`` any more; every process hears of it."""
    await db.fetch(_HOLD, {"workspace": workspace, "channel": channel, "reason": reason, "now": now})


async def release(db: Database, workspace: int, channel: str, reason: HoldReason) -> None:
    """Post to ``channel`` again, if ``reason`` was why it was held."""
    await db.fetch(_RELEASE, {"workspace": workspace, "channel": channel, "reason": reason})


async def held(db: Database, workspace: int) -> list[str]:
    """The channels of a workspace that are held."""
    rows = await db.fetch(
        "SELECT slack_channel FROM channel_holds WHERE workspace_id = %(workspace)s ORDER BY id",
        {"workspace": workspace},
    )
    return [row["slack_channel"] for row in rows]


async def claim_untold(db: Database, workspace: int, now: datetime) -> list[Row]:
    """The holds (slack_channel, reason) that no admin was told of: each is handed out once."""
    return await db.fetch(
        """UPDATE channel_holds SET told_at = %(now)s
           WHERE workspace_id = %(workspace)s AND told_at IS NULL
           RETURNING slack_channel, reason""",
        {"workspace": workspace, "now": now},
    )


async def untell(db: Database, workspace: int, channel: str) -> None:
    """The telling failed: hand the hold out again."""
    await db.fetch(
        """UPDATE channel_holds SET told_at = NULL
           WHERE workspace_id = %(workspace)s AND slack_channel = %(channel)s""",
        {"workspace": workspace, "channel": channel},
    )


async def has_cases(db: Database, workspace: int, channel: str) -> bool:
    """Whether any case lives in ``channel``."""
    row = await db.one(
        """SELECT EXISTS (SELECT FROM cases WHERE workspace_id = %(workspace)s
                          AND slack_channel = %(channel)s AND thread_ts IS NOT NULL) AS some""",
        {"workspace": workspace, "channel": channel},
    )
    return bool(row and row["some"])
