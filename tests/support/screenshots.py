"""The pictures of README.md and docs: ``make screenshots`` plays the shop of ``cx demo`` and takes them anew.

Where Debian's pngquant is installed, it makes the files small.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Literal
from urllib.parse import urlencode

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from tests.support.chromium import ARGUMENTS, NAMES, PATIENCE_MS
from tests.support.demo import DemoProcess
from tests.support.sandbox import ROOT
from tests.support.windows import Chat, Desk

FOLDER = ROOT / "docs" / "screenshots"
SCALE = 2
"""Pixels of a picture for one of the page: crisp on every screen."""
COLOURS = dict.fromkeys(("chat", "mailbox", "text-messages", "articles"), 256)
"""Of 64 nobody misses one, but where there are soft shadows."""
RECEIPT_MS = 60_000
"""A receipt may wait 20 seconds for what the case is about."""
SUPPORT, RETURNS = "C0SUPPORT", "C0RETURNS"
TOMAS, ELIF = "U0TOMAS", "U0ELIF"
GIFT = "Hi! Could you put a gift note"
BOWL = "Hello, my sea green serving bowl"
LAMP = "Dzień dobry, moja lampa"


class Studio:
    """Opens windows on the demo, and takes pictures of them."""

    def __init__(self, browser: Browser, demo: DemoProcess) -> None:
        self._browser = browser
        self._addresses = demo.state()["addresses"]
        self.problems: list[str] = []
        self.taken: list[str] = []

    async def take(self, page: Page, name: str) -> None:
        """The window as it is now, without traces of the pointer and without alerts about other threads."""
        await page.mouse.move(0, 0)
        await page.evaluate("document.activeElement.closest('dialog') || document.activeElement.blur()")
        await expect(page.locator("#alerts .alert")).to_have_count(0)
        await page.wait_for_timeout(400)  # What fades has faded.
        await page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", caret="hide")
        self.taken.append(name)

    @asynccontextmanager
    async def page(
        self, url: str, width: int, height: int, *, dark: bool = False, zone: str = "Europe/Lisbon"
    ) -> AsyncIterator[Page]:
        """A window of its own, as another computer would open it."""
        theme: Literal["dark", "light"] = "dark" if dark else "light"
        context = await self._browser.new_context(
            viewport=ViewportSize(width=width, height=height),
            device_scale_factor=SCALE,
            color_scheme=theme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id=zone,
        )
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"{url}: {error}"))
        page.on("console", lambda line: self.problems.append(line.text) if line.type == "error" else None)
        await page.goto(url)
        try:
            yield page
        finally:
            await context.close()

    @asynccontextmanager
    async def desk(
        self, who: str, place: str, width: int = 1280, height: int = 800, *, dark: bool = False
    ) -> AsyncIterator[Desk]:
        """Slack as one of the team sees it."""
        url = f"{self._addresses['slack']}?as={who}#/{place}"
        async with self.page(url, width, height, dark=dark) as page:
            yield Desk(page)

    @asynccontextmanager
    async def shop(self, customer: str, width: int = 1120, height: int = 760) -> AsyncIterator[Page]:
        """The shop as a customer sees it, or with none as somebody unknown."""
        who = f"?{urlencode({'as': customer})}" if customer else ""
        async with self.page(f"{self._addresses['shop']}{who}", width, height) as page:
            yield page

    @asynccontextmanager
    async def chat(self, customer: str, width: int = 1200, height: int = 820) -> AsyncIterator[Chat]:
        """The same, with the chat open."""
        async with self.shop(customer, width, height) as page:
            chat = Chat(page)
            await chat.open()
            yield chat


async def answering(studio: Studio) -> None:
    """A question, talk among the team, an answer that the customer reads; then it is closed."""
    async with (
        studio.chat("sofia_lindgren") as chat,
        studio.desk(TOMAS, SUPPORT) as tomas,
        studio.desk(ELIF, SUPPORT) as elif_,
    ):
        await tomas.open_thread(GIFT)
        await tomas.card(GIFT).get_by_role("button", name="Take", exact=True).click()
        await tomas.sees("owns this case now")
        await tomas.thread.get_by_role("button", name="Dismiss").click()
        await elif_.open_thread(GIFT)
        await elif_.write("The parcel is packed at four, so the note can still go in. 🎁")
        await tomas.sees("The parcel is packed at four")
        answer = "Of course, Sofia! The note goes into your parcel this afternoon, handwritten."
        await tomas.write(answer)
        await tomas.put_outbox_on(answer)
        await tomas.sees("Send this to")
        await studio.take(tomas.page, "preview")
        await tomas.press("Send")
        await expect(chat.log).to_contain_text(answer)
        eye = tomas.said(answer).get_by_role("button", name=re.compile("^1 eye"))
        await expect(eye).to_be_visible()
        await tomas.sees("Sent to the customer")
        await studio.take(chat.page, "chat")
        await studio.take(tomas.page, "thread")
        await tomas.card(GIFT).get_by_role("button", name="Close", exact=True).click()
        farewell = "Your note is in the parcel, and it leaves today. Many long breakfasts!"
        await tomas.dialog.get_by_role("textbox", name="Closing message").fill(farewell)
        await studio.take(tomas.page, "closing")
        await tomas.press("Close case")
        await tomas.sees("Closing message sent to the customer")


async def homes(studio: Studio) -> None:
    """What waits for an agent, and for a supervisor."""
    for who, name, heading in ((TOMAS, "home-agent", "My cases"), (ELIF, "home", "Everybody's cases")):
        async with studio.desk(who, "app/home") as desk:
            home = desk.page.get_by_role("region", name="Home")
            await expect(home.get_by_role("heading", name=heading)).to_be_visible()
            await studio.take(desk.page, name)


async def the_menu(studio: Studio) -> None:
    """What the menu of a case leads to, with the case of the chipped bowl."""
    async with studio.desk(TOMAS, RETURNS) as tomas:
        await tomas.open_thread(BOWL)
        await tomas.card(BOWL).get_by_role("button", name="More", exact=True).click()
        await expect(tomas.dialog.get_by_role("button", name="Problem")).to_be_visible()
        await studio.take(tomas.page, "menu")
        await tomas.dialog.get_by_role("button", name="Log").click()
        await expect(tomas.dialog.last).to_contain_text("answered the customer")
        await tomas.done()
        await meanwhile(studio)
        await tomas.sees("I'll approve the express courier")
        for button, holding, name in (
            ("Catch me up", "I'll approve the express courier", "catch-up"),
            ("Customer's view", "a little star", "customers-view"),
            ("Log", "changed the priority", "log"),
            ("Knowledge", "arrived broken", "knowledge"),
        ):
            await tomas.act(BOWL, button)
            await expect(tomas.dialog.last).to_contain_text(holding)
            await studio.take(tomas.page, name)
            await tomas.done()


async def meanwhile(studio: Studio) -> None:
    """The customer writes, and a supervisor makes the case urgent."""
    async with studio.chat("hanna_virtanen") as hanna, studio.desk(ELIF, RETURNS) as elif_:
        await hanna.say("Here I am again. The chip is on the left, it looks like a little star.")
        await elif_.open_thread(BOWL)
        await elif_.sees("a little star")
        await elif_.act(BOWL, "Status, priority, department")
        await elif_.pick("Priority", "High")
        await elif_.dialog.last.get_by_role("textbox", name="Tags").fill("packing")
        await elif_.press("Save")
        await expect(elif_.card(BOWL)).to_contain_text("High priority")
        await elif_.done()
        await elif_.write("Please do, and keep it beside the bench. I'll approve the express courier.")
        await elif_.sees("I'll approve the express courier")


async def summary(studio: Studio) -> None:
    """What is known about a case that nobody owns yet."""
    async with studio.desk(TOMAS, SUPPORT) as tomas:
        await tomas.open_thread(LAMP)
        await tomas.card(LAMP).get_by_role("button", name="Summary").click()
        await tomas.sees("Asked first")
        await studio.take(tomas.page, "summary")


async def one_problem(studio: Studio) -> None:
    """Three broken parcels with one cause, and one text for their customers."""
    mugs, plate = "Two of my four mugs came in pieces.", "My new mugs arrived broken, all four."
    async with (
        studio.chat("eva_novakova") as eva,
        studio.chat("greta_hoffmann") as greta,
        studio.desk(ELIF, RETURNS) as elif_,
    ):
        await eva.say(mugs)
        await greta.say(plate)
        await elif_.act(BOWL, "Problem")
        await elif_.dialog.get_by_role("textbox", name="What is the problem").fill(
            "Thin filler at the new packing bench"
        )
        await elif_.press("Save")
        await expect(elif_.dialog.last).to_contain_text("Problem PR-")
        await elif_.done()
        await elif_.go(SUPPORT)
        for subject in (mugs, plate):
            await elif_.act(subject, "Problem")
            await elif_.pick("Part of a problem", "Thin filler")
            await elif_.press("Save")
            await expect(elif_.dialog.last).to_contain_text("Thin filler")
            if subject == mugs:
                await elif_.done()
        await elif_.press("Write to all")
        text = (
            "We are sorry: last week some parcels left with too little paper around them. Yours is one of "
            "them. A replacement is on its way, and you need not send anything back."
        )
        await elif_.dialog.last.get_by_role("textbox", name="Message").fill(text)
        await elif_.press("Preview")
        await expect(elif_.dialog.last).to_contain_text("Send this to 3 customers?")
        await studio.take(elif_.page, "mailing")
        await elif_.press("Send")
        await expect(eva.log).to_contain_text(text)
        await expect(greta.log).to_contain_text(text)

        async def read() -> None:
            await elif_.press("Refresh")
            shown = elif_.dialog.last
            await expect(shown).to_contain_text(re.compile("read.*read", re.DOTALL), timeout=1_000)

        await again(read)
        await studio.take(elif_.page, "problem")
        await elif_.done()


async def asking(studio: Studio) -> None:
    """The board by a command, a question in the app's messages, and all of it on a phone at night."""
    async with studio.desk(ELIF, SUPPORT) as elif_:
        await elif_.command("/cx status")
        title = elif_.channel.get_by_role("heading", name="Open cases")
        await expect(title).to_be_visible()
        await title.evaluate("node => node.closest('article').scrollIntoView()")
        await studio.take(elif_.page, "status")
    async with studio.desk(TOMAS, "app/messages") as tomas:
        prompts = tomas.page.get_by_role("group", name="What would you like to know")
        await prompts.get_by_role("button").first.click()
        await expect(tomas.thread).to_contain_text("CX-")
        await studio.take(tomas.page, "pane")
    async with studio.desk(TOMAS, RETURNS, 390, 780, dark=True) as phone:
        await phone.open_thread(BOWL)
        await phone.sees("too little paper")
        await studio.take(phone.page, "phone")


async def from_outside(studio: Studio) -> None:
    """A mail with its receipt, the page of its case, and a text message that is answered."""
    async with (
        studio.shop("greta_hoffmann") as greta,
        studio.shop("liam_oconnor") as liam,
        studio.desk(TOMAS, SUPPORT) as tomas,
    ):
        await by_text(liam, tomas)
        await studio.take(liam, "text-messages")
        address = await by_mail(greta, tomas)
        await studio.take(greta, "mailbox")
    async with studio.page(address, 760, 1070, zone="Europe/Dublin") as page:
        await expect(page.get_by_text("We ask the courier")).to_be_visible()
        await page.get_by_label("Your message").fill(
            "My neighbour has seen the van. Could you ask once more?"
        )
        await studio.take(page, "case-page")


async def by_mail(greta: Page, tomas: Desk) -> str:
    """What a customer writes at home; the address of the page of her case."""
    await greta.get_by_role("button", name="Mailbox").click()
    await greta.get_by_role("button", name="Write to the shop").click()
    await greta.get_by_label("Subject").fill("A parcel that stands still")
    words = "Hello, the tracking of my order H20399 has not moved for four days. Where is it?\n\nGreta"
    await greta.get_by_role("textbox", name="Mail", exact=True).fill(words)
    await greta.get_by_role("button", name="Send mail").click()
    # Within 20 seconds: then the receipt knows by when it will be done.
    await tomas.act("A parcel that stands still", "Status, priority, department")
    await tomas.pick("Process", "Delivery")
    await tomas.press("Save")
    receipt = greta.get_by_role("list", name="Mails").get_by_role("button", name="your message has come")
    await receipt.click(timeout=RECEIPT_MS)
    link = greta.get_by_role("link", name="/c/")
    await expect(link).to_be_visible()
    return str(await link.get_attribute("href"))


async def by_text(liam: Page, tomas: Desk) -> None:
    """A text message, and an answer to it."""
    await liam.get_by_role("button", name="Phone").click()
    await liam.get_by_label("Text message", exact=True).fill("Hi, which bulb does my reading lamp take?")
    await liam.get_by_role("button", name="Send text").click()
    texts = liam.get_by_role("log", name="Text messages")
    await expect(texts).to_contain_text("your message has come", timeout=RECEIPT_MS)
    await tomas.open_thread("Hi, which bulb")
    answer = "An E27 of up to 60 watts, Liam. A warm white LED suits it well."
    await tomas.write(answer)
    await tomas.put_outbox_on(answer)
    await tomas.sees("Send this to")
    await tomas.press("Send")
    await expect(texts).to_contain_text(answer)


async def suggesting(studio: Studio) -> None:
    """Articles for somebody who begins to write in the chat."""
    async with studio.chat("", 1120, 760) as chat:
        field = chat.page.get_by_label("Your message")
        await field.press_sequentially("How can I send something back", delay=20)
        await expect(chat.page.get_by_text("These articles may help")).to_be_visible()
        await studio.take(chat.page, "articles")


async def again(attempt: Callable[[], Awaitable[None]], times: int = 15) -> None:
    """Try until it holds."""
    for left in reversed(range(times)):
        try:
            await attempt()
            break
        except AssertionError:
            if not left:
                raise


def shrink(names: list[str]) -> None:
    """Fewer colours: a third of the size."""
    for name in names:
        path = FOLDER / f"{name}.png"
        if shutil.which("pngquant"):
            dither = [] if name in COLOURS else ["--nofs"]
            options = ["--force", "--strip", "--speed=1", "--ext=.png", *dither, str(COLOURS.get(name, 64))]
            subprocess.run(["pngquant", *options, path], check=True)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} kB")


SCENES: list[Callable[[Studio], Awaitable[None]]] = [
    answering,
    homes,
    the_menu,
    summary,
    one_problem,
    asking,
    from_outside,
    suggesting,
]


async def play(demo: DemoProcess, only: list[str]) -> Studio:
    """Play the scenes, or only those of these names."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, f"no Chromium was found (looked for {', '.join(NAMES)})"
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        studio = Studio(browser, demo)
        for scene in SCENES:
            if not only or scene.__name__ in only:
                await scene(studio)
        await browser.close()
    return studio


def main() -> int:
    demo = DemoProcess("--no-limits", "--undo-seconds", "3")
    try:
        demo.start()
        studio = asyncio.run(play(demo, sys.argv[1:]))
    finally:
        demo.remove()
    shrink(studio.taken)
    print(*studio.problems, sep="\n")
    return 1 if studio.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
