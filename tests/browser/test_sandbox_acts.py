"""What people do with each other on the page of the local workspace, in two windows that stay open."""

import base64
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.support.chromium import new_window
from tests.support.sandbox import SandboxProcess

pytestmark = pytest.mark.browser

MAYA, TOM, SUPPORT, RETURNS = "U0MAYA", "U0TOM", "C0SUPPORT", "C0RETURNS"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HAND_OVER = """([kind, target, name, bytes, type]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name, { type }));
    const node = document.querySelector(target);
    const carries = kind === "paste" ? { clipboardData: data } : { dataTransfer: data };
    for (const each of kind === "paste" ? ["paste"] : ["dragover", "drop"]) {
        const made = kind === "paste" ? ClipboardEvent : DragEvent;
        node.dispatchEvent(new made(each, { ...carries, bubbles: true, cancelable: true }));
    }
}"""


@pytest.fixture(scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("acts"))
    process.start()
    yield process
    await process.close()


async def window(browser: Browser, sandbox: SandboxProcess, user: str, problems: list[str]) -> Page:
    clipboard = ["clipboard-read", "clipboard-write"]
    page = await new_window(browser, problems, user, permissions=clipboard)
    await page.goto(f"{sandbox.page_url}?as={user}#/{SUPPORT}")
    await expect(box(page)).to_be_visible()
    return page


@pytest.fixture(scope="module")
async def windows(browser: Browser, sandbox: SandboxProcess) -> AsyncIterator[tuple[Page, Page]]:
    problems: list[str] = []
    pages = [await window(browser, sandbox, user, problems) for user in (MAYA, TOM)]
    yield pages[0], pages[1]
    for page in pages:
        await page.context.close()
    assert problems == []


@pytest.fixture
async def maya(windows: tuple[Page, Page]) -> Page:
    await windows[0].evaluate(f"location.hash = '#/{SUPPORT}'")
    return windows[0]


@pytest.fixture
async def tom(windows: tuple[Page, Page]) -> Page:
    await windows[1].evaluate(f"location.hash = '#/{SUPPORT}'")
    return windows[1]


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message #support")


def row(page: Page, text: str, log: str = "Messages") -> Locator:
    return page.get_by_role("log", name=log).get_by_role("article").filter(has_text=text)


async def test_who_is_here_and_who_is_typing(maya: Page, tom: Page) -> None:
    await expect(maya.get_by_role("link", name="Be Tom Okafor")).to_have_class(re.compile("online"))
    await expect(maya.get_by_role("link", name="Be Ada Brandt")).not_to_have_class(re.compile("online"))
    await box(tom).press_sequentially("I am")
    await expect(maya.get_by_text("Tom Okafor is typing…")).to_be_visible()
    await box(tom).press_sequentially(" here")
    await tom.keyboard.press("Enter")
    await expect(row(maya, "I am here")).to_be_visible()
    await expect(maya.get_by_text("is typing")).to_have_count(0)


async def test_a_reply_is_also_sent_to_the_channel(sandbox: SandboxProcess, maya: Page, tom: Page) -> None:
    await sandbox.act(TOM, "post", channel=SUPPORT, text="Which carrier?")
    await row(maya, "Which carrier?").focus()
    await maya.keyboard.press("Enter")
    await maya.get_by_label("Also send to #support").check()
    await maya.get_by_role("textbox", name="Reply").fill("The yellow one")
    await maya.keyboard.press("Enter")

    seen = row(tom, "The yellow one")
    await expect(seen).to_contain_text("replied to a thread:")
    await seen.get_by_role("button", name="Which carrier?").click()
    await expect(row(tom, "The yellow one", "Thread")).to_contain_text("Also sent to the channel")
    await expect(maya.get_by_label("Also send to #support")).not_to_be_checked()
    for page in (maya, tom):
        await page.get_by_role("button", name="Close thread").click()


async def test_a_message_that_changes_under_a_click_takes_it(
    sandbox: SandboxProcess, maya: Page, tom: Page
) -> None:
    ts = (await sandbox.act(TOM, "post", channel=SUPPORT, text="Which shelf?"))["ts"]
    await sandbox.act(TOM, "post", channel=SUPPORT, thread_ts=ts, text="The upper one?")
    await row(maya, "Which shelf?").get_by_role("button", name="1 reply").hover()
    await maya.mouse.down()
    await sandbox.act(TOM, "edit", channel=SUPPORT, ts=ts, text="Which shelf, please?")
    arrived = "([at, ts]) => import('/static/js/store.js').then((store) => store.findMessage(at, ts).edited)"
    await maya.wait_for_function(arrived, arg=[SUPPORT, ts])
    await maya.evaluate("new Promise(requestAnimationFrame)")
    await maya.mouse.up()

    await expect(row(maya, "The upper one?", "Thread")).to_be_visible()
    await expect(row(maya, "Which shelf, please?", "Messages")).to_be_visible()
    await maya.get_by_role("button", name="Close thread").click()


async def test_threads_one_follows_are_marked_and_gathered(
    sandbox: SandboxProcess, maya: Page, tom: Page
) -> None:
    threads = maya.get_by_role("navigation", name="Channels").get_by_role("link", name=re.compile("^Threads"))
    root = await sandbox.act(TOM, "post", channel=RETURNS, text="A vase came back")
    await sandbox.act(TOM, "post", channel=RETURNS, thread_ts=root["ts"], text="not for Maya")
    await expect(threads).to_have_accessible_name("Threads")
    await sandbox.act(TOM, "post", channel=RETURNS, thread_ts=root["ts"], text=f"<@{MAYA}> please look")
    await expect(threads).to_have_accessible_name("Threads, 1 mention")

    await threads.click()
    card = maya.get_by_role("region", name="Thread in returns")
    await expect(card).to_contain_text("A vase came back")
    await expect(card).to_contain_text("please look")
    await sandbox.act(TOM, "post", channel=RETURNS, thread_ts=root["ts"], text="It is <i>blue</i>")
    await expect(card).to_contain_text("It is <i>blue</i>")
    await card.get_by_role("link", name="Open and reply").click()
    await expect(row(maya, "please look", "Thread")).to_be_visible()
    await expect(threads).to_have_accessible_name("Threads")
    await maya.get_by_role("button", name="Close thread").click()


async def test_files_are_pasted_dropped_shown_and_opened(maya: Page, tom: Page) -> None:
    pixel = base64.b64encode(PIXEL).decode()
    await maya.evaluate(HAND_OVER, ["paste", "#composer textarea", "broken.png", pixel, "image/png"])
    await maya.evaluate(HAND_OVER, ["drop", "#messages", "bill <2>.pdf", "JVBERg==", "application/pdf"])
    await expect(maya.get_by_role("button", name="Remove broken.png")).to_be_visible()
    await box(maya).fill("Two files")
    await maya.keyboard.press("Enter")

    shared = row(tom, "Two files")
    picture = shared.get_by_role("button", name="Open broken.png")
    await expect(picture).to_be_visible()
    assert (
        await picture.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    )
    async with tom.expect_download() as download:
        await shared.get_by_role("link", name="bill <2>.pdf").click()
    assert (await (await download.value).path()).read_bytes() == b"%PDF"
    await picture.click()
    await expect(tom.get_by_role("dialog", name="broken.png")).to_be_visible()
    await tom.keyboard.press("Escape")
    await expect(tom.get_by_role("dialog")).to_have_count(0)


async def test_formatting_with_keys_and_buttons(maya: Page) -> None:
    field = box(maya)
    await field.fill("so important")
    await field.press("Control+a")
    await field.press("Control+b")
    await expect(field).to_have_value("*so important*")
    await field.press("Control+b")
    await expect(field).to_have_value("so important")
    await field.press("Control+a")
    await maya.locator("#composer").get_by_role("button", name="Bulleted list").click()
    await field.press("End")
    await field.press("Shift+Enter")
    await maya.keyboard.type("and this")
    await expect(field).to_have_value("• so important\n• and this")
    await field.fill("```")
    await field.press("Enter")
    await maya.keyboard.type("x = 1")
    await expect(field).to_have_value("```\nx = 1")
    await field.press("Control+Enter")
    await expect(row(maya, "x = 1")).to_be_visible()
    await expect(field).to_have_value("")


async def test_groups_people_channels_and_emoji_are_completed(maya: Page, tom: Page) -> None:
    await box(maya).press_sequentially("Ask @lea")
    await expect(maya.get_by_role("option", name="@leads")).to_contain_text("Team leads")
    await maya.keyboard.press("Enter")
    await maya.keyboard.type("about #ret")
    await maya.keyboard.press("Tab")
    await maya.keyboard.type("and @to")
    await maya.keyboard.press("Enter")
    await maya.keyboard.type(":tad")
    await maya.keyboard.press("Enter")
    await maya.keyboard.press("Enter")
    seen = row(tom, "Ask")
    await expect(seen.locator(".mention")).to_have_text(["@leads", "#returns", "@Tom Okafor"])
    await expect(seen.get_by_role("img", name="tada")).to_be_visible()


async def test_words_are_found_and_shown_in_their_place(sandbox: SandboxProcess, maya: Page) -> None:
    root = await sandbox.act(TOM, "post", channel=RETURNS, text="About the chandelier")
    await sandbox.act(TOM, "post", channel=RETURNS, thread_ts=root["ts"], text="Nineteen crystals are gone")
    await maya.keyboard.press("Control+k")
    await maya.keyboard.type("crystals")
    found = maya.get_by_role("option", name="Nineteen")
    await expect(found).to_contain_text("thread in #returns")
    await maya.keyboard.press("Enter")
    reply = row(maya, "Nineteen", "Thread")
    await expect(reply).to_be_focused()
    await expect(maya.get_by_role("heading", level=1)).to_have_text("returns")
    await maya.keyboard.press("Escape")

    await maya.keyboard.press("Control+k")
    await maya.keyboard.type("quie")
    await expect(maya.get_by_role("option", name="quiet")).to_be_visible()
    await maya.keyboard.press("Enter")
    await expect(maya.get_by_role("heading", level=1)).to_have_text("quiet")


async def test_links_to_a_message_lead_back_to_it(sandbox: SandboxProcess, maya: Page) -> None:
    await sandbox.act(TOM, "post", channel=SUPPORT, text="Mark this one")
    await row(maya, "Mark this one").hover()
    await maya.get_by_role("button", name="More actions").last.click()
    await maya.get_by_role("menuitem", name="Copy link").click()
    link = await maya.evaluate("navigator.clipboard.readText()")
    await maya.evaluate(f"location.hash = '#/{RETURNS}'")
    await expect(maya.get_by_role("heading", level=1)).to_have_text("returns")
    await maya.evaluate("link => { location.href = link; }", link)
    await expect(row(maya, "Mark this one")).to_be_focused()


async def test_keys_move_between_channels_and_open_help(maya: Page) -> None:
    await maya.keyboard.press("Alt+ArrowUp")
    await expect(maya.get_by_role("heading", level=1)).to_have_text("secret")
    await maya.keyboard.press("Alt+ArrowDown")
    await expect(maya.get_by_role("heading", level=1)).to_have_text("support")
    await maya.keyboard.press("Control+/")
    await expect(maya.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await maya.keyboard.press("Escape")
    await expect(maya.get_by_role("dialog")).to_have_count(0)
    await maya.keyboard.press("F6")
    await expect(maya.locator("#sidebar a[aria-current]")).to_be_focused()
    await maya.keyboard.press("F6")
    await expect(box(maya)).to_be_focused()


async def test_colours_people_and_members(maya: Page) -> None:
    def ground() -> str:
        return "getComputedStyle(document.body).backgroundColor"

    for name in ("Dark", "Light"):
        await maya.locator(".side-team").click()
        await maya.get_by_role("menuitemradio", name=name, exact=True).click()
        await expect(maya.locator("html")).to_have_attribute("data-theme", name.lower())
    assert await maya.evaluate(ground()) == "rgb(255, 255, 255)"

    await maya.get_by_role("button", name="members of support").click()
    await maya.get_by_role("menuitem", name="Tom Okafor").click()
    about = maya.get_by_role("dialog", name="About Tom Okafor")
    await expect(about).to_contain_text("Has a window open")
    await expect(about.get_by_role("link", name="Be this person")).to_have_attribute(
        "href", re.compile(f"as={TOM}")
    )
    await maya.keyboard.press("Escape")
    await expect(about).to_have_count(0)


async def test_channels_fold_away_but_not_what_is_unread(sandbox: SandboxProcess, maya: Page) -> None:
    channels = maya.get_by_role("region", name="Channels")
    await channels.get_by_role("button", name="Channels").click()
    await expect(channels.get_by_role("link")).to_have_text(["support"])
    await sandbox.act(TOM, "post", channel="C0QUIET", text="Psst")
    await expect(channels.get_by_role("link")).to_have_text(["quiet", "support"])
    await channels.get_by_role("button", name="Channels").click()
    await expect(channels.get_by_role("link")).to_have_count(4)


async def test_what_one_writes_into_a_message_stays_when_somebody_reacts_to_it(
    sandbox: SandboxProcess, maya: Page
) -> None:
    ts = (await sandbox.act(MAYA, "post", channel=SUPPORT, text="We open at nien"))["ts"]
    await expect(row(maya, "We open at nien")).to_be_visible()
    await maya.get_by_role("textbox", name="Message #support").press("ArrowUp")
    editor = maya.get_by_role("textbox", name="Edit message")
    await editor.fill("We open at nine")
    await sandbox.act(TOM, "react", channel=SUPPORT, ts=ts, name="eyes")
    await sandbox.act(TOM, "post", channel=SUPPORT, text="I have seen it")
    await expect(row(maya, "I have seen it")).to_be_visible()
    await expect(editor).to_have_value("We open at nine")
    await editor.press("Enter")
    await expect(row(maya, "We open at nine")).to_contain_text("(edited)")
    await expect(row(maya, "We open at nine").get_by_role("button", name="1 eyes")).to_be_visible()
