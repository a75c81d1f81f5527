"""What agents, departments and customers do, each act repeated until its effect is seen."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from benchmarks.chat import Customer
from benchmarks.simulate.eyes import Eyes, Json, Place, button

IMPATIENCE_SECONDS = 6.0
"""An act without an effect for so long is repeated."""
PATIENCE_SECONDS = 90.0
_LOOK_SECONDS = 0.05


class Stuck(Exception):
    """An act had no effect, however often it was tried."""


class Refused(Exception):
    """The app says in a sentence why not."""


_REFUSALS = ("This date is not ahead any more", "The customer knows this date already")


class People:
    """Everybody in the workspace. Each fills in one form at a time."""

    def __init__(self, eyes: Eyes) -> None:
        self.eyes = eyes
        self._forms: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def act(self, user: str, do: str, **details: Any) -> Json:
        """Do something; the answer says ``ok`` or an error."""
        return await self.eyes.sandbox.act(user, do, **details)

    async def click(self, user: str, place: Place, action: str) -> bool:
        """Press a button of a message, if it is there."""
        shown = button(self.eyes.now.get(place, {}), action)
        where = {"channel": place[0], "ts": place[1], "action_id": action}
        return shown is not None and bool((await self.act(user, "click", **where))["ok"])

    async def insist(self, what: str, do: Callable[[], Awaitable[Any]], done: Callable[[], Any]) -> Any:
        """Do it until ``done`` says something; raises Stuck."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if found := done():
                return found
            await do()
            if found := await self.eyes.until(done, IMPATIENCE_SECONDS):
                return found
        raise Stuck(what)

    async def fill(
        self, user: str, open_it: Callable[[], Awaitable[Any]], callback: str, **fields: Any
    ) -> bool:
        """Open a form, fill it in and submit it; whether it was taken."""
        await self.eyes.close_views(user)
        await open_it()
        view = await self.eyes.until(lambda: self.eyes.view(user, callback), IMPATIENCE_SECONDS)
        return view is not None and await self.submit(user, view, **fields)

    async def submit(self, user: str, view: Json, **fields: Any) -> bool:
        """Submit an open form; whether it was taken."""
        values = {name: {name: value} for name, value in fields.items()}
        answer = await self.act(user, "submit", view_id=view["id"], values=values)
        return bool(answer["ok"])

    async def form(
        self,
        what: str,
        user: str,
        open_it: Callable[[], Awaitable[Any]],
        callback: str,
        done: Callable[[], Any],
        **fields: Any,
    ) -> Any:
        """Fill in a form until its effect is seen; raises Stuck."""
        async with self._forms[user]:
            return await self.insist(what, lambda: self.fill(user, open_it, callback, **fields), done)

    async def take(self, user: str, card: Place) -> None:
        """Press Take on a card."""
        await self.press(user, card, "case_take", f"<@{user}>")

    async def press(self, user: str, place: Place, action: str, shows: str) -> None:
        """Press a button until its message shows these words."""
        await self.insist(
            f"{action} {place}",
            lambda: self.click(user, place, action),
            lambda: self.eyes.shows(place, shows),
        )

    async def sort(self, user: str, card: Place, shows: str, **fields: Any) -> None:
        """Status and process, from the menu of the case, until the card ``shows`` it."""

        async def open_it() -> None:
            await self.click(user, card, "case_more")
            page = await self.eyes.until(lambda: self.eyes.page(user, "menu_sort"), IMPATIENCE_SECONDS)
            if page:
                await self.act(user, "click", view_id=page["id"], action_id="menu_sort")

        await self.form(
            f"sort {card}", user, open_it, "sort_form", lambda: self.eyes.shows(card, shows), **fields
        )

    async def reply(self, user: str, card: Place, text: str, customer: Customer) -> None:
        """Write in the thread, put 📤 on it, press Send, until the customer has it."""
        channel, thread = card
        posted = await self.act(user, "post", channel=channel, thread_ts=thread, text=text)
        mark = {"channel": channel, "ts": posted["ts"], "name": "outbox_tray"}

        async def react() -> None:
            await self.act(user, "unreact", **mark)
            await self.act(user, "react", **mark)

        await self.send(user, card, text, react, customer)

    async def send(
        self, user: str, card: Place, words: str, propose: Callable[[], Awaitable[Any]], customer: Customer
    ) -> str:
        """Have a text proposed and press Send, until the customer has words that begin so; returns them.

        Raises Refused where no text is proposed, or Stuck.
        """
        before = len(await _answers(customer))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            old = {message["ts"] for message in self.eyes.previews(user, card[1])}
            told = len(self.eyes.whispers(user))
            await propose()
            find = lambda known=old: self._preview(user, card, words, known)  # noqa: E731
            preview = await self.eyes.until(find, IMPATIENCE_SECONDS)
            if preview:
                await self.act(user, "click", channel=card[0], ts=preview["ts"], action_id="reply_send")
            elif any(said.startswith(_REFUSALS) for said in self.eyes.whispers(user)[told:]):
                raise Refused
            if came := await self._came(customer, words, before):
                return came
        raise Stuck(f"send “{words}” in {card}: {user} sees {self.eyes.whispers(user)[-3:]}")

    def _preview(self, user: str, card: Place, words: str, old: set[str]) -> Json | None:
        shown = [each for each in self.eyes.previews(user, card[1]) if words in str(each["blocks"])]
        newer = [each for each in shown if each["ts"] not in old]
        return newer[-1] if newer else None

    async def _came(self, customer: Customer, words: str, before: int) -> str | None:
        deadline = time.monotonic() + IMPATIENCE_SECONDS
        while time.monotonic() < deadline:
            for text in (await _answers(customer))[before:]:
                if text.startswith(words):
                    return text
            await asyncio.sleep(_LOOK_SECONDS)
        return None

    async def ask(self, user: str, card: Place, reference: str, question: str, **fields: Any) -> Place:
        """Ask from the card and confirm; where the question stands then."""

        async def once() -> None:
            await self.fill(
                user, lambda: self.click(user, card, "case_ask"), "ask_form", question=question, **fields
            )
            view = await self.eyes.until(lambda: self.eyes.view(user, "ask_confirm"), IMPATIENCE_SECONDS)
            if view:
                await self.submit(user, view)

        async with self._forms[user]:
            found: Place = await self.insist(
                f"ask {question}", once, lambda: self.question(reference, question)
            )
        return found

    def question(self, reference: str, words: str, beside: Place | None = None) -> Place | None:
        """Where a question about a case stands, other than the one at ``beside``."""
        start = f"Question about {reference}: {words}"
        for place, message in self.eyes.first.items():
            if message.get("text", "").startswith(start) and place != beside and "thread_ts" not in message:
                return place
        return None

    async def desk_form(
        self, user: str, ask: Place, action: str, callback: str, shows: str, **fields: Any
    ) -> None:
        """What a department does with a question in a form."""
        await self.form(
            f"{action} {ask}",
            user,
            lambda: self.click(user, ask, action),
            callback,
            lambda: self.eyes.shows(ask, shows),
            **fields,
        )

    async def close(
        self, user: str, card: Place, customer: Customer, how: str, text: str, reply: int = 0
    ) -> None:
        """Close a case: with a text, or by the newest reply that told already."""
        async with self._forms[user]:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < deadline:
                await self._close_once(user, card, how, text)
                if await closed(customer, IMPATIENCE_SECONDS):
                    return
        raise Stuck(f"close {card}")

    async def _close_once(self, user: str, card: Place, how: str, text: str) -> None:
        await self.eyes.close_views(user)
        await self.click(user, card, "case_close")
        find = lambda: self.eyes.view(user, "case_close_form")  # noqa: E731
        view = await self.eyes.until(find, IMPATIENCE_SECONDS)
        if view is None:
            return
        values: Json = {"how": {"how": how}}
        if how == "tell":
            values["text"] = {"text": text}
        else:
            values["told"] = {"told": _first_option(view, "told")}
        await self.act(user, "submit", view_id=view["id"], values=values)


def _first_option(view: Json, name: str) -> str | None:
    for block in view["blocks"]:
        if block.get("block_id") == name:
            return str(block["element"]["options"][0]["value"])
    return None


async def _answers(customer: Customer) -> list[str]:
    said, _ = await customer.transcript()
    return [text for author, text in said if author == "agent"]


async def closed(customer: Customer, seconds: float) -> bool:
    """Whether the customer is told within so many seconds that their case is closed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        _said, status = await customer.transcript()
        if status == "closed":
            return True
        await asyncio.sleep(_LOOK_SECONDS)
    return False


def promised(text: str) -> datetime:
    """The date that a customer reads: “Friday, 27 November 2026, 14:00 CET”, on clocks of that zone."""
    words = text.rstrip(".").split(", ", 1)[1]
    day, rest = words.split(", ")
    clock, zone = rest.split(" ")
    offset = {"CET": "+0100", "CEST": "+0200", "WET": "+0000", "WEST": "+0100"}[zone]
    return datetime.strptime(f"{day} {clock} {offset}", "%d %B %Y %H:%M %z")
