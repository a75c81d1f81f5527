"""The tick that looks at steps, in front of a real database and the local Slack workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.advancing import look_around
from bot.context import Bot
from cases.actor import Actor
from storage import triage
from storage.db import Database
from tests.support.office import NOW, Office
from tests.support.sandbox import SandboxProcess
from tests.support.wired import AGENT, make_settings, wired

CHANNEL, ELSEWHERE, PARTNER = "C0SUPPORT", "C0QUIET", "T0CARRIER"
MAYA = Actor(AGENT, "Maya")
HOURS = """calendars:
  - {key: always, time_zone: Europe/Warsaw, week: {monday-sunday: "00:00-24:00"}}
"""
DEPARTMENTS = f"""departments:
  - {{key: logistics, name: Logistics, channel: {ELSEWHERE}, description: Parcels, examples: [Where, Lost]}}
  - {{key: billing, name: Billing, description: Money, examples: [I paid twice, An invoice]}}
"""
PROCESSES = """processes:
  - key: return
    name: Return
    examples: [I want to send it back, Can I return it]
    steps:
      - {name: Look, time: 2h, department: logistics, ask: automatic, question: "Is {reference} back?"}
"""


@pytest.fixture
async def bot(
    slack: SandboxProcess, database_url: str, database: Database, tmp_path: Path
) -> AsyncIterator[Bot]:
    settings = make_settings(slack, database_url, tmp_path)
    for name, words in (("hours", HOURS), ("departments", DEPARTMENTS), ("processes", PROCESSES)):
        (settings.config_dir / f"{name}.yml").write_text(words)
    async with wired(settings, database) as parts:
        yield parts.bot
    await slack.do("unshare_channel", channel=ELSEWHERE, team=PARTNER)


async def returned(bot: Bot, count: int) -> None:
    """So many returns."""
    office = Office(bot.db, bot.workspace_id)
    for _each in range(count):
        case = (await office.case(channel=CHANNEL)).case_id
        await triage.choose_process(bot.db, case, "return", "Return", MAYA, NOW)


async def ticked(bot: Bot, slack: SandboxProcess) -> int:
    """How often a tick asks Slack about the department's channel."""
    before = (await slack.calls())["calls"]
    await look_around(bot)
    calls = (await slack.calls())["calls"]
    return sum(call["method"] == "conversations.info" for call in calls[len(before) :])


async def states(bot: Bot) -> list[str]:
    return [row["state"] for row in await bot.db.fetch("SELECT state FROM asks ORDER BY id")]


async def test_slack_is_asked_once_for_all_cases_of_a_tick(bot: Bot, slack: SandboxProcess) -> None:
    await returned(bot, 3)
    assert await ticked(bot, slack) == 1
    assert await states(bot) == ["open"] * 3


async def test_each_tick_asks_anew_whether_others_read_the_channel(bot: Bot, slack: SandboxProcess) -> None:
    await returned(bot, 1)
    await ticked(bot, slack)
    await slack.do("share_channel", channel=ELSEWHERE, team=PARTNER)
    await returned(bot, 2)
    assert await ticked(bot, slack) == 1
    assert await states(bot) == ["open", "discarded", "discarded"]


async def test_for_a_step_that_was_refused_slack_is_not_asked_again(bot: Bot, slack: SandboxProcess) -> None:
    await slack.do("share_channel", channel=ELSEWHERE, team=PARTNER)
    await returned(bot, 1)
    assert await ticked(bot, slack) == 1
    assert await states(bot) == ["discarded"]
    await bot.db.fetch("UPDATE step_looks SET at = %(at)s", {"at": NOW})
    assert await ticked(bot, slack) == 0
    assert await states(bot) == ["discarded"]
