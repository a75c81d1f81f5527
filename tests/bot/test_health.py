"""Whether Slack answers, asked of the local Slack workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from bot.health import SlackAnswers
from tests.support.sandbox import BOT_TOKEN, SandboxProcess


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SandboxProcess]:
    process = SandboxProcess(tmp_path)
    process.start()
    yield process
    await process.close()


@pytest.fixture
async def client(slack: SandboxProcess) -> AsyncIterator[AsyncWebClient]:
    async with ClientSession() as session:
        yield AsyncWebClient(BOT_TOKEN, base_url=slack.api_url, session=session, retry_handlers=[])


async def asked(slack: SandboxProcess) -> int:
    calls = (await slack.calls())["calls"]
    return sum(call["method"] == "auth.test" for call in calls)


async def test_slack_is_asked_only_now_and_then(slack: SandboxProcess, client: AsyncWebClient) -> None:
    check = SlackAnswers(lambda: client)
    assert [await check() for _ in range(3)] == [None, None, None]
    assert await asked(slack) == 1


async def test_a_token_that_was_revoked_is_named(slack: SandboxProcess, client: AsyncWebClient) -> None:
    check = SlackAnswers(lambda: client, seconds=0)
    assert await check() is None
    await slack.do("revoke_token")
    assert await check() == "Slack refuses the bot: token_revoked."
    await slack.do("restore_token")
    assert await check() is None


async def test_a_slack_that_is_away_is_named(slack: SandboxProcess, client: AsyncWebClient) -> None:
    check = SlackAnswers(lambda: client)
    slack.kill()
    assert await check() == "Slack cannot be reached."
