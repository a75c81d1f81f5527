"""A supervisor changes times and hours in Slack: every process follows, until they give it back."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.db import Database
from tests.journeys.test_asks import close_all, submit, view
from tests.support import postgres
from tests.support.sandbox import ROOT, until
from tests.support.stack import AGENT, CHANNEL, BotProcess, Company, company

BOSS, OTHER_BOSS = "U0ADA", "U0TOM"
ALWAYS = """calendars:
  - {key: always, time_zone: Europe/Warsaw, week: {monday-sunday: "00:00-24:00"}}
"""
PROCESSES = """processes:
  - key: return
    name: Return
    examples: [I want to send it back, Can I return it]
    steps: [{name: Look, time: 2h}, {name: Pay, time: 1d}]
"""
ROLES = f"agents: {{members: [{AGENT}]}}\nsupervisors: {{members: [{BOSS}, {OTHER_BOSS}]}}\n"


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    config = folder / "config"
    config.mkdir()
    shutil.copy(ROOT / "config" / "sites.yml", config)
    (config / "hours.yml").write_text(ALWAYS)
    (config / "processes.yml").write_text(PROCESSES)
    (config / "roles.yml").write_text(ROLES)
    with postgres.fresh_database(postgres_url) as url:
        async with company(folder, url, replicas=2, CX_CONFIG_DIR=str(config)) as running:
            yield running


async def rows(shop: Company, statement: str) -> list[dict[str, Any]]:
    db = Database(shop.bots[0].database_url, pool_size=2)
    await db.open()
    try:
        return [dict(row) for row in await db.fetch(statement)]
    finally:
        await db.close()


async def opened(shop: Company, part: str, who: str = BOSS) -> dict[str, Any]:
    """The form of a part, by ``/cx settings``."""
    await shop.sandbox.act(who, "command", channel=CHANNEL, text="/cx settings")
    first = await view(shop, who, "What would you like to change?")
    await submit(shop, first, who, part=part)
    return await view(shop, who, "settings_part_form")


async def hears(bot: BotProcess, changes: int) -> None:
    """Wait until a process knows so many changes."""

    async def heard() -> bool:
        told = [json.loads(line) for line in bot.log().splitlines() if "settings.read" in line]
        return bool(told) and told[-1]["changes"] == changes

    await until(heard, 10)


async def test_only_supervisors_change_settings(shop: Company) -> None:
    await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text="/cx settings")
    await shop.whispered(AGENT, "Only supervisors and admins can change settings.")
    assert (await shop.sandbox.person(AGENT))["views"] == []


async def test_a_time_is_changed_everywhere_and_given_back(shop: Company) -> None:
    form = await opened(shop, "times:return")
    fields = [block["block_id"] for block in form["blocks"] if block["type"] == "input"]
    assert fields == [f"value{number}" for number in range(5)]
    refused = await submit(shop, form, BOSS, value3="-2h")
    assert refused["ack"]["response_action"] == "errors"
    assert list(refused["ack"]["errors"]) == ["value3"]
    assert refused["ack"]["errors"]["value3"].startswith("Here a time such as 30m, 2h")
    await submit(shop, form, BOSS, value0="", value3="5h")
    saved = json.dumps(await view(shop, BOSS, "in force from now on"), ensure_ascii=False)
    assert "• Look" in saved
    assert "• Pay" not in saved
    await close_all(shop, BOSS)
    for bot in shop.bots:
        await hears(bot, 1)
    (note,) = await rows(shop, "SELECT actor, detail FROM audit WHERE action = 'settings.changed'")
    assert (note["actor"], note["detail"]["value"], note["detail"]["before"]) == (BOSS, "5h", "2h")
    form = await opened(shop, "times:return")
    assert f"Changed by <@{BOSS}>" in json.dumps(form)
    await submit(shop, form, BOSS, back=["back"])
    await view(shop, BOSS, "As the file says again")
    await close_all(shop, BOSS)
    for bot in shop.bots:
        await hears(bot, 0)


async def test_a_new_deadline_is_on_the_next_card(shop: Company) -> None:
    form = await opened(shop, "times:return")
    await submit(shop, form, BOSS, value2="30")
    await view(shop, BOSS, "in force from now on")
    await close_all(shop, BOSS)
    for bot in shop.bots:
        await hears(bot, 1)
    written = await (await shop.visit("deadline")).write("I want to send it back.")
    root = (await shop.card(written["reference"]))["ts"]
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_more")
    menu = await view(shop, AGENT, "menu_sort")
    await shop.sandbox.act(AGENT, "click", view_id=menu["id"], action_id="menu_sort")
    await submit(shop, await view(shop, AGENT, "Priority"), process="return")
    await close_all(shop)

    async def dated() -> bool:
        return "legal deadline <!date^" in json.dumps(await shop.card(written["reference"]))

    await until(dated)


async def test_of_two_supervisors_the_slower_one_is_told(shop: Company) -> None:
    first = await opened(shop, "hours:always")
    second = await opened(shop, "hours:always", OTHER_BOSS)
    await submit(shop, first, BOSS, value0="Monday–Sunday: 06:00-22:00")
    await view(shop, BOSS, "in force from now on")
    late = await submit(shop, second, OTHER_BOSS, value0="Monday: 09:00-10:00")
    assert late["ack"]["errors"] == {
        "value0": "Somebody changed these settings meanwhile; please open them once more."
    }
    (row,) = await rows(shop, "SELECT changed_by, value FROM settings WHERE path[3] = 'week'")
    assert (row["changed_by"], row["value"]["sunday"]) == (BOSS, ["06:00-22:00"])
    await close_all(shop, BOSS)
    await close_all(shop, OTHER_BOSS)


async def test_a_text_that_tells_no_date_is_refused(shop: Company) -> None:
    form = await opened(shop, "texts:return")
    refused = await submit(shop, form, BOSS, value0="You have it soon.")
    assert "{date} is missing" in refused["ack"]["errors"]["value0"]
    await submit(shop, form, BOSS, value0="You have it by {date}.")
    assert "Tells the date (English)" in json.dumps(await view(shop, BOSS, "in force from now on"))
    await close_all(shop, BOSS)


async def test_a_broken_file_is_mended_first(shop: Company) -> None:
    config = Path(shop.bots[0].environment["CX_CONFIG_DIR"])
    (config / "hours.yml").write_text("calendars: [")
    await shop.sandbox.act(BOSS, "command", channel=CHANNEL, text="/cx settings")
    await shop.whispered(BOSS, "nothing can be changed before it is mended")
    (config / "hours.yml").write_text(ALWAYS)
