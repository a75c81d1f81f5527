"""The page of the local workspace, used as people use it."""

import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Locator, Page, WebSocketRoute, expect
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.support.chromium import OpenPage, new_window
from tests.support.sandbox import APP_TOKEN, BOT_TOKEN, DEFAULT_WORKSPACE, SandboxProcess, until

pytestmark = pytest.mark.browser

MAYA, TOM, SUPPORT, RETURNS = "U0MAYA", "U0TOM", "C0SUPPORT", "C0RETURNS"
ZONES = {MAYA: "Europe/Berlin", TOM: "America/New_York"}
As = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxProcess]:
    workspace = copy.deepcopy(DEFAULT_WORKSPACE)
    for user in workspace["users"]:
        user["tz"] = ZONES.get(user["id"], "UTC")
    process = SandboxProcess(tmp_path_factory.mktemp("page"), workspace=workspace)
    process.start()
    yield process
    await process.close()


@pytest.fixture
async def sandbox(running: SandboxProcess) -> SandboxProcess:
    await running.reset()
    return running


@pytest.fixture
def bot(sandbox: SandboxProcess) -> AsyncWebClient:
    return AsyncWebClient(token=BOT_TOKEN, base_url=sandbox.api_url)


@pytest.fixture(scope="module")
async def windows(browser: Browser) -> AsyncIterator[tuple[dict[str, Page], list[str]]]:
    """One window for each person, kept from test to test: opening one takes longer than most tests."""
    pages: dict[str, Page] = {}
    yield pages, []
    for page in pages.values():
        await page.context.close()


@pytest.fixture
async def as_(
    sandbox: SandboxProcess,
    browser: Browser,
    open_page: OpenPage,
    windows: tuple[dict[str, Page], list[str]],
) -> AsyncIterator[As]:
    """Opens the page as a person, in a channel; another size of window opens one of its own."""
    pages, problems = windows

    async def kept(user: str) -> Page:
        if user not in pages:
            pages[user] = await new_window(browser, problems, user)
        return pages[user]

    async def open_(user: str, channel: str = SUPPORT, **window: Any) -> Page:
        url = f"{sandbox.page_url}?as={user}#/{channel}"
        if window:
            page = await open_page(url, **window)
        else:
            page = await kept(user)
            await page.goto("about:blank")
            await page.goto(url)
        await expect(composer(page)).to_be_visible()
        return page

    yield open_
    found = list(problems)
    problems.clear()
    assert found == []


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message #")


def message(page: Page, text: str) -> Locator:
    return page.get_by_role("log", name="Messages").get_by_role("article").filter(has_text=text)


def reply(page: Page, text: str) -> Locator:
    return page.get_by_role("log", name="Thread").get_by_role("article").filter(has_text=text)


async def write(page: Page, text: str) -> None:
    await composer(page).fill(text)
    await page.keyboard.press("Enter")


def button(text: str, action_id: str) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": text},
        "value": "CX-7",
    }


CARD: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "CX-7 Where is my parcel?"}},
    {
        "type": "section",
        "fields": [
            {"type": "mrkdwn", "text": "*Customer*\nRosa <img src=x onerror=alert(1)>"},
            {"type": "mrkdwn", "text": f"*Owner*\n<@{MAYA}>"},
        ],
    },
    {"type": "actions", "elements": [button("Take", "case_take"), button("Close", "case_close")]},
]


async def test_what_one_person_writes_another_sees_at_once(as_: As) -> None:
    maya, tom = await as_(MAYA), await as_(TOM)
    await write(maya, "*Parcel* for @Tom Okafor: <b>two</b> lamps & :tada: https://example.com/a_b_c.")

    seen = message(tom, "two")
    await expect(seen).to_contain_text("Maya Lindqvist")
    await expect(seen.locator("strong")).to_have_text("Parcel")
    await expect(seen.locator(".mention-me")).to_have_text("@Tom Okafor")
    await expect(seen).to_contain_text("<b>two</b> lamps & ")
    await expect(seen.get_by_role("img", name="tada")).to_be_visible()
    await expect(seen.locator(".emoji-alone")).to_have_count(0)
    await expect(seen.get_by_role("link")).to_have_attribute("href", "https://example.com/a_b_c")
    await expect(composer(maya)).to_have_value("")
    await expect(message(maya, "two")).to_have_count(1)
    await write(maya, ":tada: :tada:")
    await expect(tom.locator(".emoji-alone").get_by_role("img", name="tada")).to_have_count(2)


async def test_a_thread_opened_and_answered_with_the_keyboard(sandbox: SandboxProcess, as_: As) -> None:
    await sandbox.act(MAYA, "post", channel=SUPPORT, text="Earlier")
    await sandbox.act(MAYA, "post", channel=SUPPORT, text="Who knows the carrier?")
    tom, maya = await as_(TOM), await as_(MAYA)

    await message(tom, "Earlier").focus()
    await tom.keyboard.press("ArrowDown")
    await expect(message(tom, "Who knows")).to_be_focused()
    await tom.keyboard.press("Enter")
    await expect(tom.get_by_role("textbox", name="Reply")).to_be_focused()
    await tom.keyboard.type("I do")
    await tom.keyboard.press("Enter")
    await expect(reply(tom, "I do")).to_be_visible()

    await maya.get_by_role("button", name="1 reply").click()
    await expect(reply(maya, "I do")).to_contain_text("Tom Okafor")
    await expect(message(maya, "I do")).to_have_count(0)

    await tom.keyboard.press("Escape")
    await expect(tom.get_by_role("log", name="Thread")).to_be_hidden()
    await expect(composer(tom)).to_be_focused()


async def test_reactions_count_and_say_who(sandbox: SandboxProcess, as_: As) -> None:
    await sandbox.act(MAYA, "post", channel=SUPPORT, text="Sent it")
    maya, tom = await as_(MAYA), await as_(TOM)

    await message(tom, "Sent it").hover()
    await tom.get_by_role("button", name="Add reaction").click()
    await tom.get_by_role("searchbox", name="Search emoji").fill("outbox")
    await tom.keyboard.press("Enter")

    seen = message(maya, "Sent it").get_by_role("button", name="1 outbox tray. Tom Okafor reacted")
    await seen.click()
    both = message(tom, "Sent it").get_by_role("button", name="2 outbox tray. You and Maya Lindqvist reacted")
    await both.click()
    await expect(
        message(maya, "Sent it").get_by_role("button", name="1 outbox tray. You reacted")
    ).to_be_visible()


async def test_the_last_message_is_edited_and_deleted(as_: As) -> None:
    maya, tom = await as_(MAYA), await as_(TOM)
    await write(maya, "See #returns, Tmo")
    await expect(message(maya, "Tmo")).to_be_visible()

    await maya.keyboard.press("ArrowUp")
    editor = maya.get_by_role("textbox", name="Edit message")
    await expect(editor).to_have_value("See #returns, Tmo")
    await editor.fill("See #returns, Tom")
    await maya.keyboard.press("Enter")
    await expect(message(tom, "See #returns, Tom")).to_contain_text("(edited)")
    await expect(composer(maya)).to_be_focused()

    await message(maya, "Tom").hover()
    await maya.get_by_role("button", name="More actions").click()
    await maya.get_by_role("menuitem", name="Delete message").click()
    await maya.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(message(tom, "See")).to_have_count(0)


async def test_a_card_shows_its_blocks_and_says_when_the_app_is_silent(bot: AsyncWebClient, as_: As) -> None:
    maya = await as_(MAYA)
    await bot.chat_postMessage(channel=SUPPORT, text="CX-7", blocks=CARD)

    card = message(maya, "CX-7")
    await expect(card.get_by_role("heading", name="CX-7 Where is my parcel?")).to_be_visible()
    await expect(card).to_contain_text("APP")
    await expect(card).to_contain_text("Rosa <img src=x onerror=alert(1)>")
    await expect(card.locator("img")).to_have_count(0)
    await expect(card.locator(".mention-me")).to_have_text("@Maya Lindqvist")
    await card.get_by_role("button", name="Take").click()
    await expect(card.get_by_role("alert")).to_contain_text("This app did not respond")


async def test_customers_messages_carry_their_own_name_and_picture(bot: AsyncWebClient, as_: As) -> None:
    root = await bot.chat_postMessage(channel=SUPPORT, text="CX-7", blocks=CARD)
    words = {
        "type": "rich_text_section",
        "elements": [{"type": "text", "text": "Hello <b>you</b>\nand *me*"}],
    }
    block = {"type": "rich_text", "block_id": "m:1:0", "elements": [words]}
    post = {"channel": SUPPORT, "thread_ts": root["ts"], "text": "Hello", "blocks": [block]}
    await bot.chat_postMessage(**post, username="Rosa Delgado", icon_emoji=":speech_balloon:")
    maya = await as_(MAYA)

    await maya.get_by_role("button", name="1 reply").click()
    said = reply(maya, "Hello")
    await expect(said).to_contain_text("Rosa Delgado")
    await expect(said).to_contain_text("Hello <b>you</b>")
    await expect(said).to_contain_text("and *me*")
    await expect(said.locator(".avatar-emoji")).to_contain_text("💬")


async def test_a_private_notice_is_seen_by_one_person(bot: AsyncWebClient, as_: As) -> None:
    maya, tom = await as_(MAYA), await as_(TOM)
    await bot.chat_postEphemeral(channel=SUPPORT, user=MAYA, text="Nobody else sees this")
    await bot.chat_postMessage(channel=SUPPORT, text="Everybody sees this")

    await expect(message(tom, "Everybody")).to_be_visible()
    await expect(message(tom, "Nobody")).to_have_count(0)
    notice = message(maya, "Nobody")
    await expect(notice).to_contain_text("Only visible to you")
    await notice.get_by_role("button", name="Dismiss").click()
    await expect(notice).to_have_count(0)


async def test_commands_are_completed_run_in_channels_and_refused_in_threads(
    sandbox: SandboxProcess, as_: As
) -> None:
    await sandbox.act(MAYA, "post", channel=SUPPORT, text="A case")
    maya = await as_(MAYA)

    await composer(maya).fill("/")
    await expect(maya.get_by_role("option", name="/cx")).to_contain_text("Cases")
    await maya.keyboard.press("Enter")
    await expect(composer(maya)).to_have_value("/cx ")
    await maya.keyboard.type("status")
    await maya.keyboard.press("Enter")
    await expect(
        maya.get_by_role("alert").filter(has_text="/cx failed: This app did not respond")
    ).to_be_visible()
    await write(maya, "/nothing")
    await expect(maya.get_by_role("alert").filter(has_text="/nothing is not a valid command")).to_be_visible()

    await message(maya, "A case").focus()
    await maya.keyboard.press("Enter")
    await maya.get_by_role("textbox", name="Reply").fill("/cx status")
    await maya.keyboard.press("Enter")
    await expect(maya.get_by_role("alert").filter(has_text="/cx is not supported in threads")).to_be_visible()


async def test_unread_messages_and_mentions_are_marked(sandbox: SandboxProcess, as_: As) -> None:
    maya = await as_(MAYA)
    returns = maya.get_by_role("navigation", name="Channels").get_by_role("link", name="returns")
    await expect(returns).to_have_accessible_name("returns")
    await sandbox.act(TOM, "post", channel=RETURNS, text="Something new")
    await expect(returns).to_have_accessible_name("returns, unread")
    await sandbox.act(TOM, "post", channel=RETURNS, text=f"<@{MAYA}> have a look")
    await expect(returns).to_have_accessible_name("returns, 1 mention")

    await returns.click()
    await expect(message(maya, "have a look")).to_be_visible()
    await expect(maya.get_by_role("separator", name="New messages")).to_be_visible()
    await expect(returns).to_have_accessible_name("returns")


async def test_times_are_in_the_readers_zone(sandbox: SandboxProcess, as_: As) -> None:
    ts = (await sandbox.act(MAYA, "post", channel=SUPPORT, text="What time is it?"))["ts"]
    at = datetime.fromtimestamp(float(ts), UTC)
    for user in (MAYA, TOM):
        local = at.astimezone(ZoneInfo(ZONES[user]))
        page = await as_(user)
        clock = f"{local.hour % 12 or 12}:{local:%M} {local:%p}"
        await expect(message(page, "What time").locator("time")).to_have_text(clock)


async def test_older_messages_load_when_one_scrolls_up(sandbox: SandboxProcess, as_: As) -> None:
    for number in range(70):
        await sandbox.act(TOM, "post", channel=SUPPORT, text=f"Message {number:02}")
    maya = await as_(MAYA)
    await expect(message(maya, "Message 69")).to_be_in_viewport()
    await expect(message(maya, "Message 00")).to_have_count(0)

    await message(maya, "Message 20").scroll_into_view_if_needed()
    await expect(message(maya, "Message 00")).to_have_count(1)
    await expect(message(maya, "Message 20")).to_be_in_viewport()
    await expect(maya.get_by_role("log").get_by_role("article")).to_have_count(70)


async def test_a_narrow_screen_shows_one_thing_at_a_time(sandbox: SandboxProcess, as_: As) -> None:
    root = await sandbox.act(TOM, "post", channel=SUPPORT, text="A " + "very " * 60 + "long message")
    await sandbox.act(TOM, "post", channel=SUPPORT, thread_ts=root["ts"], text="And a reply")
    maya = await as_(MAYA, width=360, height=640, touch=True)
    assert await maya.evaluate("document.documentElement.scrollWidth") == 360

    places = maya.get_by_role("navigation", name="Channels")
    await expect(places).to_be_hidden()
    await maya.get_by_role("button", name="Open channels").tap()
    await places.get_by_role("link", name="returns").tap()
    await expect(places).to_be_hidden()
    await expect(maya.get_by_role("heading", level=1)).to_have_text("returns")

    await maya.go_back()
    await maya.get_by_role("button", name="1 reply").tap()
    await expect(reply(maya, "And a reply")).to_be_in_viewport()
    await maya.get_by_role("button", name="Close thread").tap()
    await expect(message(maya, "long message")).to_be_in_viewport()


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


FORM = {
    "type": "modal",
    "callback_id": "close_form",
    "title": plain("Close CX-7"),
    "submit": plain("Close case"),
    "blocks": [
        {
            "type": "input",
            "block_id": "text",
            "label": plain("Closing text"),
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        },
        {
            "type": "input",
            "block_id": "reason",
            "optional": True,
            "label": plain("Reason"),
            "element": {
                "type": "static_select",
                "action_id": "reason",
                "options": [
                    {"text": plain("Solved"), "value": "solved"},
                    {"text": plain("Spam"), "value": "spam"},
                ],
            },
        },
    ],
}


@asynccontextmanager
async def closing_app(sandbox: SandboxProcess, bot: AsyncWebClient) -> AsyncIterator[list[tuple[str, str]]]:
    """A connected app whose Close button opens a form; yields what was submitted."""
    app = AsyncApp(name="test", client=bot)
    submitted: list[tuple[str, str]] = []

    @app.action("case_close")
    async def open_form(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await bot.views_open(trigger_id=body["trigger_id"], view=FORM)

    @app.view("close_form")
    async def take_form(ack: AsyncAck, view: dict[str, Any]) -> None:
        values = view["state"]["values"]
        text = values["text"]["text"]["value"]
        if len(text) < 10:
            await ack(response_action="errors", errors={"text": "Say what was done."})
            return
        submitted.append((text, values["reason"]["reason"]["selected_option"]["value"]))
        await ack()

    handler = AsyncSocketModeHandler(app, APP_TOKEN)
    await handler.connect_async()  # type: ignore[no-untyped-call]

    async def online() -> bool:
        return bool((await sandbox.state())["connections"])

    await until(online)
    yield submitted
    await handler.close_async()  # type: ignore[no-untyped-call]


async def test_a_form_shows_errors_and_closes(sandbox: SandboxProcess, bot: AsyncWebClient, as_: As) -> None:
    async with closing_app(sandbox, bot) as submitted:
        await bot.chat_postMessage(channel=SUPPORT, text="CX-7", blocks=CARD)
        maya = await as_(MAYA)
        await message(maya, "CX-7").get_by_role("button", name="Close").click()
        form = maya.get_by_role("dialog", name="Close CX-7")
        text = form.get_by_role("textbox", name="Closing text")
        await expect(text).to_be_focused()
        await form.get_by_role("button", name="Close case").click()
        await expect(form.get_by_role("alert").filter(has_text="Please fill in this field")).to_be_visible()
        await text.fill("Bye")
        await form.get_by_role("button", name="Close case").click()
        await expect(form.get_by_role("alert").filter(has_text="Say what was done")).to_be_visible()
        await expect(text).to_be_focused()
        await form.get_by_role("button", name="Reason").click()
        await maya.get_by_role("option", name="Solved").click()
        await text.fill("Your parcel has arrived.")
        await form.get_by_role("button", name="Close case").click()
        await expect(form).to_have_count(0)
        assert submitted == [("Your parcel has arrived.", "solved")]

        await message(maya, "CX-7").get_by_role("button", name="Close").click()
        await expect(text).to_have_value("")
        await maya.keyboard.press("Escape")
        await expect(form).to_have_count(0)
        assert (await sandbox.person(MAYA))["views"] == []


async def test_a_permalink_opens_the_thread_in_the_page(
    sandbox: SandboxProcess, bot: AsyncWebClient, as_: As
) -> None:
    root = await sandbox.act(TOM, "post", channel=RETURNS, text="Where do returns go?")
    await sandbox.act(TOM, "post", channel=RETURNS, thread_ts=root["ts"], text="To the back door")
    link = (await bot.chat_getPermalink(channel=RETURNS, message_ts=root["ts"]))["permalink"]
    await bot.chat_postMessage(channel=SUPPORT, text=f"See <{link}|the question> <javascript:alert(1)|here>")
    maya = await as_(MAYA)

    await expect(message(maya, "See").get_by_role("link")).to_have_count(1)
    await message(maya, "See").get_by_role("link", name="the question").click()
    await expect(reply(maya, "To the back door")).to_be_visible()
    await expect(message(maya, "Where do returns go?")).to_be_visible()

    await maya.goto(link)
    await expect(reply(maya, "To the back door")).to_be_visible()


async def test_a_file_is_attached_and_can_be_fetched(as_: As, tmp_path: Path) -> None:
    photo = tmp_path / "broken <lamp>.txt"
    photo.write_text("a lamp in pieces")
    maya, tom = await as_(MAYA), await as_(TOM)
    async with maya.expect_file_chooser() as chooser:
        await maya.get_by_role("button", name="Attach a file").click()
        await maya.get_by_role("menuitem", name="Attach files").click()
    await (await chooser.value).set_files(photo)
    await write(maya, "Look at this")

    share = message(tom, "Look at this").get_by_role("link", name="broken <lamp>.txt")
    async with tom.expect_download() as download:
        await share.click()
    assert (await (await download.value).path()).read_text() == "a lamp in pieces"


async def test_the_page_takes_up_a_broken_connection(sandbox: SandboxProcess, page: Page) -> None:
    sockets: list[WebSocketRoute] = []

    def carry(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    await page.route_web_socket("**/client/stream*", carry)
    await page.goto(f"{sandbox.page_url}?as={MAYA}#/{SUPPORT}")
    await until(lambda: sockets)
    await expect(composer(page)).to_be_visible()

    await sockets[0].close()
    await expect(page.get_by_text("Reconnecting")).to_be_visible()
    await sandbox.act(TOM, "post", channel=SUPPORT, text="While you were away")
    await expect(message(page, "While you were away")).to_be_visible()
    await expect(page.get_by_text("Reconnecting")).to_be_hidden()
    await sandbox.act(TOM, "post", channel=SUPPORT, text="And since")
    await expect(message(page, "And since")).to_be_visible()
