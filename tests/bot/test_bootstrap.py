"""Settings become parts, in front of a real database and the local Slack workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.bootstrap import Parts, assemble
from bot.connection import slack_session
from bot.console import read_settings
from bot.settings import Settings
from bot.web.context import MESSAGE_RATE, OPENING_RATE, READ_RATE, UNLIMITED, UPLOAD_RATE, AddressRates
from bot.web.limits import Rate
from cases.errors import ConfigError
from storage.db import Database
from tests.support.sandbox import APP_TOKEN, BOT_TOKEN, SandboxProcess
from tests.support.stack import without_roles


@pytest.fixture
def settings(slack: SandboxProcess, database_url: str, tmp_path: Path) -> Settings:
    return read_settings(
        home=tmp_path,
        config_dir=Path(without_roles(tmp_path)),
        database_url=database_url,
        slack_bot_token=SecretStr(BOT_TOKEN),
        slack_app_token=SecretStr(APP_TOKEN),
        slack_api_url=slack.api_url,
        secret_key=SecretStr("a long random text"),
        chat_limits=True,
        demo=False,
        crash_at=None,
    )


async def assembled(settings: Settings, database: Database) -> Parts:
    async with slack_session(settings) as connect:
        return await assemble(settings, database, connect)


@pytest.mark.parametrize(
    ("change", "own", "address"),
    [
        ({}, True, AddressRates()),
        ({"demo": True}, True, UNLIMITED),
        ({"chat_limits": False}, False, UNLIMITED),
    ],
    ids=["usual", "demo", "no limits"],
)
async def test_what_limits_the_chat(
    settings: Settings, database: Database, change: dict[str, Any], own: bool, address: AddressRates
) -> None:
    web = (await assembled(settings.model_copy(update=change), database)).web
    limits = (MESSAGE_RATE, UPLOAD_RATE, READ_RATE)
    assert (web.message_rate, web.upload_rate, web.read_rate) == (limits if own else (None, None, None))
    assert web.per_address == address
    assert web.opening_rate == (OPENING_RATE if address == AddressRates() else None)


@pytest.mark.parametrize(("count", "rate"), [(3, Rate(3, 600)), (0, None)])
async def test_how_many_new_cases_an_address_may_open_is_a_setting(
    settings: Settings, database: Database, count: int, rate: Rate | None
) -> None:
    web = (await assembled(settings.model_copy(update={"new_cases": count}), database)).web
    assert web.opening_rate == rate


@pytest.mark.parametrize("url", ["https://slack.com/api/", "http://10.0.0.7:8301/api/", "http:///api/"])
async def test_the_demo_never_reaches_a_real_workspace(
    settings: Settings, database: Database, url: str
) -> None:
    change = {"demo": True, "slack_api_url": url}
    with pytest.raises(ConfigError, match="CX_DEMO signs in anybody"):
        await assembled(settings.model_copy(update=change), database)
