"""Customer and agent side by side in real browsers, the bot in between."""

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
    with postgres.fresh_database(postgres_url) as url:
        folder: Path = tmp_path_factory.mktemp("company")
        settings: dict[str, Any] = {"CX_DEMO": "1", "CX_CONFIG_DIR": without_roles(folder)}
        settings["CX_UNDO_CHAT_SECONDS"] = "2"
        async with company(folder, url, **settings) as running:
            yield running


async def test_write_answer_close_and_reload(shop: Company, open_page: OpenPage) -> None:
    chat = Chat(await open_page(f"{shop.bots[0].url}/demo/"))
    desk = Desk(await open_page(f"{shop.sandbox.page_url}?as={AGENT}#/{CHANNEL}"))
    await chat.open()
    await chat.say("Is the oak lamp in stock?")
    await desk.open_thread("Is the oak lamp in stock?")
    await expect(desk.thread.get_by_text("Is the oak lamp in stock?").last).to_be_visible()

    await desk.write("Ada, do we have any?")
    await desk.write("Yes, three are left.")
    await desk.put_outbox_on("Yes, three are left.")
    await desk.page.get_by_role("button", name="Send", exact=True).click()
    await expect(desk.page.get_by_role("button", name="Undo")).to_be_visible()
    await chat.shows("Is the oak lamp in stock?", "Yes, three are left.")
    await expect(desk.page.get_by_text("Sent to the customer.")).to_be_visible()

    await desk.open_form(desk.card("Is the oak lamp in stock?").get_by_role("button", name="Close"))
    form = desk.page.get_by_role("dialog", name=re.compile("Close CX-"))
    proposed = form.get_by_role("textbox", name="Closing message")
    await expect(proposed).to_have_value(re.compile("We are done with this on our side"))
    await proposed.fill("")
    await form.get_by_role("button", name="Close case").click()
    await expect(form.get_by_text("Please write what the customer should read.")).to_be_visible()
    await form.get_by_role("textbox", name="Closing message").fill("One is reserved for you. Goodbye!")
    await form.get_by_role("button", name="Close case").click()
    await expect(form).to_be_hidden()
    everything = (
        "Is the oak lamp in stock?",
        "Yes, three are left.",
        "One is reserved for you. Goodbye!",
    )
    await chat.shows(*everything)
    await expect(
        desk.card("Is the oak lamp in stock?").get_by_text("Closed", exact=False).first
    ).to_be_visible()

    await chat.page.reload()
    await chat.open()
    await chat.shows(*everything)
    await desk.page.reload()
    await expect(desk.card("Is the oak lamp in stock?")).to_have_count(1)


async def test_undo_keeps_it_from_the_customer(shop: Company, open_page: OpenPage) -> None:
    chat = Chat(await open_page(f"{shop.bots[0].url}/demo/", width=390, height=780, touch=True))
    desk = Desk(await open_page(f"{shop.sandbox.page_url}?as={AGENT}#/{CHANNEL}"))
    await chat.open()
    await chat.say("Do you ship to Malta?")
    await desk.open_thread("Do you ship to Malta?")
    await desk.write("No idea, honestly")
    await desk.put_outbox_on("No idea, honestly")
    await desk.page.get_by_role("button", name="Send", exact=True).click()
    await desk.page.get_by_role("button", name="Undo").click()
    await expect(desk.page.get_by_text("Not sent. The message stays among us.")).to_be_visible()
    await desk.write("Yes, within a week.")
    await desk.put_outbox_on("Yes, within a week.")
    await desk.page.get_by_role("button", name="Send", exact=True).click()
    await chat.shows("Do you ship to Malta?", "Yes, within a week.")


async def test_a_new_conversation_is_another_case(shop: Company, open_page: OpenPage) -> None:
    chat = Chat(await open_page(f"{shop.bots[0].url}/demo/"))
    desk = Desk(await open_page(f"{shop.sandbox.page_url}?as={AGENT}#/{CHANNEL}"))
    await chat.open()
    await chat.say("My mug is chipped.")
    await expect(desk.card("My mug is chipped.")).to_be_visible()
    await chat.page.get_by_role("button", name="New conversation").click()
    await chat.page.get_by_role("button", name="Start new").click()
    await chat.say("And where is my refund?")
    await expect(desk.card("And where is my refund?")).to_be_visible()
    await expect(desk.card("My mug is chipped.")).to_be_visible()
    await chat.shows("And where is my refund?")
