"""The windows in which people work: the customer's chat, and the workspace of somebody at their desk."""

from __future__ import annotations

import re
from base64 import b64encode
from contextlib import suppress

from playwright.async_api import FilePayload, Locator, Page, TimeoutError, expect

PATIENCE_MS = 60_000
"""Machines may be busy: how long something may take until it shows."""
_TRY_MS = 4_000
"""After that one clicks again."""


class Chat:
    """The customer's window."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.log = page.get_by_role("log")

    async def open(self) -> None:
        await self.page.get_by_role("button", name=re.compile("^Open chat")).click()

    async def say(self, text: str) -> None:
        await self.page.get_by_label("Your message").fill(text)
        await self.page.get_by_role("button", name="Send", exact=True).click()

    async def shows(self, *texts: str) -> None:
        await expect(self.log.locator(".bubble p")).to_have_text(list(texts), timeout=PATIENCE_MS)

    async def attach(self, name: str, content: bytes) -> None:
        """Add a file to the next message."""
        kind = "image/png" if name.endswith(".png") else "application/octet-stream"
        field = self.page.locator("cx-chat input[type=file]")
        await field.set_input_files(FilePayload(name=name, mimeType=kind, buffer=content))
        await expect(self.page.locator("cx-chat .chip progress")).to_have_count(0)

    async def edit_first(self, text: str) -> None:
        """Change the first message that the customer wrote."""
        await self.log.locator(".bubble").first.hover()
        await self.log.get_by_role("button", name="Edit").first.click()
        field = self.page.get_by_label("Your message")
        await field.fill(text)
        await field.press("Enter")

    async def delete_last(self) -> None:
        """Take back the last message that the customer wrote."""
        await self.log.get_by_role("button", name="Delete").last.click()
        await self.page.get_by_role("group").get_by_role("button", name="Delete").click()


_DROP = """([name, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
    for (const kind of ["dragover", "drop"]) {
        const event = new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
        document.querySelector("#thread textarea").dispatchEvent(event);
    }
}"""


class Desk:
    """The window of somebody in the workspace."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.channel = page.get_by_role("log", name="Messages")
        self.thread = page.get_by_role("log", name="Thread")
        self.dialog = page.get_by_role("dialog")

    async def go(self, place: str) -> None:
        """A channel, or ``app/home``, without loading the page anew."""
        await self.page.evaluate(f"location.hash = '#/{place}'")

    def card(self, subject: str) -> Locator:
        return self.channel.get_by_role("article").filter(has=self.page.get_by_role("heading", name=subject))

    async def open_thread(self, subject: str) -> None:
        await self.card(subject).get_by_role("button", name=re.compile("repl")).click()

    def said(self, text: str) -> Locator:
        """The message of the open thread that holds these words."""
        return self.thread.get_by_role("article").filter(has_text=text).last

    async def sees(self, *texts: str) -> None:
        """Wait until the open thread shows all of this."""
        for text in texts:
            await expect(self.said(text)).to_be_visible(timeout=PATIENCE_MS)

    async def write(self, text: str) -> None:
        field = self.page.get_by_role("textbox", name="Reply")
        await field.fill(text)
        await field.press("Enter")

    async def react(self, message: Locator, name: str) -> None:
        """Put an emoji on a message, found by its name."""
        await message.hover()
        await self._toolbar().get_by_role("button", name="Add reaction").click()
        await self.page.get_by_role("searchbox", name="Search emoji").fill(name)
        await self.page.keyboard.press("Enter")

    async def put_outbox_on(self, text: str) -> None:
        await self.react(self.thread.get_by_role("article").filter(has_text=text).first, "outbox")

    async def attach(self, name: str, content: bytes) -> None:
        """Add a file to the next reply in the thread."""
        await self.page.evaluate(_DROP, [name, b64encode(content).decode()])
        await expect(self.page.get_by_role("button", name=f"Remove {name}")).to_be_visible()

    async def command(self, words: str) -> None:
        """Type a slash command into the channel."""
        field = self.page.get_by_role("textbox", name="Message #support")
        await field.fill(words)
        await field.press("Enter")

    async def choose(self, message: Locator, item: str) -> None:
        """An item of a message's menu: a shortcut, Edit or Delete."""
        await message.hover()
        await self._toolbar().get_by_role("button", name="More actions").click()
        await self.page.get_by_role("menuitem", name=item).click()

    async def act(self, subject: str, button: str) -> None:
        """More on a case's card, and a button of its menu."""
        wanted = self.dialog.get_by_role("button", name=button, exact=True)
        more = self.card(subject).get_by_role("button", name="More", exact=True)
        for _ in range(4):
            # A list that grows between aim and press sends the click elsewhere; one clicks again.
            with suppress(TimeoutError):
                await more.click(timeout=_TRY_MS)
            with suppress(AssertionError):
                await expect(wanted).to_be_visible(timeout=_TRY_MS)
                break
        await wanted.click()

    async def open_form(self, button: Locator) -> None:
        """Press a button until its form opens: on a busy machine Slack's three seconds may be over."""
        for _ in range(4):
            await button.click()
            with suppress(AssertionError):
                await expect(self.dialog).to_be_visible(timeout=_TRY_MS)
                return
        await expect(self.dialog).to_be_visible()

    async def press(self, button: str) -> None:
        """A button of the newest private message, or of the open form."""
        await self.page.get_by_role("button", name=button, exact=True).last.click()

    async def pick(self, field: str, option: str) -> None:
        """An option of a form's choice."""
        await self.dialog.get_by_role("button", name=field, expanded=False).click()
        await self.page.get_by_role("option", name=option).click()

    async def done(self) -> None:
        """Close what is open, however many forms lie on each other."""
        for _ in range(4):
            # One more form may open over the one whose button was found.
            with suppress(TimeoutError):
                close = self.dialog.get_by_role("button", name="Close", exact=True)
                await close.first.click(timeout=_TRY_MS)
                break
        await expect(self.dialog).to_have_count(0)

    def _toolbar(self) -> Locator:
        return self.page.get_by_role("toolbar", name="Message actions")


async def both_open(subject: str, *desks: Desk) -> None:
    """Everybody looks at the thread of a case."""
    for desk in desks:
        await desk.open_thread(subject)
        await expect(desk.thread.get_by_text(subject).last).to_be_visible()
