"""Rows of Slack workspaces."""

from __future__ import annotations

from datetime import datetime

from storage.db import Database

_UPSERT = """
INSERT INTO workspaces (team_id, name, url, bot_user_id, bot_id, created_at)
VALUES (%(team)s, %(name)s, %(url)s, %(bot_user)s, %(bot)s, %(now)s)
ON CONFLICT (team_id) DO UPDATE
SET name = excluded.name, url = excluded.url, bot_user_id = excluded.bot_user_id, bot_id = excluded.bot_id
RETURNING id
"""


async def register(
    db: Database, *, team: str, name: str, url: str, bot_user: str, bot: str, now: datetime
) -> int:
    """Remember the workspace that the bot's token belongs to; returns its id."""
    row = await db.one(
        _UPSERT, {"team": team, "name": name, "url": url, "bot_user": bot_user, "bot": bot, "now": now}
    )
    assert row is not None
    return int(row["id"])


async def only_id(db: Database) -> int | None:
    """The workspace that was registered first, for commands that run without Slack."""
    row = await db.one("SELECT id FROM workspaces ORDER BY id LIMIT 1")
    return int(row["id"]) if row else None
