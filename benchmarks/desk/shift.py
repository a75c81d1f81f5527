"""Twenty agents at their desks and the customers who write to them, for some minutes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.crowd import WORDS, Crowd, Seat
from benchmarks.desk.eyes import Eyes, Frame, card_of, form_of, note_at, note_for

ACT_EVERY_SECONDS = 20.0
PATIENCE_SECONDS = 30.0


@dataclass(slots=True)
class Desk:
    """One case as the people around it know it."""

    seat: Seat
    wrote: list[int] = field(default_factory=list)
    """Numbers of the customer's messages that were accepted, in order."""
    sent: list[int] = field(default_factory=list)
    """Numbers of the agents' messages whose Send was pressed, in order of the clicks."""
    busy: bool = False
    """Somebody's act on this case is under way."""
    closed: bool = False


@dataclass(slots=True)
class Shift:
    """What was done, and how long people waited to see it."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    """Button → seconds from the click to what it changed."""
    unseen: int = 0
    """Clicks whose effect nobody saw within PATIENCE_SECONDS."""
    refused: list[str] = field(default_factory=list)
    """Acts that the workspace refused, with its error codes."""


class Floor:
    """Everybody at work."""

    def __init__(self, crowd: Crowd, eyes: Eyes, desks: list[Desk], chance: random.Random) -> None:
        self._crowd = crowd
        self._eyes = eyes
        self._desks = desks
        self._chance = chance
        self.shift = Shift()
        self._acts: list[tuple[int, Callable[[str, Desk], Awaitable[None]]]] = [
            (12, self._answer),
            (3, self._take),
            (2, self._summary),
            (1, self._more),
            (1, self._look_at_closing),
            (1, self._close),
        ]

    async def agent(self, user: str, until: float) -> None:
        """Act on some case every twenty seconds."""
        due = time.monotonic() + self._chance.random() * ACT_EVERY_SECONDS
        while due < until:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            desk = self._free_desk()
            act = self._chance.choices([act for _, act in self._acts], [many for many, _ in self._acts])[0]
            desk.busy = True
            try:
                await act(user, desk)
            except RuntimeError as error:
                self.shift.refused.append(str(error))
            finally:
                desk.busy = False
            due += ACT_EVERY_SECONDS

    async def customers(self, until: float, every: float) -> None:
        """One message after the other, each from some customer."""
        due = time.monotonic()
        while due < until:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            desk = self._free_desk()
            desk.busy = True
            try:
                desk.wrote.append(await self._crowd.write(desk.seat))
            finally:
                desk.busy = False
            due += every

    def _free_desk(self) -> Desk:
        """A case of which nobody's act is under way: two at once have no order to be held against."""
        return self._chance.choice([desk for desk in self._desks if not desk.busy and not desk.closed])

    async def _act(self, user: str, do: str, **details: Any) -> dict[str, Any]:
        answer = await self._crowd.sandbox.act(user, do, **details)
        if not answer["ok"]:
            raise RuntimeError(f"{do}: {answer['error']}")
        return answer

    async def _click(
        self, user: str, button: str, ts: str, desk: Desk, fits: Callable[[Frame], bool]
    ) -> Frame | None:
        """Press a button and see what it does; None when nothing was seen in time."""
        seen = self._eyes.expect(fits)
        began = time.monotonic()
        try:
            await self._act(user, "click", channel=desk.seat.thread[0], ts=ts, action_id=button)
            frame = await asyncio.wait_for(seen, PATIENCE_SECONDS)
        except TimeoutError:
            self.shift.unseen += 1
            return None
        finally:
            seen.cancel()
        self.shift.seconds.setdefault(button, []).append(frame["at"] - began)
        return frame

    async def _answer(self, user: str, desk: Desk) -> None:
        """A message with 📤 on it, its preview, Send; seen when the preview gives way."""
        number, (channel, thread_ts) = self._crowd.next_number(), desk.seat.thread
        text = WORDS.format(number=number)
        posted = await self._act(user, "post", channel=channel, thread_ts=thread_ts, text=text)
        preview = self._eyes.expect(note_for(user, f"number {number}:"))
        try:
            await self._act(user, "react", channel=channel, ts=posted["ts"], name="outbox_tray")
            note = await asyncio.wait_for(preview, PATIENCE_SECONDS)
        except TimeoutError:
            self.shift.unseen += 1
            return
        finally:
            preview.cancel()
        desk.sent.append(number)
        await self._click(user, "reply_send", note["ts"], desk, note_at(channel, note["ts"]))
        await self._crowd.on_screen.wait(number, PATIENCE_SECONDS)

    async def _take(self, user: str, desk: Desk) -> None:
        channel, root = desk.seat.thread
        own = await self._owner(desk) == user
        await self._click(
            user, "case_take", root, desk, note_for(user, "already") if own else card_of(channel, root)
        )

    async def _owner(self, desk: Desk) -> str | None:
        """Whom the card names as the owner."""
        channel, root = desk.seat.thread
        state = await self._crowd.sandbox.state(channel, root)
        text = str(state["messages"][channel][0]["blocks"])
        start = text.find("Owner")
        found = text.find("<@", start)
        return text[found + 2 : text.find(">", found)] if start >= 0 and 0 <= found < start + 20 else None

    async def _summary(self, user: str, desk: Desk) -> None:
        await self._click(user, "case_summary", desk.seat.thread[1], desk, note_for(user, "Summary"))

    async def _more(self, user: str, desk: Desk) -> None:
        await self._with_form(user, "case_more", desk)

    async def _look_at_closing(self, user: str, desk: Desk) -> None:
        await self._with_form(user, "case_close", desk)

    async def _with_form(self, user: str, button: str, desk: Desk) -> None:
        form = await self._click(user, button, desk.seat.thread[1], desk, form_of(user))
        if form is not None:
            await self._act(user, "close_view", view_id=form["view"]["id"])

    async def _close(self, user: str, desk: Desk) -> None:
        """Close with a text; seen when the customer's screen shows it."""
        form = await self._click(user, "case_close", desk.seat.thread[1], desk, form_of(user))
        if form is None:
            return
        number = self._crowd.next_number()
        values = {"how": {"how": "tell"}, "text": {"text": WORDS.format(number=number)}}
        desk.sent.append(number)
        desk.closed = True
        await self._act(user, "submit", view_id=form["view"]["id"], values=values)
        await self._crowd.on_screen.wait(number, PATIENCE_SECONDS)
