"""A bot wired by ``assemble`` in the test's own process, in front of the local Slack workspace."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from bot.bootstrap import assemble
from bot.connection import slack_session
from bot.console import read_settings
from bot.settings import PROJECT_DIR, Settings
from bot.team import Team
from storage.db import Database
from tests.support.sandbox import APP_TOKEN, BOT_TOKEN, SandboxProcess, until

AGENT, OTHER, ADMIN, GUEST = "U0MAYA", "U0TOM", "U0ADA", "U0GUS"
ROLES = f"agents: {{members: [{AGENT}]}}\nsupervisors: {{members: [{ADMIN}]}}\n"


def make_settings(
    slack: SandboxProcess, database_url: str, folder: Path, roles: str | None = ROLES
) -> Settings:
    """Settings with a config folder of their own, in which ``roles`` is the roles file."""
    config = folder / "config"
    config.mkdir()
    shutil.copy(PROJECT_DIR / "config" / "sites.yml", config)
    if roles is not None:
        (config / "roles.yml").write_text(roles)
    return read_settings(
        home=folder,
        config_dir=config,
        database_url=database_url,
        slack_bot_token=SecretStr(BOT_TOKEN),
        slack_app_token=SecretStr(APP_TOKEN),
        slack_api_url=slack.api_url,
        secret_key=SecretStr("a long random text"),
        post_interval_seconds=0,
        demo=False,
        crash_at=None,
    )


@asynccontextmanager
async def wired(settings: Settings, db: Database) -> AsyncIterator[Team]:
    """The parts of the one workspace's bot; nothing of it runs by itself."""
    async with slack_session(settings) as connect:
        (team,) = (await assemble(settings, db, connect)).teams
        yield team


async def hears(parts: Team, event: dict[str, Any], **wrapper: Any) -> bool:
    """Give the bot an event, as Slack sends it; whether it was written down. Waits until it is handled."""
    start = await parts.inbox.store({"event_id": uuid4().hex, "event": event, **wrapper})
    if start is None:
        return False
    start()

    async def handled() -> bool:
        rows = await parts.bot.db.fetch("SELECT done_at FROM inbox ORDER BY id DESC LIMIT 1")
        return rows[0]["done_at"] is not None

    await until(handled)
    return True


async def told(slack: SandboxProcess, admin: str = ADMIN) -> list[str]:
    """What the app has written to the admin."""
    found = (await slack.state())["messages"].get(f"D{admin[1:]}", [])
    return [message["text"] for message in found if message.get("bot_id")]
