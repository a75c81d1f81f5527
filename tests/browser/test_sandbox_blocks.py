"""What an app shows on the page of the local workspace, and what it hears of clicks, choices and forms.

One workspace, one app and one window for all tests here: each uses messages of its own.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.support.chromium import new_window
from tests.support.sandbox import APP_TOKEN, BOT_TOKEN, SandboxProcess, until

pytestmark = pytest.mark.browser

MAYA, TOM, SUPPORT = "U0MAYA", "U0TOM", "C0SUPPORT"
BERLIN = ZoneInfo("Europe/Berlin")
Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def words(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def options(*names: str) -> list[Json]:
    return [{"text": plain(name), "value": name.lower()} for name in names]


def button(text: str, action_id: str, **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, "value": "CX-7", **more}


def entry(block_id: str, kind: str, label: str, **more: Any) -> Json:
    element = {"type": kind, "action_id": "value", **more}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element}


FORM: Json = {
    "type": "modal",
    "callback_id": "close",
    "title": plain("Close CX-7"),
    "submit": plain("Close case"),
    "blocks": [
        entry("text", "plain_text_input", "Closing text", multiline=True, max_length=100),
        entry("reason", "static_select", "Reason", options=options("Solved", "Spam")),
        entry("who", "multi_users_select", "Tell also"),
        entry("case", "external_select", "Linked case", min_query_length=1),
        entry("how", "radio_buttons", "Channel", options=options("Mail", "Chat")),
        entry("also", "checkboxes", "Also", options=options("Rating", "Receipt")),
        entry("day", "datepicker", "Day"),
        entry("at", "datetimepicker", "Remind me"),
        entry("scan", "file_input", "Scan of it", max_files=2),
        entry("note", "rich_text_input", "Note"),
        entry("sum", "number_input", "Refund", is_decimal_allowed=True, min_value="0", max_value="50"),
        {"type": "actions", "elements": [button("Preview", "push")]},
    ],
}
BELOW: Json = {"type": "modal", "title": plain("Preview"), "blocks": [{"type": "divider"}]}
DONE: Json = {
    "type": "modal",
    "title": plain("Done"),
    "blocks": [{"type": "section", "text": words("*Told*")}],
}


@dataclass
class Heard:
    """What the app was told, oldest first; `after` runs for an action before the next one is awaited."""

    actions: list[Json] = field(default_factory=list)
    forms: list[Json] = field(default_factory=list)
    shortcuts: list[Json] = field(default_factory=list)

    async def action(self, action_id: str) -> Json:
        """The newest action of this name, once it has come."""
        found = await until(lambda: [each for each in self.actions if each["action_id"] == action_id])
        self.actions = [each for each in self.actions if each["action_id"] != action_id]
        action: Json = found[-1]
        return action


@pytest.fixture(scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("blocks"))
    process.start()
    yield process
    await process.close()


@pytest.fixture(scope="module")
def bot(sandbox: SandboxProcess) -> AsyncWebClient:
    return AsyncWebClient(token=BOT_TOKEN, base_url=sandbox.api_url)


@pytest.fixture(scope="module")
async def heard(sandbox: SandboxProcess, bot: AsyncWebClient) -> AsyncIterator[Heard]:
    """A connected app with a form, options and shortcuts."""
    app = AsyncApp(name="test", client=bot)
    heard = Heard()

    @app.action("push")
    async def push(ack: AsyncAck, body: Json) -> None:
        await ack()
        await bot.views_push(trigger_id=body["trigger_id"], view=BELOW)

    @app.action("form")
    async def open_form(ack: AsyncAck, body: Json) -> None:
        await ack()
        await bot.views_open(trigger_id=body["trigger_id"], view=FORM)

    @app.action(re.compile(".*"))
    async def note(ack: AsyncAck, body: Json, action: Json) -> None:
        await ack()
        heard.actions.append({**action, "container": body["container"]})

    @app.options("value")
    async def offer_in_form(ack: AsyncAck, payload: Json) -> None:
        await ack(options=options(f"CX-{payload['value']}", f"CX-{payload['value']}2"))

    @app.options("find")
    async def offer(ack: AsyncAck) -> None:
        await ack(options=options("Lamp", "Vase"))

    @app.view("close")
    async def take(ack: AsyncAck, view: Json) -> None:
        heard.forms.append(view["state"]["values"])
        if len(heard.forms) == 1:
            await ack(response_action="errors", errors={"reason": "Spam is never told."})
        else:
            await ack(response_action="update", view=DONE)

    @app.shortcut(re.compile(".*"))
    async def shortcut(ack: AsyncAck, shortcut: Json) -> None:
        await ack()
        heard.shortcuts.append(shortcut)

    for kind in ("message", "app_home_opened", "agent_session_stopped"):

        @app.event(kind)
        async def take_note(ack: AsyncAck) -> None:
            await ack()

    handler = AsyncSocketModeHandler(app, APP_TOKEN)
    await handler.connect_async()  # type: ignore[no-untyped-call]

    async def online() -> bool:
        return bool((await sandbox.state())["connections"])

    await until(online)
    yield heard
    await handler.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
async def page(browser: Browser, sandbox: SandboxProcess, heard: Heard) -> AsyncIterator[Page]:
    """Maya's window, in #support; it must end without an error."""
    problems: list[str] = []
    page = await new_window(browser, problems, MAYA, height=900, timezone_id="Asia/Tokyo")
    await page.goto(f"{sandbox.page_url}?as={MAYA}#/{SUPPORT}")
    await expect(page.get_by_role("textbox", name="Message #support")).to_be_visible()
    yield page
    await page.context.close()
    assert problems == []


@pytest.fixture(autouse=True)
async def in_support(page: Page) -> None:
    await page.evaluate(f"location.hash = '#/{SUPPORT}'")


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("log", name="Messages").get_by_role("article").filter(has_text=text)


Use = Callable[[Page, Locator], Awaitable[None]]


def choose(*names: str) -> Use:
    async def use(page: Page, message: Locator) -> None:
        await message.locator(".select").click()
        for name in names:
            await page.get_by_role("option", name=name).click()
        if len(names) > 1:
            await page.keyboard.press("Escape")

    return use


def fill(kind: str, value: str) -> Use:
    async def use(page: Page, message: Locator) -> None:
        await message.locator(f"input[type={kind}]").fill(value)

    return use


def check(name: str) -> Use:
    async def use(page: Page, message: Locator) -> None:
        await message.get_by_label(name).check()

    return use


async def open_overflow(page: Page, message: Locator) -> None:
    await message.get_by_role("button", name="More actions").first.click()
    await page.get_by_role("menuitem", name="Merge").click()


async def search_and_choose(page: Page, message: Locator) -> None:
    """With the keyboard alone."""
    await message.locator(".select").press("Enter")
    await expect(page.get_by_role("option", name="Vase")).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")


ELEMENTS: list[tuple[Json, Use, str, Any]] = [
    (
        {"type": "static_select", "options": options("Solved", "Spam")},
        choose("Spam"),
        "selected_option",
        "spam",
    ),
    (
        {"type": "multi_static_select", "options": options("One", "Two", "Three")},
        choose("Two", "Three"),
        "selected_options",
        ["two", "three"],
    ),
    ({"type": "users_select"}, choose("Tom Okafor"), "selected_user", TOM),
    ({"type": "channels_select"}, choose("#returns"), "selected_channel", "C0RETURNS"),
    ({"type": "conversations_select"}, choose("#returns"), "selected_conversation", "C0RETURNS"),
    ({"type": "external_select", "min_query_length": 0}, search_and_choose, "selected_option", "vase"),
    ({"type": "datepicker"}, fill("date", "2026-11-24"), "selected_date", "2026-11-24"),
    ({"type": "timepicker"}, fill("time", "14:05"), "selected_time", "14:05"),
    (
        {"type": "datetimepicker"},
        fill("datetime-local", "2026-11-24T10:00"),
        "selected_date_time",
        int(datetime(2026, 11, 24, 10, tzinfo=BERLIN).timestamp()),
    ),
    ({"type": "checkboxes", "options": options("Rating")}, check("Rating"), "selected_options", ["rating"]),
    ({"type": "radio_buttons", "options": options("Mail", "Chat")}, check("Chat"), "selected_option", "chat"),
    ({"type": "overflow", "options": options("Link", "Merge")}, open_overflow, "selected_option", "merge"),
]


@pytest.mark.parametrize(("element", "use", "key", "value"), ELEMENTS, ids=[e[0]["type"] for e in ELEMENTS])
async def test_each_control_tells_the_app(
    page: Page, bot: AsyncWebClient, heard: Heard, element: Json, use: Use, key: str, value: Any
) -> None:
    name = f"a {element['type']} here"
    action_id = "find" if element["type"] == "external_select" else f"use-{element['type']}"
    section = {"type": "section", "text": words(name)}
    actions = {"type": "actions", "elements": [{**element, "action_id": action_id}]}
    posted = await bot.chat_postMessage(channel=SUPPORT, text=name, blocks=[section, actions])
    await use(page, row(page, name))

    async def told() -> Any:
        chosen = (await heard.action(action_id)).get(key)
        if isinstance(chosen, dict):
            return chosen["value"]
        if chosen and isinstance(chosen, list):
            return [each["value"] for each in chosen]
        return chosen

    got = await told()
    if isinstance(value, list) and got != value:
        got = await told()
    assert got == value
    await bot.chat_delete(channel=SUPPORT, ts=posted["ts"])


async def test_a_button_asks_first_when_it_should(page: Page, bot: AsyncWebClient, heard: Heard) -> None:
    confirm = {
        "title": plain("Close it?"),
        "text": words("Rosa is told *now*."),
        "confirm": plain("Yes, close"),
        "deny": plain("Not yet"),
        "style": "danger",
    }
    elements = [button("Close", "sure", style="danger", confirm=confirm), button("Take", "take")]
    await bot.chat_postMessage(
        channel=SUPPORT, text="Sure?", blocks=[{"type": "actions", "elements": elements}]
    )
    last = page.get_by_role("log", name="Messages").get_by_role("article").last
    await last.get_by_role("button", name="Close", exact=True).click()
    await page.get_by_role("dialog", name="Close it?").get_by_role("button", name="Not yet").click()
    await last.get_by_role("button", name="Take").click()
    await heard.action("take")
    assert [each for each in heard.actions if each["action_id"] == "sure"] == []

    await last.get_by_role("button", name="Close", exact=True).click()
    await page.get_by_role("button", name="Yes, close").click()
    assert (await heard.action("sure"))["value"] == "CX-7"


async def test_a_form_of_every_input_with_errors_a_second_page_and_an_update(
    page: Page, sandbox: SandboxProcess, bot: AsyncWebClient, heard: Heard
) -> None:
    await bot.chat_postMessage(
        channel=SUPPORT, text="Form", blocks=[{"type": "actions", "elements": [button("Open form", "form")]}]
    )
    await page.get_by_role("button", name="Open form").click()
    form = page.get_by_role("dialog", name="Close CX-7")
    await expect(form.get_by_role("textbox", name="Closing text")).to_be_focused()
    await form.get_by_role("button", name="Close case").click()
    await expect(form.get_by_role("alert").filter(has_text="Please fill in this field")).to_have_count(11)

    await form.get_by_role("textbox", name="Closing text").fill("It has <b>arrived</b>.")
    await form.get_by_role("button", name="Reason").click()
    await page.get_by_role("option", name="Spam").click()
    await form.get_by_role("button", name="Tell also").click()
    await page.get_by_role("option", name="Tom Okafor").click()
    await page.get_by_role("option", name="Ada Brandt").click()
    await page.keyboard.press("Escape")
    await form.get_by_role("button", name="Linked case").click()
    await page.get_by_role("searchbox").fill("104")
    await page.get_by_role("option", name="CX-1042").click()
    await form.get_by_label("Chat").check()
    await form.get_by_label("Receipt").check()
    await form.get_by_label("Day").fill("2026-11-24")
    await form.get_by_label("Remind me").fill("2026-11-24T10:00")
    await form.get_by_label("Scan of it").set_input_files(
        {"name": "scan <1>.txt", "mimeType": "text/plain", "buffer": b"paid"}
    )
    await expect(form.get_by_text("scan <1>.txt")).to_be_visible()
    await form.get_by_role("textbox", name="Note").fill("see scan")
    await form.get_by_label("Refund").fill("60")

    await form.get_by_role("button", name="Preview").click()
    below = page.get_by_role("dialog", name="Preview")
    await below.get_by_role("button", name="Back").click()
    await form.get_by_role("button", name="Close case").click()
    await expect(form.get_by_role("alert").filter(has_text="Please enter 50 or less")).to_be_visible()
    await form.get_by_label("Refund").fill("12.5")
    await form.get_by_role("button", name="Close case").click()
    await expect(form.get_by_role("alert").filter(has_text="Spam is never told")).to_be_visible()
    await expect(form.get_by_role("button", name="Reason")).to_be_focused()
    await form.get_by_role("button", name="Reason").click()
    await page.get_by_role("option", name="Solved").click()
    await form.get_by_role("button", name="Close case").click()

    done = page.get_by_role("dialog", name="Done")
    await expect(done.locator("strong")).to_have_text("Told")
    await page.keyboard.press("Escape")
    await expect(done).to_have_count(0)
    got = {block_id: each["value"] for block_id, each in heard.forms[-1].items()}
    at = int(datetime(2026, 11, 24, 10, tzinfo=BERLIN).timestamp())
    assert got["text"]["value"] == "It has <b>arrived</b>."
    assert got["reason"]["selected_option"]["value"] == "solved"
    assert got["who"]["selected_users"] == [TOM, "U0ADA"]
    assert got["case"]["selected_option"]["text"]["text"] == "CX-1042"
    assert got["how"]["selected_option"]["value"] == "chat"
    assert [each["value"] for each in got["also"]["selected_options"]] == ["receipt"]
    assert (got["day"]["selected_date"], got["at"]["selected_date_time"]) == ("2026-11-24", at)
    assert got["sum"]["value"] == "12.5"
    assert got["note"]["rich_text_value"]["elements"][0]["elements"] == [{"type": "text", "text": "see scan"}]
    (scan,) = got["scan"]["files"]
    async with sandbox.session.get(
        scan["url_private"], headers={"Authorization": f"Bearer {BOT_TOKEN}"}
    ) as response:
        assert (scan["name"], await response.read()) == ("scan <1>.txt", b"paid")


async def test_shortcuts_of_a_message_and_of_the_workspace(
    page: Page, sandbox: SandboxProcess, heard: Heard
) -> None:
    posted = await sandbox.act(TOM, "post", channel=SUPPORT, text="Take this further")
    await row(page, "Take this further").hover()
    await page.get_by_role("button", name="More actions").last.click()
    await page.get_by_role("menuitem", name="Send to customer").click()
    await until(lambda: len(heard.shortcuts) == 1)
    assert (heard.shortcuts[0]["callback_id"], heard.shortcuts[0]["message"]["ts"]) == (
        "send_to_customer",
        posted["ts"],
    )

    box = page.get_by_role("textbox", name="Message #support")
    await box.fill("/new")
    await page.get_by_role("option", name="New case").click()
    await until(lambda: len(heard.shortcuts) == 2)
    assert heard.shortcuts[1]["callback_id"] == "new_case"
    await expect(box).to_have_value("")


async def test_the_home_is_shown_used_and_changed(page: Page, bot: AsyncWebClient, heard: Heard) -> None:
    def home(text: str) -> Json:
        section = {"type": "section", "text": words(text), "accessory": button("Open", "open-case")}
        return {"type": "home", "blocks": [{"type": "header", "text": plain("My cases")}, section]}

    await bot.views_publish(user_id=MAYA, view=home("*CX-7* waits"))
    await page.get_by_role("navigation", name="Channels").get_by_role("link", name="CX Copilot").click()
    body = page.get_by_role("region", name="Home")
    await expect(body.get_by_role("heading", name="My cases")).to_be_visible()
    opener = body.get_by_role("button", name="Open")
    await opener.click()
    assert (await heard.action("open-case"))["container"]["type"] == "view"
    await opener.focus()
    await bot.views_publish(user_id=MAYA, view=home("*CX-7* is late"))
    await expect(body.get_by_text("is late")).to_be_visible()
    await expect(opener).to_be_focused()
    await expect(page.get_by_role("heading", level=1)).to_have_text("CX Copilot")


async def test_the_pane_of_an_agent(page: Page, sandbox: SandboxProcess, bot: AsyncWebClient) -> None:
    pane = (await sandbox.act(MAYA, "open_dm"))["channel"]
    prompts = [{"title": "Open cases", "message": "Which of my cases are open?"}]
    await bot.assistant_threads_setSuggestedPrompts(channel_id=pane, title="Ask me", prompts=prompts)
    await page.evaluate("location.hash = '#/app/messages'")
    await page.get_by_role("group", name="Ask me").get_by_role("button", name="Open cases").click()
    thread = page.get_by_role("log", name="Thread")
    await expect(thread).to_contain_text("Which of my cases are open?")
    ts = (await sandbox.messages(pane))[-1]["ts"]

    where = {"channel_id": pane, "thread_ts": ts}
    await bot.agents_sessions_setStatus(**where, status="processing", title="My open cases")
    await bot.assistant_threads_setStatus(**where, status="is thinking…")
    await expect(page.get_by_text("CX Copilot is thinking…")).to_be_visible()
    await expect(page.get_by_role("heading", name="My open cases")).to_be_visible()

    started = await bot.chat_startStream(channel=pane, thread_ts=ts, markdown_text="Two **cases**")
    answer = thread.get_by_role("article").last
    await expect(answer.locator("strong")).to_have_text("cases")
    await expect(answer).to_have_class(re.compile("streaming"))
    task = {"type": "task_update", "id": "1", "title": "Read the cases", "status": "in_progress"}
    await bot.chat_appendStream(channel=pane, ts=started["ts"], chunks=[task])
    await expect(answer.get_by_role("img", name="In progress")).to_be_visible()
    await expect(page.get_by_text("CX Copilot is thinking…")).to_have_count(0)

    await page.get_by_role("button", name="Stop").click()
    await bot.agents_sessions_setStatus(**where, status="active")
    await expect(page.get_by_role("button", name="Stop")).to_have_count(0)


HOSTILE = "<img src=x onerror=hacked()>"
RICH: Json = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": f"rich {HOSTILE}"}]}],
}
TASK: Json = {
    "type": "task_card",
    "task_id": "1",
    "title": f"Task {HOSTILE}",
    "status": "error",
    "details": RICH,
}
SHOWN: list[tuple[Json, str, str]] = [
    ({"type": "header", "text": plain(f"Head {HOSTILE}")}, "h3", "Head"),
    (
        {"type": "markdown", "text": f"# Big\n- [x] {HOSTILE} **done**\n\n|A|B|\n|-|-:|\n|1|2|"},
        "strong",
        "done",
    ),
    ({"type": "markdown", "text": f"|A|B|\n|-|-:|\n|{HOSTILE}|2|"}, "td[data-align=right]", "2"),
    ({"type": "markdown", "text": "1. one\n   - two"}, "ol ul li", "two"),
    (RICH, ".rt-section", "rich"),
    (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "Order"}], [RICH]]},
        "td .rich-text",
        "rich",
    ),
    (
        {
            "type": "data_table",
            "caption": f"Orders {HOSTILE}",
            "rows": [[{"type": "raw_text", "text": "Order"}], [{"type": "raw_text", "text": HOSTILE}]],
        },
        "caption",
        "Orders",
    ),
    (TASK, ".task-error .task-more", "rich"),
    (
        {"type": "plan", "title": f"Plan {HOSTILE}", "tasks": [{**TASK, "status": "complete"}]},
        ".plan",
        "1 of 1 done",
    ),
    (
        {"type": "card", "title": words(f"*Card* {HOSTILE}"), "actions": [button("Go", "go")]},
        ".card button",
        "Go",
    ),
    (
        {"type": "alert", "text": words(f"*Late* {HOSTILE}"), "level": "warning"},
        ".alert-warning strong",
        "Late",
    ),
    (
        {
            "type": "video",
            "title": plain(f"Film {HOSTILE}"),
            "alt_text": HOSTILE,
            "video_url": "javascript:hacked()",
            "thumbnail_url": "https://elsewhere.example/x.png",
        },
        ".video-title",
        "Film",
    ),
    (
        {"type": "image", "image_url": "https://elsewhere.example/x.png", "alt_text": HOSTILE},
        ".picture-away",
        "img",
    ),
    (
        {
            "type": "context_actions",
            "elements": [
                {
                    "type": "feedback_buttons",
                    "action_id": "vote",
                    "positive_button": {"text": plain("Good"), "value": "up"},
                    "negative_button": {"text": plain("Bad"), "value": "down"},
                }
            ],
        },
        "button[title=Good] svg",
        "",
    ),
    (
        {
            "type": "container",
            "title": plain(f"Box {HOSTILE}"),
            "child_blocks": [{"type": "section", "text": words("inside")}],
        },
        ".container .section-text",
        "inside",
    ),
    ({"type": HOSTILE}, ".unknown-block", "does not show"),
    (
        {"type": "section", "text": words("<!date^1795510800^{date_num} {time}|then>")},
        "time",
        "2026-11-24 10:00 AM",
    ),
    ({"type": "section", "text": words(f"<!subteam^S0LEADS> <@{MAYA}>")}, ".mention-me", "@Maya Lindqvist"),
    (
        {"type": "section", "text": words("<javascript:hacked()|*here*> <!subteam^S0LEADS>")},
        ".mention",
        "@leads",
    ),
]


@pytest.mark.parametrize(
    ("block", "selector", "text"),
    SHOWN,
    ids=[f"{each[0]['type'][:20]}-{number}" for number, each in enumerate(SHOWN)],
)
async def test_each_block_is_shown_and_cannot_break_out(
    page: Page, block: Json, selector: str, text: str
) -> None:
    """Drawn by the page's own code from JSON, so that no validation stands before it."""
    found = await page.evaluate(
        """async ([block, selector]) => {
            const { renderBlocks } = await import("/static/js/blocks.js");
            const root = document.createElement("div");
            document.body.append(root);
            const where = { channel: "C", ts: "1" };
            root.append(...renderBlocks([{ block_id: "b", ...block }], { where, root }));
            const shown = {
                text: root.querySelector(selector)?.textContent ?? null,
                pictures: root.querySelectorAll("img").length,
                scripts: [...root.querySelectorAll("a")].filter((a) => /^javascript/i.test(a.href)).length,
            };
            root.remove();
            return shown;
        }""",
        [block, selector],
    )
    assert found["text"] is not None
    assert text in found["text"]
    assert (found["pictures"], found["scripts"]) == (0, 0)
