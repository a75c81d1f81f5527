"""FAULTS 11: removed from a channel, an archived channel, a revoked token: wait, tell, resume."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.ending import end
from bot.listeners.actions import guarded
from bot.team import Team
from cases.enums import HoldReason
from storage import holds
from storage.db import Database
from tests.support.office import Office
from tests.support.sandbox import SandboxProcess, until
from tests.support.wired import AGENT, hears, make_settings, told, wired

CHANNEL = "C0SUPPORT"


@pytest.fixture
async def parts(
    slack: SandboxProcess, database: Database, database_url: str, tmp_path: Path
) -> AsyncIterator[Team]:
    """A bot that posts, and looks at what it lost."""
    await slack.reset()
    async with wired(make_settings(slack, database_url, tmp_path), database) as running:
        work = [asyncio.create_task(run()) for run in (running.bot.poster.run, running.bot.caller.run)]
        work.append(asyncio.create_task(look(running)))
        yield running
        await end(*work)


async def look(parts: Team) -> None:
    while True:
        await parts.bot.rooms.tick()
        await asyncio.sleep(0.1)


@pytest.fixture
def office(parts: Team) -> Office:
    return Office(parts.bot.db, parts.bot.workspace_id)


async def shown(slack: SandboxProcess, *words: str) -> None:
    """Wait until the app's posts hold ``words``, each once and in this order."""

    async def there() -> bool:
        # The card holds the first words, too.
        said = [str(each) for each in await slack.messages(CHANNEL) if each.get("parent_user_id")]
        return [word for text in said for word in words if word in text] == list(words)

    await until(there, 10)


async def held(parts: Team, reason: HoldReason, place: str = CHANNEL) -> None:
    async def so() -> bool:
        return await holds.held(parts.bot.db, parts.bot.workspace_id) == {place: reason}

    await until(so, 10)


async def posts_tried(slack: SandboxProcess) -> int:
    calls = (await slack.calls())["calls"]
    return sum(call["method"] == "chat.postMessage" and call["result"] != "ok" for call in calls)


@pytest.mark.parametrize(
    ("lose", "mend", "reason", "event"),
    [
        pytest.param(
            {"kind": "kick_bot"},
            {"kind": "invite", "user": "bot"},
            HoldReason.REMOVED,
            {"type": "member_joined_channel", "user": "U0COPILOT"},
            id="removed",
        ),
        pytest.param(
            {"kind": "archive"},
            {"kind": "unarchive"},
            HoldReason.ARCHIVED,
            {"type": "channel_unarchive"},
            id="archived",
        ),
    ],
)
async def test_what_waits_for_a_lost_channel_appears_in_order_when_it_is_mended(
    slack: SandboxProcess,
    parts: Team,
    office: Office,
    lose: dict[str, Any],
    mend: dict[str, Any],
    reason: HoldReason,
    event: dict[str, Any],
) -> None:
    talk = await office.conversation(channel=CHANNEL)
    await office.says(talk, "first-words")
    await shown(slack, "first-words")
    await slack.do(channel=CHANNEL, **lose)
    for words in ("second-words", "third-words"):
        await office.says(talk, words)
    parts.bot.poster.wake(CHANNEL)
    await held(parts, reason)
    assert await posts_tried(slack) == 1

    async def one_told() -> bool:
        return len(await told(slack)) == 1

    await until(one_told)
    assert f"<#{CHANNEL}>" in (await told(slack))[0]
    await slack.do(channel=CHANNEL, **mend)
    assert await hears(parts, {**event, "channel": CHANNEL, "event_ts": "1.1"})
    await shown(slack, "first-words", "second-words", "third-words")

    async def both_told() -> bool:
        return [text[0] for text in await told(slack)] == ["⚠", "✅"]

    await until(both_told)
    assert await posts_tried(slack) == 1


async def test_the_event_alone_holds_a_channel_that_we_were_removed_from(
    slack: SandboxProcess, parts: Team
) -> None:
    await slack.do("kick_bot", channel=CHANNEL)
    assert await hears(parts, {"type": "channel_left", "channel": CHANNEL, "event_ts": "1.1"})
    await held(parts, HoldReason.REMOVED)
    await slack.do("invite", channel=CHANNEL, user="bot")
    await until(lambda: not parts.bot.rooms.held, 10)  # without any event, too


async def test_a_revoked_token_holds_everything_until_slack_accepts_it_again(
    slack: SandboxProcess, parts: Team, office: Office
) -> None:
    await slack.do("revoke_token")
    try:
        assert await hears(parts, {"type": "tokens_revoked", "tokens": {"bot": ["U0COPILOT"]}})
        await held(parts, HoldReason.TOKEN, holds.EVERYWHERE)
        talk = await office.conversation(channel=CHANNEL)
        for words in ("one-word", "two-words"):
            await office.says(talk, words)
        parts.bot.poster.wake(CHANNEL)
        await asyncio.sleep(0.6)
        assert await posts_tried(slack) == 0
    finally:
        await slack.do("restore_token")
    await shown(slack, "one-word", "two-words")

    async def admin_told() -> bool:
        return ["accepts my token again" in text for text in await told(slack)] == [True]

    await until(admin_told)


async def test_who_acts_in_a_lost_channel_is_told_why_nothing_shows(
    slack: SandboxProcess, parts: Team
) -> None:
    await slack.do("kick_bot", channel=CHANNEL)
    await parts.bot.rooms.look(CHANNEL)
    said: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        said.append((await request.json())["text"])
        return web.Response()

    async def nothing(bot: object, body: object) -> None:
        """What was clicked works as always."""

    app = web.Application()
    app.router.add_post("/", answer)
    async with TestServer(app) as server:
        body = {"user": {"id": AGENT}, "channel": {"id": CHANNEL}, "response_url": str(server.make_url("/"))}
        await guarded(parts.bot, body, nothing)
    assert [text.startswith("I was removed from this channel") for text in said] == [True]


async def test_a_renamed_channel_goes_on_and_an_admin_is_told(
    slack: SandboxProcess, parts: Team, office: Office
) -> None:
    await slack.do("rename", channel=CHANNEL, name="customer-care")
    assert await hears(parts, {"type": "channel_rename", "channel": {"id": CHANNEL, "name": "customer-care"}})
    await office.case("Anybody?", channel=CHANNEL)
    parts.bot.poster.wake(CHANNEL)
    await shown(slack, "Anybody?")

    async def admin_told() -> bool:
        return ["“support”" in text for text in await told(slack)] == [True]

    await until(admin_told)


@pytest.mark.parametrize(
    ("happened", "reason"),
    [({"kind": "archive"}, HoldReason.ARCHIVED), ({"kind": "rename", "name": "customer-care"}, None)],
    ids=["archived", "renamed"],
)
async def test_a_restart_meanwhile_does_not_shut_customers_out(
    slack: SandboxProcess,
    parts: Team,
    office: Office,
    database: Database,
    happened: dict[str, Any],
    reason: HoldReason | None,
) -> None:
    await office.case("Hello", channel=CHANNEL)
    await slack.do(channel=CHANNEL, **happened)
    async with wired(parts.bot.settings, database) as again:
        assert list(again.channels.values()) == [CHANNEL]
        assert again.bot.rooms.held.get(CHANNEL) is reason


async def test_whom_the_roles_file_names_is_told_instead_of_the_admins(
    slack: SandboxProcess, database: Database, database_url: str, tmp_path: Path
) -> None:
    await slack.reset()
    settings = make_settings(slack, database_url, tmp_path, f"admins: {{members: [{AGENT}]}}\n")
    async with wired(settings, database) as parts:
        await holds.hold(database, parts.bot.workspace_id, CHANNEL, HoldReason.REMOVED, parts.bot.clock.now())
        await parts.bot.admins.tell()
        assert await told(slack) == []
        assert len(await told(slack, AGENT)) == 1
