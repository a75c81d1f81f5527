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


_SWITCH = """
WITH w AS (
    UPDATE workspaces SET masks = %(masks)s WHERE id = %(workspace)s RETURNING id
)
INSERT INTO audit (workspace_id, at, actor, action, detail)
SELECT id, %(now)s, 'operator', 'masks.switched', jsonb_build_object('masks', %(masks)s::boolean) FROM w
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
    """The workspaces of the database (id, team_id, name, masks), for commands that run without Slack."""
    return await db.fetch("SELECT id, team_id, name, masks FROM workspaces ORDER BY id")


async def masked(db: Database, default: bool, workspace: int) -> bool:
    """Whether personal data of a workspace is hidden from models now, ``default`` where it does not say."""
    row = await db.one("SELECT masks FROM workspaces WHERE id = %(id)s", {"id": workspace})
    return masks_or(row["masks"] if row else None, default)


def masks_or(own: bool | None, default: bool) -> bool:
    """What a workspace has chosen itself, else the installation's ``default``."""
    return default if own is None else own


async def switch_masks(db: Database, workspace: int, masks: bool | None, now: datetime) -> None:
    """Hide personal data of a workspace from models, or not; None = as the installation has it. Audited."""
    await db.fetch(_SWITCH, {"workspace": workspace, "masks": masks, "now": now})
