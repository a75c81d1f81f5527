"""Who owes something hears of it in the thread where they work: in real browsers, days in seconds."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import expect

from tests.journeys.test_asks import ADA, ALWAYS, LOGISTICS, TOM, close_all, submit, view
from tests.support import postgres
from tests.support.chromium import OpenPage
from tests.support.sandbox import DEFAULT_WORKSPACE, ROOT, until
from tests.support.stack import AGENT, CHANNEL, Company, company
from tests.support.windows import Desk

pytestmark = pytest.mark.browser

HOUR = 3600
DEPARTMENTS = """departments:
  - {key: logistics, name: Logistics, channel: logistics, examples: [Where is my parcel, Has it left]}
"""
PROCESSES = """processes:
  - key: claim
    name: Claim
    examples: [My parcel is lost, It never came]
    steps: [{name: Look for it, department: logistics, time: 4h}, {name: Answer, time: 2h}]
"""


@dataclass
class Shop:
    """A company whose clock can be turned."""

    company: Company

    async def turn(self, hours: float) -> None:
        """Let business time pass; everything that is due then has happened afterwards."""
        url, headers = f"{self.company.bots[0].url}/demo/clock", {"Authorization": "Bearer turn"}
        async with self.company.session.get(url) as answer:
            ahead = (await answer.json())["ahead_seconds"]
        async with self.company.session.post(url, json={"by": hours * HOUR}, headers=headers) as answer:
            assert answer.status == 202, await answer.text()

        async def arrived() -> bool:
            async with self.company.session.get(url) as answer:
                found = await answer.json()
            return found["to"] is None and found["ahead_seconds"] >= ahead + hours * HOUR - 60

        await until(arrived, 60)


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """In it Maya is the only agent and Ada the supervisor; Tom has no role, and works in logistics."""
    folder = tmp_path_factory.mktemp("company")
    config = folder / "config"
    config.mkdir()
    shutil.copy(ROOT / "config" / "sites.yml", config)
    # Where the clock can be turned, the company's files are those of the demo.
    shop = config / "demo"
    shop.mkdir()
    (shop / "departments.yml").write_text(DEPARTMENTS)
    (shop / "hours.yml").write_text(ALWAYS)
    (shop / "processes.yml").write_text(PROCESSES)
    roles = f"agents: {{members: [{AGENT}]}}\nsupervisors: {{members: [{ADA}]}}\n"
    (shop / "roles.yml").write_text(roles)
    workspace = deepcopy(DEFAULT_WORKSPACE)
    next(one for one in workspace["channels"] if one["id"] == LOGISTICS)["members"] += [TOM]
    settings: dict[str, Any] = {"CX_DEMO": "1", "CX_CONFIG_DIR": str(config), "CX_CLOCK_TOKEN": "turn"}
    with postgres.fresh_database(postgres_url) as url:
        async with company(folder, url, workspace=workspace, **settings) as running:
            yield Shop(running)


async def desk_of(shop: Shop, open_page: OpenPage, who: str, channel: str = CHANNEL) -> Desk:
    return Desk(await open_page(f"{shop.company.sandbox.page_url}?as={who}#/{channel}"))


async def test_reminded_snoozed_asked_and_answered_by_somebody_without_any_role(
    shop: Shop, open_page: OpenPage
) -> None:
    subject = "Where is my blue bowl?"
    await (await shop.company.visit("r1", "Rosa")).write(subject)
    maya = await desk_of(shop, open_page, AGENT)
    await maya.open_thread(subject)
    await maya.card(subject).get_by_role("button", name="Take", exact=True).click()
    await maya.sees("owns this case now")
    await shop.turn(3)
    await maya.sees("The customer waits for a first answer.")
    reminder = maya.said("The customer waits for a first answer.")
    await reminder.get_by_role("button", name="Snooze 1 h").click()
    await expect(reminder).to_contain_text("put off until")
    await expect(reminder.get_by_role("button", name="Snooze 1 h")).to_have_count(0)
    await shop.turn(1)
    await expect(maya.thread.get_by_role("button", name="Snooze 1 h")).to_be_visible()

    await maya.open_form(maya.card(subject).get_by_role("button", name="Ask", exact=True))
    await maya.pick("Department", "Logistics")
    await maya.dialog.last.get_by_role("textbox").first.fill("Has the bowl left the house?")
    await maya.press("Next")
    await expect(maya.dialog.last).to_contain_text("Post this to")
    await maya.press("Post")
    await maya.sees("Has the bowl left the house?")
    # A day later logistics hear of it in their own thread, where Tom answers.
    await shop.turn(24)
    tom = await desk_of(shop, open_page, TOM, LOGISTICS)
    await expect(tom.channel).to_contain_text("This question waits for an answer.")
    await tom.open_form(tom.channel.get_by_role("button", name="Answer", exact=True))
    await tom.dialog.get_by_role("textbox", name="Answer").fill("It left this morning.")
    await tom.dialog.get_by_role("button", name="Answer", exact=True).click()
    await maya.sees("It left this morning.")
    await expect(maya.said("It left this morning.")).to_contain_text("Logistics")


async def test_a_late_step_moves_the_forecast_and_the_promise_when_the_customer_is_told(
    shop: Shop, open_page: OpenPage
) -> None:
    subject = "My parcel is lost."
    visitor = await shop.company.visit("r2", "Pia")
    root = (await shop.company.card((await visitor.write(subject))["reference"]))["ts"]
    await shop.company.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_more")
    menu = await view(shop.company, AGENT, "menu_sort")
    await shop.company.sandbox.act(AGENT, "click", view_id=menu["id"], action_id="menu_sort")
    await submit(shop.company, await view(shop.company, AGENT, "Priority"), process="claim")
    await close_all(shop.company)
    maya = await desk_of(shop, open_page, AGENT)
    await maya.open_thread(subject)
    card = maya.card(subject)
    await card.get_by_role("button", name="Tell the date").click()
    await maya.sees("expect to be done with it by")
    await maya.press("Send")
    await expect(card).to_contain_text("Promised")
    # At first it may still be made up for; two hours later it cannot.
    await shop.turn(5)
    await maya.sees("Step 1 of 2, Look for it · Logistics, is late.")
    await shop.turn(2)
    await maya.sees("Step 1 of 2, Look for it · Logistics, is late.")
    late = maya.said("Step 1 of 2, Look for it · Logistics, is late.")
    await expect(late).to_contain_text("Tell the customer?")
    await late.get_by_role("button", name="Tell the date").click()
    await expect(maya.thread.get_by_role("button", name="Send", exact=True)).to_be_visible()
    await maya.press("Send")

    async def told() -> bool:
        return len(await visitor.texts()) == 3

    await until(told, 30)
    before, after = (words.partition(" by ")[2] for _author, words in (await visitor.texts())[1:])
    assert before != after
    # Who knows the new date is not told it once more.
    await expect(late.get_by_role("button", name="Tell the date")).to_have_count(0)
