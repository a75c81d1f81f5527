"""Rows of Slack workspaces."""

from __future__ import annotations

from datetime import datetime

from storage.db import Database, Row

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


async def known(db: Database) -> list[Row]:
    """The workspaces that the database serves (id, team_id, name), for commands that run without Slack."""
    return await db.fetch("SELECT id, team_id, name FROM workspaces ORDER BY id")
