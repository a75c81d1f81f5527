"""After a case was closed: the customer says how it was, and the thread shows it; in real browsers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support import postgres
from tests.support.chromium import OpenPage
from tests.support.stack import AGENT, CHANNEL, Company, company, without_roles
from tests.support.windows import Chat, Desk

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    """A shop that asks at once, at any time of the day."""
    with postgres.fresh_database(postgres_url) as url:
        folder: Path = tmp_path_factory.mktemp("company")
        settings: dict[str, Any] = {"CX_DEMO": "1", "CX_CONFIG_DIR": without_roles(folder)}
        settings |= {"CX_SURVEY_MINUTES": "0", "CX_SURVEY_HOURS": "00:00-24:00"}
        async with company(folder, url, replicas=2, **settings) as running:
            yield running


async def close(desk: Desk, subject: str) -> None:
    """Close a case with the text that is proposed."""
    await desk.open_form(desk.card(subject).get_by_role("button", name="Close"))
    form = desk.page.get_by_role("dialog", name=re.compile("Close CX-"))
    await form.get_by_role("button", name="Close case").click()
    await expect(form).to_be_hidden()


async def link(chat: Chat) -> str:
    """The address of the page, as the customer's chat shows it."""
    found = chat.log.get_by_role("link", name="http://127.0.0.1")
    await expect(found).to_be_visible(timeout=30_000)
    address = await found.get_attribute("href")
    assert address is not None
    return address


async def test_the_customer_rates_the_case_on_the_page(shop: Company, open_page: OpenPage) -> None:
    chat = Chat(await open_page(f"{shop.bots[0].url}/demo/"))
    desk = Desk(await open_page(f"{shop.sandbox.page_url}?as={AGENT}#/{CHANNEL}"))
    await chat.open()
    await chat.say("My bowl came in pieces.")
    await desk.open_thread("My bowl came in pieces.")
    await close(desk, "My bowl came in pieces.")
    address = await link(chat)
    page = await open_page(address, width=390, height=780, touch=True)
    await page.get_by_role("group", name=re.compile("How satisfied")).get_by_label("2").check()
    await page.get_by_role("group", name="Was it solved at the first contact?").get_by_label("No").check()
    await page.get_by_role("textbox", name="Would you like to say more?").fill("<b>Two</b> weeks!")
    await page.get_by_role("button", name="Send my answer").click()
    await expect(page.get_by_role("status")).to_contain_text("We are sorry")
    await desk.sees("2 of 5", "<b>Two</b> weeks!", "this case is open again", "please look at it")
    await page.goto(address)
    await expect(page.get_by_role("status")).to_contain_text("You have answered this already")


async def test_the_customer_answers_with_a_number_in_the_chat(shop: Company, open_page: OpenPage) -> None:
    chat = Chat(await open_page(f"{shop.bots[1].url}/demo/"))
    desk = Desk(await open_page(f"{shop.sandbox.page_url}?as={AGENT}#/{CHANNEL}"))
    await chat.open()
    await chat.say("Is the lamp in stock?")
    await desk.open_thread("Is the lamp in stock?")
    await close(desk, "Is the lamp in stock?")
    await link(chat)
    await chat.say("5")
    await expect(chat.log.get_by_text("Thank you for your answer!")).to_be_visible()
    await desk.sees("5 of 5")
    await expect(desk.card("Is the lamp in stock?").get_by_text("Closed", exact=False).first).to_be_visible()
