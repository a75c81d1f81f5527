"""The chat widget in a real browser, as a customer uses it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI, Request
from playwright.async_api import Browser, Locator, Page, expect
from playwright.async_api import Route as Interception
from starlette.responses import HTMLResponse
from starlette.routing import Route

from bot.web import feed as feed_module
from bot.web.context import ChatSite, WebContext
from storage.db import Database
from tests.support.chromium import PATIENCE_MS
from tests.support.webchat import FILE_LIMIT, ChatClient, agent_says, make_context, serving, web_chat

pytestmark = pytest.mark.browser

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63"
    "60f8cfc00000030001012273b4620000000049454e44ae426082"
)


@pytest.fixture
async def web(database: Database, tmp_path: Path) -> WebContext:
    return await make_context(database, tmp_path / "files")


@pytest.fixture
async def chat(web: WebContext) -> AsyncIterator[ChatClient]:
    async with web_chat(web) as client:
        yield client


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A fresh browser window whose script errors fail the test."""
    context = await browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    await context.close()
    assert problems == []


class Widget:
    """What a person sees and does in the chat window."""

    def __init__(self, page: Page, web: WebContext, chat: ChatClient) -> None:
        self.page = page
        self.web = web
        self.chat = chat
        self.input = page.get_by_label("Your message")
        self.log = page.get_by_role("log")

    async def visit(self, visitor: str = "", *, opened: bool = True) -> Widget:
        """Go to the shop as somebody, and open the chat."""
        await self.page.goto(f"{self.chat.address}/demo/?as={visitor}")
        if opened:
            await self.open()
        return self

    async def open(self) -> None:
        """Press the round button."""
        await self.page.get_by_role("button", name=re.compile("^Open chat")).click()

    async def say(self, text: str) -> None:
        """Write a message and press Enter."""
        await self.input.fill(text)
        await self.input.press("Enter")

    async def adopt_session(self) -> None:
        """Let the helper program act in the widget's own conversation."""
        read = "JSON.parse(Object.entries(localStorage).find(([key]) => key.endsWith('|session'))[1])"
        await self.page.wait_for_function("Object.keys(localStorage).some((key) => key.endsWith('|session'))")
        self.chat.token = (await self.page.evaluate(read))["session_token"]

    async def hear(self, text: str) -> None:
        """An agent answers."""
        await self.adopt_session()
        await agent_says(self.web, self.chat, text)

    async def texts(self) -> list[str]:
        """The messages on the screen, from top to bottom."""
        return await self.log.locator(".bubble p").all_inner_texts()

    @property
    def sent(self) -> Locator:
        return self.log.get_by_text("Sent", exact=True)


@pytest.fixture
def widget(page: Page, web: WebContext, chat: ChatClient) -> Widget:
    return Widget(page, web, chat)


async def test_a_customer_writes_and_is_answered(widget: Widget, page: Page) -> None:
    await widget.visit("anna")
    await expect(page.get_by_role("dialog", name="Harbour & Hill")).to_be_visible()
    await expect(widget.input).to_be_focused()
    await widget.say("Where is my order?")
    await expect(widget.sent).to_be_visible()
    await expect(page.get_by_text(re.compile(r"^CX-\d+$"))).to_be_visible()
    await widget.hear("It is on its way.")
    await expect(widget.log.get_by_text("It is on its way.")).to_be_visible()
    await expect(widget.log.get_by_text("Maya Lind", exact=True)).to_be_visible()
    stored = (await widget.chat.read())["messages"]
    assert [message["text"] for message in stored] == await widget.texts()


async def test_the_conversation_is_there_after_a_reload(widget: Widget, page: Page) -> None:
    await widget.visit()
    await widget.say("Hello")
    await expect(widget.sent).to_be_visible()
    await widget.hear("Hi!")
    await widget.input.fill("half a thou")
    await page.reload()
    await widget.open()
    await expect(widget.log.get_by_text("Hi!")).to_be_visible()
    assert await widget.texts() == ["Hello", "Hi!"]
    await expect(widget.input).to_have_value("half a thou")


@pytest.mark.parametrize("live", [True, False], ids=["live", "polling"])
async def test_a_long_history_appears_whole_and_in_order(
    widget: Widget, page: Page, monkeypatch: pytest.MonkeyPatch, live: bool
) -> None:
    monkeypatch.setattr(feed_module, "PAGE", 10)
    await widget.visit("anna")
    await widget.say("Line 1")
    await expect(widget.sent).to_be_visible()
    await widget.adopt_session()
    await page.goto("about:blank")
    lines = [f"Line {n}" for n in range(1, 46)]
    for line in lines[1:]:
        await agent_says(widget.web, widget.chat, line, announce=False)
    if not live:
        await page.route_web_socket(re.compile("/ws"), lambda socket: socket.close())
    await widget.visit("anna")
    await expect(widget.log.get_by_text("Line 45")).to_be_visible()
    assert await widget.texts() == lines


async def test_a_new_conversation_starts_empty_after_a_question(widget: Widget, page: Page) -> None:
    await widget.visit("anna")
    await widget.say("First matter")
    await expect(widget.sent).to_be_visible()
    first = await page.locator("cx-chat .reference").inner_text()
    await page.get_by_role("button", name="New conversation").click()
    await page.get_by_role("button", name="Keep this one").click()
    assert await widget.texts() == ["First matter"]
    await page.get_by_role("button", name="New conversation").click()
    await page.get_by_role("button", name="Start new").click()
    await expect(widget.log.get_by_text("First matter")).to_have_count(0)
    await widget.say("Second matter")
    await expect(widget.sent).to_be_visible()
    assert await page.locator("cx-chat .reference").inner_text() != first
    await page.reload()
    await widget.open()
    await expect(widget.log.get_by_text("Second matter")).to_be_visible()
    assert await widget.texts() == ["Second matter"]


async def test_unread_answers_are_counted_on_the_button_and_read_when_opened(
    widget: Widget, page: Page
) -> None:
    await widget.visit()
    await widget.say("Hello")
    await expect(widget.sent).to_be_visible()
    await page.get_by_role("button", name="Close chat").first.click()
    await expect(page.get_by_role("button", name="Open chat")).to_be_focused()
    await widget.hear("One")
    await widget.hear("Two")
    await expect(page.get_by_role("button", name="Open chat, 2 unread messages")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="Open chat, 2 unread messages")).to_be_visible()
    conversation_id = widget.web.signer.read_past_session(widget.chat.token, "shop").conversation_id
    await until_marked(widget.web, conversation_id, delivered=3, read=0)
    await widget.open()
    await until_marked(widget.web, conversation_id, delivered=3, read=3)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Open chat", exact=True)).to_be_visible()


async def until_marked(web: WebContext, conversation_id: int, *, delivered: int, read: int) -> None:
    async with asyncio.timeout(8):
        while True:
            row = await web.db.one(
                "SELECT delivered_seq, read_seq FROM conversations WHERE id = %(id)s", {"id": conversation_id}
            )
            assert row is not None
            if (row["delivered_seq"], row["read_seq"]) == (delivered, read):
                return
            await asyncio.sleep(0.02)


async def test_the_agents_typing_is_shown(widget: Widget, page: Page) -> None:
    await widget.visit()
    await widget.say("Hello")
    await expect(widget.sent).to_be_visible()
    await widget.adopt_session()
    conversation_id = widget.web.signer.read_past_session(widget.chat.token, "shop").conversation_id
    dots = page.locator("cx-chat .typing")
    widget.web.hub.typing(conversation_id, on=True)
    await expect(dots).to_be_visible()
    await widget.hear("Hi!")
    await expect(dots).to_be_hidden()


async def test_what_is_written_offline_arrives_once_and_in_order(widget: Widget, page: Page) -> None:
    await widget.visit()
    await widget.say("Before")
    await expect(widget.sent).to_be_visible()
    await page.context.set_offline(True)
    await widget.say("One")
    await widget.say("Two")
    await expect(page.get_by_text("You are offline.")).to_be_visible()
    await expect(page.get_by_role("button", name="Retry")).to_be_visible()
    await page.context.set_offline(False)
    await expect(widget.sent).to_be_visible()
    await expect(page.get_by_text("You are offline.")).to_be_hidden()
    await widget.adopt_session()
    stored = (await widget.chat.read())["messages"]
    assert [message["text"] for message in stored] == ["Before", "One", "Two"] == await widget.texts()


async def test_a_lost_answer_leads_to_a_retry_with_the_same_id(widget: Widget, page: Page) -> None:
    lost = 0

    async def accept_and_drop(route: Interception) -> None:
        nonlocal lost
        if route.request.method == "POST" and lost < 2:
            lost += 1
            await route.fetch()
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/chat/shop/messages", accept_and_drop)
    await widget.visit()
    await widget.say("Only once")
    await expect(widget.sent).to_be_visible()
    await widget.adopt_session()
    assert [message["text"] for message in (await widget.chat.read())["messages"]] == ["Only once"]
    assert await widget.texts() == ["Only once"]
    assert lost >= 1


async def test_what_was_not_sent_survives_a_reload(widget: Widget, page: Page) -> None:
    await widget.visit()
    await page.route("**/chat/shop/messages", lambda route: route.abort())
    await widget.say("Please arrive")
    await expect(page.get_by_role("button", name="Retry")).to_be_visible()
    await page.unroute("**/chat/shop/messages")
    await page.reload()
    await widget.open()
    await expect(widget.sent).to_be_visible()
    assert await widget.texts() == ["Please arrive"]


async def test_a_refused_message_says_why_and_can_be_edited(widget: Widget, page: Page) -> None:
    await widget.visit()
    refusal = '{"error":{"code":"bad_text","message":"This message cannot be taken."}}'
    await page.route("**/chat/shop/messages", lambda route: route.fulfill(status=400, body=refusal))
    await widget.say("Strange")
    await expect(widget.log.get_by_text("This message cannot be taken.")).to_be_visible()
    await page.unroute("**/chat/shop/messages")
    await page.get_by_role("button", name="Edit").last.click()
    await expect(widget.input).to_have_value("Strange")
    await widget.say("Clear")
    await expect(widget.sent).to_be_visible()
    assert await widget.texts() == ["Clear"]


async def test_a_server_that_restarts_is_found_again(web: WebContext, page: Page) -> None:
    async with AsyncExitStack() as first:
        chat = await first.enter_async_context(web_chat(web))
        port = int(chat.address.rpartition(":")[2])
        widget = await Widget(page, web, chat).visit()
        await widget.say("Before")
        await expect(widget.sent).to_be_visible()
        await widget.adopt_session()
    await widget.say("Meanwhile")
    async with web_chat(web, port) as again:
        again.token = chat.token
        await agent_says(web, again, "Answer", announce=False)
        await expect(widget.log.get_by_text("Answer")).to_be_visible()
        await expect(widget.log.get_by_text("Sending…")).to_have_count(0)
        await expect(page.get_by_role("button", name="Retry")).to_have_count(0)
        shown = [message["text"] for message in (await again.read())["messages"]]
        assert sorted(shown) == ["Answer", "Before", "Meanwhile"]
        # What was sent meanwhile is shown again in its place a moment after the server has it.
        await expect(widget.log.locator(".bubble p")).to_have_text(shown)


async def test_an_expired_session_is_renewed_without_a_word(web: WebContext, page: Page) -> None:
    async with web_chat(replace(web, session_lifetime=timedelta(seconds=1.5))) as chat:
        widget = await Widget(page, web, chat).visit()
        await widget.say("Before")
        await expect(widget.sent).to_be_visible()
        await widget.adopt_session()
        first = widget.chat.token
        for _ in range(2):
            await page.wait_for_function(
                "(old) => !Object.values(localStorage).some((value) => value.includes(old))", arg=first
            )
            await widget.adopt_session()
            first = widget.chat.token
        await widget.say("After")
        await expect(widget.log.get_by_text("After")).to_be_visible()
        await expect(widget.sent).to_be_visible()
        assert await widget.texts() == ["Before", "After"]


async def test_a_signing_key_that_changed_does_not_lock_visitors_out(widget: Widget, page: Page) -> None:
    await widget.visit()
    await widget.say("Hello")
    await expect(widget.sent).to_be_visible()
    await page.evaluate(
        """for (const key of Object.keys(localStorage)) {
             if (key.endsWith("|visitor_token")) localStorage.setItem(key, '"signed.otherwise"');
             if (key.endsWith("|session")) {
               const session = JSON.parse(localStorage.getItem(key));
               localStorage.setItem(key, JSON.stringify({ ...session, session_token: "signed.otherwise" }));
             }
           }"""
    )
    await page.reload()
    await widget.open()
    await widget.say("Hello again")
    await expect(widget.sent).to_be_visible()


async def test_files_are_attached_shown_and_downloaded(widget: Widget, page: Page) -> None:
    await widget.visit()
    files: list[Any] = [
        {"name": "lamp.png", "mimeType": "image/png", "buffer": PNG},
        {"name": "my <b>receipt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 test"},
    ]
    await page.locator("cx-chat input[type=file]").set_input_files(files)
    await expect(page.locator("cx-chat .chip")).to_have_count(2)
    await expect(page.locator("cx-chat .chip progress")).to_have_count(0)
    await widget.say("Here they are")
    await expect(widget.log.get_by_role("img", name="lamp.png")).to_be_visible()
    link = widget.log.get_by_role("link", name=re.compile("receipt"))
    async with page.expect_download() as downloading:
        await link.click()
    download = await downloading.value
    assert download.suggested_filename == "my _b_receipt.pdf"
    content = await asyncio.to_thread(Path(await download.path()).read_bytes)
    assert content == b"%PDF-1.7 test"


async def test_nothing_moves_when_a_picture_has_loaded(widget: Widget, page: Page) -> None:
    """A link that moves between press and release misses the click."""
    loaded = asyncio.Event()

    async def hold(route: Interception) -> None:
        await loaded.wait()
        await route.continue_()

    await page.route(re.compile(r"/files/.*"), hold)
    await widget.visit()
    files: list[Any] = [{"name": "lamp.png", "mimeType": "image/png", "buffer": PNG}]
    await page.locator("cx-chat input[type=file]").set_input_files(files)
    await expect(page.locator("cx-chat .chip progress")).to_have_count(0)
    await widget.say("Here it is")
    picture = widget.log.get_by_role("img", name="lamp.png")
    await expect(picture).to_be_visible()
    bubble = widget.log.locator(".bubble").last
    before = await bubble.bounding_box()
    loaded.set()
    await expect(picture).to_have_js_property("naturalWidth", 1)
    assert before is not None
    assert await bubble.bounding_box() == before


async def test_a_file_can_be_taken_away_and_a_large_one_is_not_even_uploaded(
    widget: Widget, page: Page
) -> None:
    uploads: list[str] = []
    page.on(
        "request", lambda request: uploads.append(request.url) if request.url.endswith("/files") else None
    )
    await widget.visit()
    await widget.say("Hello")
    await expect(widget.sent).to_be_visible()
    large: Any = {"name": "video.mp4", "mimeType": "video/mp4", "buffer": b"x" * (FILE_LIMIT + 1)}
    await page.locator("cx-chat input[type=file]").set_input_files(large)
    await expect(page.get_by_text("video.mp4 is too large: at most 5 MB can be sent.")).to_be_visible()
    assert uploads == []
    small: Any = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"x"}
    await page.locator("cx-chat input[type=file]").set_input_files(small)
    await page.get_by_role("button", name="Remove note.txt").click()
    await expect(page.locator("cx-chat .chip")).to_have_count(0)
    await expect(widget.input).to_be_focused()


async def test_a_file_that_arrives_while_its_button_is_pressed_is_taken_away(
    widget: Widget, page: Page
) -> None:
    pressed = asyncio.Event()

    async def slowly(route: Interception) -> None:
        await pressed.wait()
        await route.continue_()

    await page.route("**/files", slowly)
    await widget.visit()
    await widget.say("Hello")
    await expect(widget.sent).to_be_visible()
    small: Any = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"x"}
    await page.locator("cx-chat input[type=file]").set_input_files(small)
    await page.get_by_role("button", name="Remove note.txt").hover()
    await page.mouse.down()
    pressed.set()
    await expect(page.locator("cx-chat .chip progress")).to_have_count(0)
    await page.mouse.up()
    await expect(page.locator("cx-chat .chip")).to_have_count(0)


async def test_files_can_be_dropped_and_pasted(widget: Widget, page: Page) -> None:
    await widget.visit()
    make = "const data = new DataTransfer(); data.items.add(new File(['x'], name, {type: 'text/plain'}));"
    panel = page.locator("cx-chat .panel")
    await panel.evaluate(
        "(element, name) => {" + make + "for (const type of ['dragover', 'drop'])"
        "element.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));}",
        "dropped.txt",
    )
    await widget.input.evaluate(
        "(element, name) => {" + make + "element.dispatchEvent("
        "new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));}",
        "pasted.txt",
    )
    await expect(page.get_by_text("dropped.txt")).to_be_visible()
    await expect(page.get_by_text("pasted.txt")).to_be_visible()


async def test_text_stays_text_and_addresses_become_links(widget: Widget) -> None:
    await widget.visit()
    await widget.say(
        "<img src=x onerror=alert(1)> javascript:alert(1) (see https://example.org/a_(b)?c=1#d)."
    )
    await expect(widget.sent).to_be_visible()
    link = widget.log.get_by_role("link")
    await expect(link).to_have_count(1)
    assert await link.get_attribute("href") == "https://example.org/a_(b)?c=1#d"
    assert await link.get_attribute("rel") == "noopener noreferrer nofollow"
    assert await widget.log.locator("img").count() == 0
    assert (await widget.texts())[0].startswith("<img src=x onerror=alert(1)> javascript:alert(1) (see ")


async def test_a_text_that_is_too_long_is_counted_and_kept(widget: Widget, page: Page) -> None:
    await widget.visit()
    await widget.input.fill("x" * 10_001)
    await expect(
        page.get_by_text("10,001 of 10,000 characters. Please send it in several parts.")
    ).to_be_visible()
    await widget.input.press("Enter")
    assert await widget.texts() == []
    await widget.input.fill("x" * 10_000)
    await widget.input.press("Enter")
    await expect(widget.sent).to_be_visible()


async def test_shift_enter_makes_a_line_and_enter_sends(widget: Widget) -> None:
    await widget.visit()
    await widget.input.press_sequentially("a")
    await widget.input.press("Shift+Enter")
    await widget.input.press_sequentially("b")
    await widget.input.press("Enter")
    await expect(widget.sent).to_be_visible()
    assert await widget.texts() == ["a\nb"]


async def test_two_tabs_show_the_same_conversation(widget: Widget, page: Page) -> None:
    await widget.visit("anna")
    await widget.say("From the first tab")
    await expect(widget.sent).to_be_visible()
    other = Widget(await page.context.new_page(), widget.web, widget.chat)
    await other.visit("anna")
    await expect(other.log.get_by_text("From the first tab")).to_be_visible()
    await other.say("From the second tab")
    await expect(widget.log.get_by_text("From the second tab")).to_be_visible()
    assert await widget.texts() == await other.texts() == ["From the first tab", "From the second tab"]


async def test_two_people_on_one_computer_do_not_see_each_other(widget: Widget) -> None:
    await widget.visit("anna")
    await widget.say("Anna's words")
    await expect(widget.sent).to_be_visible()
    await widget.visit("bela")
    await widget.say("Béla's words")
    await expect(widget.sent).to_be_visible()
    assert await widget.texts() == ["Béla's words"]
    await widget.visit("anna")
    await expect(widget.log.get_by_text("Anna's words")).to_be_visible()
    assert await widget.texts() == ["Anna's words"]


async def test_a_closed_conversation_says_so_and_goes_on_when_written_to(widget: Widget, page: Page) -> None:
    await widget.visit()
    await widget.say("Hello")
    await expect(widget.sent).to_be_visible()
    await widget.adopt_session()
    conversation_id = widget.web.signer.read_past_session(widget.chat.token, "shop").conversation_id
    await widget.web.db.fetch(
        "UPDATE cases SET status = 'closed', closed_at = now() WHERE conversation_id = %(id)s",
        {"id": conversation_id},
    )
    widget.web.hub.push(conversation_id)
    closed = page.get_by_text("This conversation is closed.")
    await expect(closed).to_be_visible()
    await widget.say("It is broken again")
    await expect(closed).to_be_hidden()


async def test_on_a_phone_the_chat_fills_the_screen(
    browser: Browser, web: WebContext, chat: ChatClient
) -> None:
    context = await browser.new_context(
        viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    page = await context.new_page()
    try:
        widget = Widget(page, web, chat)
        await widget.visit("anna", opened=False)
        await page.get_by_role("button", name="Open chat").tap()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_have_attribute("aria-modal", "true")
        assert await dialog.bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 640}
        await widget.input.fill("x" * 300)
        await page.get_by_role("button", name="Send", exact=True).tap()
        await expect(widget.sent).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        for name in ("Send", "Attach files", "Close chat", "New conversation"):
            box = await page.get_by_role("button", name=name, exact=True).bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44, f"{name} is too small for a thumb"
        await page.get_by_role("button", name="Close chat").tap()
        await expect(dialog).to_be_hidden()
    finally:
        await context.close()


async def test_the_keyboard_is_enough(widget: Widget, page: Page) -> None:
    await widget.visit(opened=False)
    await page.get_by_role("button", name="Open chat").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.type("Hello")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(widget.sent).to_be_visible()
    await expect(widget.input).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.get_by_role("button", name="Open chat")).to_be_focused()


async def test_another_website_embeds_the_widget_with_one_tag(
    database: Database, tmp_path: Path, page: Page
) -> None:
    """The host's style sheet is rude to everything, and its policy allows nothing but the chat."""
    web = await make_context(database, tmp_path)
    async with AsyncExitStack() as stack:
        chat = await stack.enter_async_context(web_chat(web))
        policy = (
            f"default-src 'none'; style-src 'unsafe-inline'; script-src {chat.address}; "
            f"connect-src {chat.address} {chat.address.replace('http', 'ws')}"
        )

        async def home(_: Request) -> HTMLResponse:
            return HTMLResponse(
                "<!doctype html><style>button { display: none !important }"
                "* { font-size: 40px; text-transform: uppercase; letter-spacing: 1em }</style>"
                f'<script src="{chat.address}/chat/widget.js" data-site="shop" async></script>',
                headers={"Content-Security-Policy": policy},
            )

        host = await stack.enter_async_context(serving(FastAPI(routes=[Route("/", home)])))
        cast(dict[str, ChatSite], web.sites)["shop"] = replace(web.sites["shop"], allowed_origins=(host,))
        await page.goto(host)
        widget = Widget(page, web, chat)
        await widget.open()
        await widget.say("From outside")
        await expect(widget.sent).to_be_visible()
        await widget.hear("Welcome")
        welcome = widget.log.get_by_text("Welcome")
        await expect(welcome).to_have_css("font-size", "15px")
        await expect(welcome).to_have_css("text-transform", "none")
        await expect(welcome).to_have_css("letter-spacing", "normal")


async def test_the_tag_says_in_which_language_the_chat_speaks(
    database: Database, tmp_path: Path, page: Page
) -> None:
    web = await make_context(database, tmp_path)
    async with AsyncExitStack() as stack:
        chat = await stack.enter_async_context(web_chat(web))

        async def home(_: Request) -> HTMLResponse:
            tag = (
                f'<script src="{chat.address}/chat/widget.js" data-site="shop" data-lang="pl" async></script>'
            )
            return HTMLResponse(f"<!doctype html><html lang='cs'>{tag}")

        host = await stack.enter_async_context(serving(FastAPI(routes=[Route("/", home)])))
        cast(dict[str, ChatSite], web.sites)["shop"] = replace(web.sites["shop"], allowed_origins=(host,))
        await page.goto(host)
        await page.get_by_role("button", name="Otwórz czat").click()
        field = page.get_by_label("Państwa wiadomość")
        await field.fill("x" * 9_999)
        await expect(page.get_by_text(re.compile(r"^9\s?999 z 10\s000 znaków$"))).to_be_visible()
        await field.fill("Dzień dobry")
        await field.press("Enter")
        await expect(page.get_by_text("Wysłano", exact=True)).to_be_visible()
        widget = Widget(page, web, chat)
        await page.get_by_role("button", name="Zamknij czat").last.click()
        for text in ("Dzień dobry!", "W czym pomóc?"):
            await widget.hear(text)
        unread = page.get_by_role("button", name="Otwórz czat, 2 nieprzeczytane wiadomości")
        await expect(unread).to_be_visible()


async def test_a_visitor_who_cannot_be_verified_is_told_so(widget: Widget, page: Page) -> None:
    async def forge(route: Interception) -> None:
        page = await (await route.fetch()).text()
        forged = re.sub('data-signature="[^"]*"', 'data-signature="00"', page)
        await route.fulfill(body=forged, content_type="text/html")

    await page.route("**/demo/?as=anna", forge)
    await widget.visit("anna")
    await expect(page.get_by_text("This visitor could not be verified")).to_be_visible()


async def test_signing_out_forgets_the_visitor(widget: Widget, page: Page) -> None:
    await widget.visit("anna")
    await widget.say("Secret")
    await expect(widget.sent).to_be_visible()
    await page.evaluate("CXChat.signOut()")
    await expect(page.locator("cx-chat")).to_have_count(0)
    assert await page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('cx-chat|'))") == []


async def test_what_is_written_while_a_new_conversation_opens_belongs_to_it(
    widget: Widget, page: Page
) -> None:
    await widget.visit("anna")
    await widget.say("Old matter")
    await expect(widget.sent).to_be_visible()
    written = asyncio.Event()

    async def hold(route: Interception) -> None:
        await written.wait()
        await route.continue_()

    await page.route("**/session", hold)
    await page.get_by_role("button", name="New conversation").click()
    await page.get_by_role("button", name="Start new").click()
    await widget.say("New matter")
    await expect(widget.log.get_by_text("New matter")).to_be_visible()
    written.set()
    await expect(widget.log.get_by_text("Old matter")).to_have_count(0)
    await expect(widget.sent).to_be_visible()
    await expect(widget.log.get_by_text("New matter")).to_be_visible()


async def test_a_customer_edits_and_deletes_their_messages(widget: Widget, page: Page) -> None:
    await widget.visit("anna")
    await widget.say("Where is my oder?")
    await expect(widget.sent).to_be_visible()
    await widget.say("PIN 1234")
    await widget.input.fill("half a sentence")
    await widget.log.get_by_text("Where is my oder?").hover()
    await widget.log.get_by_role("button", name="Edit").first.click()
    await expect(page.get_by_text("Editing your message")).to_be_visible()
    await expect(widget.input).to_have_value("Where is my oder?")
    await widget.input.fill("Where is my order?")
    await widget.input.press("Enter")
    await expect(widget.log.get_by_text("Where is my order?")).to_be_visible()
    await expect(widget.log.get_by_text("edited", exact=True)).to_be_visible()
    await expect(widget.input).to_have_value("half a sentence")
    await widget.log.get_by_role("button", name="Edit").first.click()
    await page.keyboard.press("Escape")
    await expect(widget.input).to_have_value("half a sentence")
    await widget.log.get_by_role("button", name="Delete").last.click()
    await page.get_by_role("group").get_by_role("button", name="Delete").click()
    await expect(widget.log.get_by_text("You deleted this message")).to_be_visible()
    await widget.adopt_session()
    stored = [(each["text"], each["deleted"]) for each in (await widget.chat.read())["messages"]]
    assert stored == [("Where is my order?", False), ("", True)]


async def test_changes_made_elsewhere_are_seen(widget: Widget, page: Page) -> None:
    await widget.visit("anna")
    await widget.say("One")
    await expect(widget.sent).to_be_visible()
    await widget.adopt_session()
    key = (await widget.chat.read())["messages"][0]["client_message_id"]
    at = widget.chat.at(f"messages/{key}")
    await widget.chat.http.put(at, json={"edit": 1, "text": "Uno"}, headers=widget.chat.headers)
    await expect(widget.log.get_by_text("Uno")).to_be_visible()
    await page.reload()
    await widget.open()
    await expect(widget.log.get_by_text("Uno")).to_be_visible()
    await expect(widget.log.get_by_text("edited", exact=True)).to_be_visible()
