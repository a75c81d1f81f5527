"""Roles, the App Home and one's own cases, with a bot that runs by itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import postgres
from tests.support.sandbox import ROOT, until
from tests.support.stack import AGENT, CHANNEL, Company, company

OTHER = "U0TOM"


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    config = tmp_path_factory.mktemp("config")
    shutil.copy(ROOT / "config" / "sites.yml", config)
    with postgres.fresh_database(postgres_url) as url:
        folder = tmp_path_factory.mktemp("company")
        async with company(folder, url, CX_CONFIG_DIR=str(config)) as running:
            await running.sandbox.do("set_usergroup", usergroup="S0CARE", handle="care", users=[AGENT])
            yield running


async def home_shows(shop: Company, user: str, *words: str) -> None:
    """Wait until somebody's Home says all of this."""

    async def shown() -> bool:
        home = json.dumps((await shop.sandbox.person(user))["home"], ensure_ascii=False)
        return all(word in home for word in words)

    await until(shown, 15)


async def click_home(shop: Company, user: str, action: str) -> None:
    """Press the first such button on one's Home."""
    home = (await shop.sandbox.person(user))["home"]
    place = next(
        block["block_id"]
        for block in home["blocks"]
        if action in [element.get("action_id") for element in block.get("elements", [])]
    )
    await shop.sandbox.act(user, "click", view_id=home["id"], action_id=action, block_id=place)


async def test_taking_a_case_on_the_home_and_finding_it(shop: Company) -> None:
    maria = await shop.visit()
    first = await maria.write("My green lamp has a crack")
    root = (await shop.card(first["reference"]))["ts"]
    await shop.sandbox.act(AGENT, "open_home")
    await home_shows(shop, AGENT, first["reference"], "home_take")
    await click_home(shop, AGENT, "home_take")
    await home_shows(shop, AGENT, "You own 1 open case.", "In 1 of them the customer waits for you")
    await shop.reply(root, "A new one is on its way.")
    await home_shows(shop, AGENT, "Waiting on the customer", "Nothing waits on you.")
    await click_home(shop, AGENT, "home_summary")

    async def brief() -> bool:
        return "My green lamp" in json.dumps((await shop.sandbox.person(AGENT))["views"])

    await until(brief)
    await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text="/cx find crack")
    await shop.whispered(AGENT, "My green lamp has a crack")
    await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text="/cx mine")
    await shop.whispered(AGENT, "My cases")


async def test_asking_in_the_agent_pane(shop: Company) -> None:
    visitor = await shop.visit("c3", "Gil")
    first = await visitor.write("Where is my kettle?")
    root = (await shop.card(first["reference"]))["ts"]
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_take")
    await shop.thread_shows(root, "Gil: Where is my kettle?", f"app: 🙋 <@{AGENT}> owns this case now.")
    pane = (await shop.sandbox.act(AGENT, "open_dm"))["channel"]

    async def prompted() -> bool:
        return bool((await shop.sandbox.person(AGENT))["agent"]["prompts"])

    await until(prompted)
    asked = await shop.sandbox.act(AGENT, "post", channel=pane, text="what is waiting on me?")

    async def answered() -> bool:
        answers = [each for each in await shop.sandbox.messages(pane, asked["ts"]) if each.get("bot_id")]
        return len(answers) == 1 and first["reference"] in json.dumps(answers[0]["blocks"])

    await until(answered)


async def test_fault_46_who_leaves_the_group_while_a_preview_is_open_cannot_send_it(shop: Company) -> None:
    config = Path(shop.bots[0].environment["CX_CONFIG_DIR"])
    visitor = await shop.visit("c2", "Finn")
    first = await visitor.write("Hello")
    root = (await shop.card(first["reference"]))["ts"]
    (config / "roles.yml").write_text("agents: {groups: [care]}")

    async def read() -> bool:
        return "roles.file_read" in shop.bots[0].log()

    await until(read)
    posted = await shop.sandbox.act(AGENT, "post", channel=CHANNEL, text="Hi Finn", thread_ts=root)
    await shop.sandbox.act(AGENT, "react", channel=CHANNEL, ts=posted["ts"], name="outbox_tray")
    preview = await shop.preview(AGENT, root, "Hi Finn")
    await shop.sandbox.do("set_usergroup", usergroup="S0CARE", users=[OTHER])

    async def refused() -> bool:
        await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text="/cx status")
        shown = (await shop.sandbox.person(AGENT))["ephemerals"]
        return "Only agents, leads and supervisors" in json.dumps(shown)

    await until(refused)
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=preview["ts"], action_id="reply_send")
    await shop.whispered(AGENT, "Only agents and supervisors can write to customers.")
    await visitor.sees(("customer", "Hello"))
