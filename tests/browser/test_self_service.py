"""What customers do by themselves, in a real browser: the page of their case, articles while they write."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect

from bot.web.context import WebContext
from cases.articles import Article
from cases.hours import Hours, Span
from cases.promises import Amount, Plan, Step, Timing
from cases.reader import Language
from cases.receipts import WAIT
from flows import receipt
from flows.receipt import Receipting
from storage import articles
from storage.db import Database
from tests.browser.test_widget import Widget
from tests.support.webchat import ChatClient, agent_says, make_context, web_chat

pytestmark = pytest.mark.browser

WEEK = dict.fromkeys(range(7), (Span(time(0), time(23, 59)),))
STEPS = (Step("Look", Amount(time=timedelta(hours=2)), shown={Language.EN: "We look for your parcel"}),)
PLAN = Plan({"team": Hours(UTC, WEEK)}, {"general": Timing(steps=STEPS)})
HANDBOOK = (
    Article(
        "back",
        "Sending something back",
        "Within 60 days: [the page](https://shop.example/back).\n\n- <img src=x onerror=alert(1)> the label",
        public=True,
    ),
    Article("lamp", "Hanging a lamp", "Switch the current off first.", public=True),
    Article("ours", "Parcels that come back", "Blame the carrier when something is sent back."),
)


@pytest.fixture
async def web(database: Database, tmp_path: Path) -> WebContext:
    return replace(await make_context(database, tmp_path / "files"), plan_of=lambda _: PLAN)


@pytest.fixture
async def chat(web: WebContext) -> AsyncIterator[ChatClient]:
    async with web_chat(web) as client:
        yield client


@pytest.fixture
async def handbook(web: WebContext) -> None:
    await articles.replace(web.db, web.sites["shop"].workspace_id, "handbook", HANDBOOK, datetime.now(UTC))


@pytest.fixture
async def widget(page: Page, web: WebContext, chat: ChatClient) -> Widget:
    return Widget(page, web, chat)


async def test_a_customer_sees_how_their_case_stands_and_writes(
    browser: Browser, page: Page, web: WebContext, chat: ChatClient
) -> None:
    """The page in a browser without JavaScript, what is written there in the chat's window."""
    widget = await Widget(page, web, chat).visit("anna")
    await widget.say("Where is my parcel?")
    await expect(widget.sent).to_be_visible()
    receipting = Receipting({("webchat", "shop")}, PLAN, lambda _: "Shop", Language.EN)
    workspace = web.sites["shop"].workspace_id
    assert await receipt.send_due(web.db, workspace, receipting, datetime.now(UTC) + WAIT)
    web.hub.push(1)
    link = widget.log.get_by_role("link", name=re.compile("chat.example"))
    await expect(link).to_be_visible()
    path = str(await link.get_attribute("href")).removeprefix("https://chat.example")
    await widget.adopt_session()
    await agent_says(web, chat, "It left on <b>Monday</b>.")

    context = await browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 640})
    case = await context.new_page()
    await case.goto(chat.address + path)
    await expect(case.get_by_role("heading", level=1)).to_have_text(re.compile(r"Harbour & Hill · CX-\d+"))
    current = case.locator("[aria-current=step]")
    await expect(current).to_have_text("We look for your parcel (now)")
    await expect(case.get_by_text("It left on <b>Monday</b>.")).to_be_visible()
    await expect(case.get_by_text("We expect to be done with it by")).to_be_visible()
    await case.get_by_label("Your message").fill("It came, thank you!")
    await case.get_by_role("button", name="Send").click()
    await expect(case.get_by_role("status")).to_have_text("Thank you, we have your message.")
    await expect(case.get_by_text("It came, thank you!")).to_be_visible()
    await case.reload()
    await expect(case.get_by_text("It came, thank you!")).to_have_count(1)
    box = await case.locator("main").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 360
    await context.close()
    await expect(widget.log.get_by_text("It came, thank you!")).to_be_visible()
    posts = await web.db.fetch(
        """SELECT o.id FROM outbox o JOIN messages m ON m.id = o.message_id JOIN cases k ON k.id = m.case_id
           WHERE m.text = 'It came, thank you!' AND o.case_id = k.id AND o.slack_channel = 'C0SUPPORT'"""
    )
    assert len(posts) == 1, "it waits for the case's thread, once"


@pytest.mark.usefixtures("handbook")
async def test_articles_are_suggested_while_the_first_message_is_written(widget: Widget, page: Page) -> None:
    await widget.visit("anna")
    await widget.input.press_sequentially("How do I send something back?")
    listed = page.get_by_role("list", name="These articles may help").get_by_role("button")
    await expect(listed).to_have_count(1)
    await expect(page.locator("cx-chat .articles [role=status]")).to_have_text(
        re.compile("^1 article may help")
    )
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    reader = page.get_by_role("region", name="Sending something back")
    await expect(reader.get_by_role("heading")).to_be_focused()
    await expect(reader.get_by_text("the label")).to_be_visible()
    assert await reader.locator("img").count() == 0
    assert await reader.get_by_role("link").get_attribute("href") == "https://shop.example/back"
    await page.keyboard.press("Escape")
    await expect(reader).to_be_hidden()
    await expect(listed).to_be_focused()
    await listed.click()
    await reader.get_by_role("button", name="This answered my question").click()
    await expect(reader).to_be_hidden()
    await expect(widget.input).to_be_focused()
    await expect(page.get_by_text("We are glad that it helped.")).to_have_class("articles-news")
    async with page.expect_response(re.compile("/messages")):
        await widget.input.press("Enter")
    await expect(widget.sent).to_be_visible()
    rows = await widget.web.db.fetch(
        "SELECT a.external_id FROM article_answers n JOIN articles a ON a.id = n.article_id"
    )
    assert [row["external_id"] for row in rows] == ["back"]


@pytest.mark.usefixtures("handbook")
async def test_who_writes_faster_than_the_chat_opens_gets_suggestions_too(widget: Widget, page: Page) -> None:
    written = asyncio.Event()

    async def slowly(route: Route) -> None:
        await written.wait()
        await route.continue_()

    await page.route(re.compile(r"/sessions?$"), slowly)
    await widget.visit("anna")
    await widget.input.fill("How do I send something back?")
    written.set()
    listed = page.get_by_role("list", name="These articles may help").get_by_role("button")
    await expect(listed).to_have_count(1)


@pytest.mark.usefixtures("handbook")
async def test_later_articles_are_looked_up_when_somebody_asks(widget: Widget, page: Page) -> None:
    await widget.visit("anna")
    await widget.say("Hello there")
    await expect(widget.sent).to_be_visible()
    looked: list[str] = []
    page.on("request", lambda request: looked.append(request.url) if "/articles" in request.url else None)
    await widget.input.fill("How do I hang the lamp?")
    await page.get_by_role("button", name="Look in our articles").click()
    await expect(page.get_by_role("button", name="Hanging a lamp")).to_be_visible()
    assert len(looked) == 1
    await widget.input.press("Enter")
    await expect(page.get_by_role("button", name="Hanging a lamp")).to_be_hidden()


@pytest.mark.usefixtures("handbook")
async def test_nothing_about_articles_keeps_anybody_from_writing(widget: Widget, page: Page) -> None:
    await page.route("**/articles", lambda _route: None)  # It never answers.
    await widget.visit("anna")
    await widget.input.press_sequentially("How do I send something back?")
    async with page.expect_request("**/articles"):
        await widget.input.press_sequentially("?")
    await widget.input.press("Enter")
    await expect(widget.sent).to_be_visible()
