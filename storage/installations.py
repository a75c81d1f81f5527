"""Workspaces in which the app was installed by OAuth, their encrypted tokens, and spent states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from storage.db import Connection, Database, Row

CHANGED = "cx_teams"
"""What is notified when a workspace was installed or taken away."""

_SAVE = f"""
WITH w AS (
    INSERT INTO workspaces (team_id, name, url, bot_user_id, bot_id, created_at)
    VALUES (%(team)s, %(name)s, %(url)s, %(bot_user)s, %(bot)s, %(now)s)
    ON CONFLICT (team_id) DO UPDATE
    SET name = excluded.name, url = excluded.url, bot_user_id = excluded.bot_user_id,
        bot_id = excluded.bot_id
    RETURNING id
), i AS (
    INSERT INTO installations (workspace_id, token, scopes, installed_by, installed_at)
    SELECT id, %(token)s, %(scopes)s, %(installed_by)s, %(now)s FROM w
    ON CONFLICT (workspace_id) DO UPDATE
    SET token = excluded.token, scopes = excluded.scopes, installed_by = excluded.installed_by,
        installed_at = excluded.installed_at, revoked_at = NULL
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, detail)
    SELECT id, %(now)s, %(installed_by)s, 'workspace.installed', %(detail)s FROM w
)
SELECT id, pg_notify('{CHANGED}', '') AS _notified FROM w
"""

_LISTED = """
SELECT w.id, w.team_id, w.name, w.channels, w.bot_user_id, w.bot_id, i.token, i.scopes, i.revoked_at
FROM workspaces w LEFT JOIN installations i ON i.workspace_id = w.id
ORDER BY w.id
"""

_OF = """
SELECT w.id, w.team_id, w.bot_user_id, w.bot_id, i.token, i.revoked_at
FROM workspaces w LEFT JOIN installations i ON i.workspace_id = w.id
"""

_REVOKE = f"""
WITH i AS (
    UPDATE installations SET revoked_at = %(now)s
    WHERE workspace_id = %(workspace)s AND revoked_at IS NULL AND token = %(token)s
    RETURNING workspace_id
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, detail)
    SELECT workspace_id, %(now)s, 'slack', 'workspace.uninstalled', %(detail)s FROM i
)
SELECT workspace_id, pg_notify('{CHANGED}', '') AS _notified FROM i
"""


async def save(
    db: Database,
    *,
    team: str,
    name: str,
    url: str,
    bot_user: str,
    bot: str,
    token: str,
    scopes: Sequence[str],
    installed_by: str,
    now: datetime,
) -> int:
    """Keep an installation with its encrypted ``token``, the first or another one; every process hears of it.

    Returns the workspace's id.
    """
    row = await db.one(
        _SAVE,
        {
            "team": team,
            "name": name,
            "url": url,
            "bot_user": bot_user,
            "bot": bot,
            "token": token,
            "scopes": ",".join(sorted(scopes)),
            "installed_by": installed_by,
            "now": now,
            "detail": Jsonb({"scopes": sorted(scopes)}),
        },
    )
    assert row is not None
    return int(row["id"])


async def listed(db: Database) -> list[Row]:
    """Every workspace of the database, the oldest first; ``token`` is None where OAuth had no part."""
    return await db.fetch(_LISTED)


async def of_case(db: Database, case: int) -> Row | None:
    """The workspace in which a case lives, as ``listed`` has it."""
    where = "WHERE w.id = (SELECT workspace_id FROM cases WHERE id = %(case)s)"
    return await db.one(f"{_OF} {where}", {"case": case})


async def of_workspace(db: Database, workspace: int) -> Row | None:
    """A workspace as ``listed`` has it."""
    return await db.one(f"{_OF} WHERE w.id = %(workspace)s", {"workspace": workspace})


async def revoke_in(tx: Connection, workspace: int, token: str, why: str, now: datetime) -> None:
    """Note that Slack no longer takes ``token``; a newer installation stays. Every process hears of it."""
    await tx.execute(
        _REVOKE.encode(), {"workspace": workspace, "token": token, "detail": Jsonb({"why": why}), "now": now}
    )


async def reseal(db: Database, workspace: int, old: str, new: str) -> None:
    """Put a token that was encrypted anew in the place of the ``old`` one."""
    await db.fetch(
        "UPDATE installations SET token = %(new)s WHERE workspace_id = %(workspace)s AND token = %(old)s",
        {"workspace": workspace, "old": old, "new": new},
    )


def row_of(workspace: str | None, rows: Sequence[Row]) -> Row | None:
    """Of those ``listed`` the workspace with a team id, or the first there was; None = it is not there."""
    if workspace is None:
        return rows[0] if rows else None
    return next((row for row in rows if row["team_id"] == workspace), None)


async def remember_channels(db: Database, workspace: int, channels: Mapping[str, str]) -> None:
    """Keep the ids of the Slack channels that sites name, for times when Slack cannot be asked."""
    await db.fetch(
        "UPDATE workspaces SET channels = channels || %(channels)s WHERE id = %(workspace)s",
        {"workspace": workspace, "channels": Jsonb(dict(channels))},
    )


async def channels_with_cases(db: Database, workspace: int) -> dict[str, str]:
    """The remembered ids of Slack channels by name, of those in which cases live."""
    rows = await db.fetch(
        """SELECT c.name, c.id FROM workspaces w, jsonb_each_text(w.channels) AS c (name, id)
           WHERE w.id = %(workspace)s
             AND EXISTS (SELECT FROM cases k WHERE k.workspace_id = w.id AND k.slack_channel = c.id)""",
        {"workspace": workspace},
    )
    return {row["name"]: row["id"] for row in rows}


async def spend(db: Database, state: str, now: datetime) -> bool:
    """Use up the state of an installation under way; False when it was used before."""
    row = await db.one(
        """INSERT INTO install_states (state, spent_at) VALUES (%(state)s, %(now)s)
           ON CONFLICT DO NOTHING RETURNING state""",
        {"state": state, "now": now},
    )
    return row is not None
