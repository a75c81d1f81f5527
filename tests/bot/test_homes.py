"""The App Home in front of a real database and the local Slack workspace."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.context import Bot
from bot.listeners import actions
from cases.actor import Actor
from flows import own
from storage import cases
from storage.db import Database
from tests.support.office import NOW, Office
from tests.support.sandbox import SandboxProcess
from tests.support.wired import ADMIN, AGENT, GUEST, OTHER, make_settings, wired

CHANNEL = "C0SUPPORT"


@pytest.fixture
async def bot(
    slack: SandboxProcess, database_url: str, database: Database, tmp_path: Path
) -> AsyncIterator[Bot]:
    async with wired(make_settings(slack, database_url, tmp_path), database) as parts:
        yield parts.bot


@pytest.fixture
def office(bot: Bot) -> Office:
    return Office(bot.db, bot.workspace_id)


async def home(slack: SandboxProcess, user: str) -> str:
    """What somebody sees on their Home."""
    return json.dumps((await slack.person(user))["home"], ensure_ascii=False)


async def published(slack: SandboxProcess) -> int:
    """How often a Home was published so far."""
    calls = (await slack.calls())["calls"]
    return sum(call["method"] == "views.publish" for call in calls)


async def click(bot: Bot, user: str, action: str, **element: Any) -> None:
    """Click on one's Home, as Slack tells us of it."""
    body = {"user": {"id": user}, "view": {"type": "home", "id": "V1"}, "actions": [element]}
    await actions.guarded(bot, body, actions.ACTIONS[action])


async def test_it_shows_what_waits_on_me(bot: Bot, office: Office, slack: SandboxProcess) -> None:
    mine, free = await office.case("My lamp", channel=CHANNEL), await office.case("A vase", channel=CHANNEL)
    elsewhere = await office.case("Far away", channel="C0LOGISTICS")
    card = await cases.card(bot.db, mine.case_id)
    assert card is not None
    await own.take(bot.db, card.token, Actor(AGENT, "Maya"), NOW)
    await office.preview(mine.case_id, "On its way", actor=Actor(AGENT, "Maya"))
    await bot.homes.opened(AGENT)
    shown = await home(slack, AGENT)
    assert mine.reference in shown
    assert free.reference in shown
    assert elsewhere.reference not in shown
    assert "“On its way”" in shown
    assert "You own 1 open case." in shown
    assert "Everybody's cases" not in shown


async def test_it_follows_what_happens_while_it_is_open(
    bot: Bot, office: Office, slack: SandboxProcess
) -> None:
    async def later() -> None:
        """Some seconds pass, and Homes are looked at."""
        await bot.db.fetch("UPDATE homes SET checked_at = checked_at - interval '5 seconds'")
        await bot.homes.look_around()

    await office.case(channel=CHANNEL)
    await bot.homes.opened(AGENT)
    before = await published(slack)
    await later()
    await later()
    assert await published(slack) == before
    new = await office.case("The new one", channel=CHANNEL)
    await later()
    assert new.reference in await home(slack, AGENT)
    soon = await office.case("And another", channel=CHANNEL)
    await bot.homes.look_around()
    assert soon.reference not in await home(slack, AGENT), "it was looked at just now"
    await later()
    assert soon.reference in await home(slack, AGENT)
    await bot.db.fetch("UPDATE homes SET opened_at = opened_at - interval '1 hour'")
    late = await office.case("Too late", channel=CHANNEL)
    await later()
    assert late.reference not in await home(slack, AGENT)


@pytest.mark.parametrize(
    ("user", "says"),
    [
        (GUEST, "Only full members of this workspace can work on cases."),
        (OTHER, "Only agents, leads and supervisors can look at cases."),
    ],
)
async def test_who_may_not_look_is_told_so(bot: Bot, slack: SandboxProcess, user: str, says: str) -> None:
    await bot.homes.opened(user)
    assert says in await home(slack, user)


async def test_a_supervisor_sees_the_board_and_chooses_what_is_on_it(
    bot: Bot, office: Office, slack: SandboxProcess
) -> None:
    support = await office.case(channel=CHANNEL)
    logistics = await office.case(channel="C0LOGISTICS")
    await bot.homes.opened(ADMIN)
    shown = await home(slack, ADMIN)
    assert support.reference in shown
    assert logistics.reference in shown
    await click(bot, ADMIN, "home_channel", selected_channel="C0LOGISTICS")
    board = (await home(slack, ADMIN)).split("Everybody's cases")[1]
    assert logistics.reference in board
    assert support.reference not in board
    await click(bot, ADMIN, "home_person", selected_user=AGENT)
    assert "No case fits" in await home(slack, ADMIN)
    await click(bot, ADMIN, "home_show", selected_option={"value": "all"})
    assert logistics.reference in (await home(slack, ADMIN)).split("Everybody's cases")[1]


async def test_taking_from_the_home_once_only(bot: Bot, office: Office, slack: SandboxProcess) -> None:
    case = await office.case(channel=CHANNEL)
    token = str(await office.token(case.case_id))
    await bot.homes.opened(ADMIN)
    await click(bot, AGENT, "home_take", value=token)
    assert "You own 1 open case." in await home(slack, AGENT)
    await click(bot, ADMIN, "home_take", value=token)
    assert f"⚠️ <@{AGENT}> owns {case.reference}" in await home(slack, ADMIN)
    await click(bot, OTHER, "home_show", selected_option={"value": "all"})
    assert await office.column("SELECT detail ->> 'act' FROM audit WHERE action = 'act.refused'") == ["board"]
