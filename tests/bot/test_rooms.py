"""FAULTS 21: cases never live in channels that others can read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ending import end
from bot.settings import Settings
from bot.team import Team
from cases.errors import ConfigError, SharedChannel
from cases.roles import Act
from storage import holds
from storage.db import Database
from tests.support.office import Office
from tests.support.sandbox import SandboxProcess, until
from tests.support.wired import AGENT, hears, make_settings, told, wired

CHANNEL, ELSEWHERE, PARTNER = "C0SUPPORT", "C0QUIET", "T0CARRIER"


@pytest.fixture
async def settings(slack: SandboxProcess, database_url: str, tmp_path: Path) -> AsyncIterator[Settings]:
    yield make_settings(slack, database_url, tmp_path)
    for channel in (CHANNEL, ELSEWHERE):
        await slack.do("unshare_channel", channel=channel, team=PARTNER)


@pytest.fixture
async def parts(settings: Settings, database: Database) -> AsyncIterator[Team]:
    """A bot whose poster works."""
    async with wired(settings, database) as running:
        poster = asyncio.create_task(running.bot.poster.run())
        yield running
        await end(poster)


async def share(parts: Team, slack: SandboxProcess, kind: str = "share_channel") -> None:
    await slack.do(kind, channel=CHANNEL, team=PARTNER)
    parts.bot.rooms.forget(CHANNEL)
    happened = "channel_unshared" if kind.startswith("un") else "channel_shared"
    assert await hears(parts, {"type": happened, "channel": CHANNEL, "event_ts": "1.1"})
    await parts.bot.rooms.tick()


async def texts(slack: SandboxProcess) -> str:
    return str([message["text"] for message in await slack.messages(CHANNEL)])


async def test_a_channel_that_becomes_shared_gets_nothing_until_it_is_ours_again(
    slack: SandboxProcess, parts: Team
) -> None:
    office = Office(parts.bot.db, parts.bot.workspace_id)
    before = await office.case("Before", channel=CHANNEL)

    async def posted(reference: str) -> bool:
        return reference in await texts(slack)

    await until(lambda: posted(before.reference))
    await share(parts, slack)
    assert list(await holds.held(parts.bot.db, parts.bot.workspace_id)) == [CHANNEL]
    assert [f"<#{CHANNEL}> is shared with others now" in text for text in await told(slack)] == [True]
    await share(parts, slack)
    await parts.bot.rooms.look_at_all()
    assert len(await told(slack)) == 1
    secret = await office.case("A secret", channel=CHANNEL)
    parts.bot.poster.wake(CHANNEL)
    await asyncio.sleep(0.7)
    assert not await posted(secret.reference)
    await share(parts, slack, "unshare_channel")
    await until(lambda: posted(secret.reference))


async def test_in_a_shared_channel_nothing_is_done_and_nothing_is_written_down(
    slack: SandboxProcess, parts: Team
) -> None:
    await share(parts, slack)
    body = {"user_id": AGENT, "channel_id": CHANNEL}
    with pytest.raises(SharedChannel):
        await parts.bot.gate.admit(body, Act.HELP)
    said = {
        "type": "message",
        "channel": CHANNEL,
        "user": AGENT,
        "ts": "1.2",
        "thread_ts": "1.1",
        "text": "x",
    }
    assert not await hears(parts, said, is_ext_shared_channel=True)
    await share(parts, slack, "unshare_channel")
    assert (await parts.bot.gate.admit(body, Act.HELP)).id == AGENT
    assert await hears(parts, said, is_ext_shared_channel=False)


async def test_who_invites_the_app_into_a_shared_channel_is_told(slack: SandboxProcess, parts: Team) -> None:
    await slack.do("share_channel", channel=ELSEWHERE, team=PARTNER)
    await slack.do("invite", channel=ELSEWHERE, user="bot")
    joined = {"type": "member_joined_channel", "channel": ELSEWHERE, "inviter": AGENT, "event_ts": "1.1"}
    assert not await hears(parts, {**joined, "user": AGENT})
    assert await hears(parts, {**joined, "user": parts.bot.slack.bot_user})
    assert "shared with others" in str((await slack.person(AGENT))["ephemerals"])


async def test_a_shared_channel_is_refused_at_the_start(
    slack: SandboxProcess, settings: Settings, database: Database
) -> None:
    await slack.do("share_channel", channel=CHANNEL, team=PARTNER)
    with pytest.raises(ConfigError, match="which is shared with others"):
        async with wired(settings, database):
            pass


async def test_where_cases_live_already_a_restart_holds_them_back(
    slack: SandboxProcess, settings: Settings, database: Database, parts: Team
) -> None:
    office = Office(parts.bot.db, parts.bot.workspace_id)
    await office.case(channel=CHANNEL)

    async def posted() -> bool:
        return await holds.has_cases(database, parts.bot.workspace_id, CHANNEL)

    await until(posted)
    await slack.do("share_channel", channel=CHANNEL, team=PARTNER)
    async with wired(settings, database) as again:
        assert list(await holds.held(database, again.bot.workspace_id)) == [CHANNEL]
