"""The people of a replay: a customer writes, an agent answers, and at the end closes the case."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.replay.audit import Entry
from benchmarks.replay.board import Board, Landed, Preview, button_value
from benchmarks.replay.customer import Customer
from benchmarks.replay.recording import Conversation
from benchmarks.replay.threads import goes_on_in, reference_of
from benchmarks.signals import Signal
from benchmarks.slack import Sandbox

IMPATIENCE_SECONDS = 5.0
"""An act without effect for this long is repeated."""
REFUSED_SECONDS = 1.0
"""After an act that was refused at once."""
SENDING_SECONDS = 20.0
"""Beyond the undo window: so long an agent believes "Sending…"."""
TURN_SECONDS = 600.0
"""A turn that has not arrived by then never will."""
SEND = "outbox_tray"


class Stuck(Exception):
    """A turn did not arrive however often it was tried."""


@dataclass(slots=True)
class Agent:
    """A person in the workspace, who fills in one form at a time."""

    id: str
    form: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Played:
    """What happened in one conversation."""

    id: str
    customer: Customer
    said: list[Entry] = field(default_factory=list)
    channel: str = ""
    thread_ts: str = ""
    """The thread of the conversation's case."""
    merged: list[tuple[str, str]] = field(default_factory=list)
    """The threads (channel, ts) of cases that go on in this one."""
    to_thread: list[tuple[str, float]] = field(default_factory=list)
    """(the customer's channel, seconds from their send to the thread)."""
    to_screen: list[float] = field(default_factory=list)
    """Seconds from the end of the undo window to the customer's screen."""
    stuck: str | None = None


@dataclass(slots=True)
class Stage:
    """What all players share."""

    sandbox: Sandbox
    board: Board
    signal: Signal
    undo_seconds: float
    turn_done: Callable[[], None]


class CasePlayer:
    """Plays one conversation, turn by turn, as its customer and as an agent."""

    def __init__(
        self, stage: Stage, conversation: Conversation, customer: Customer, agents: list[Agent]
    ) -> None:
        self._stage = stage
        self._conversation = conversation
        self._customer = customer
        self._agents = agents
        self._turns = 0
        self.played = Played(conversation.id, customer)

    async def play(self) -> Played:
        """All turns and the closing."""
        try:
            for turn in self._conversation.turns:
                self.played.said.append((turn.role, turn.text))
                await (self._ask(turn.text) if turn.role == "customer" else self._answer(turn.text))
                self._stage.turn_done()
            await self._close()
            self._stage.turn_done()
        except Stuck as error:
            self.played.stuck = str(error)
        return self.played

    @property
    def _reference(self) -> str:
        return reference_of(self._stage.board.root(self.played.channel, self.played.thread_ts))

    async def _ask(self, text: str) -> None:
        """The customer writes; done when the message stands in the thread of the one case."""
        began, played = time.monotonic(), self.played
        case = (played.channel, played.thread_ts) if played.thread_ts else None
        sighting = await self._customer.write(text, case)
        landed: Landed | None = await self._stage.signal.until(sighting, TURN_SECONDS)
        channel = self._customer.channel
        if landed is None:
            raise Stuck(f"“{text[:40]}” of the customer ({channel}) did not reach the thread")
        played.to_thread.append((channel, landed.at - began))
        thread = landed.channel, landed.thread_ts
        if case is None:
            played.channel, played.thread_ts = thread
        elif thread not in (case, *played.merged):
            await self._merge(thread)

    async def _merge(self, thread: tuple[str, str]) -> None:
        """A first message on another channel opened a case of its own: an agent merges it into ours."""
        board, deadline = self._stage.board, time.monotonic() + TURN_SECONDS
        other, ours = reference_of(board.root(*thread)), self._reference
        while time.monotonic() < deadline:
            words = f"/cx merge {other} {ours}"
            await self._act(self._agent(), "command", text=words)
            if await self._stage.signal.until(
                lambda: goes_on_in(board.root(*thread), ours) or None, IMPATIENCE_SECONDS
            ):
                self.played.merged.append(thread)
                return
        raise Stuck(f"{other} could not be merged into {ours}")

    def _agent(self) -> Agent:
        """Who takes the next turn: mostly the same person, now and then a colleague."""
        self._turns += 1
        members = self._stage.board.members.get(self.played.channel, set())
        able = [agent for agent in self._agents if agent.id in members] or self._agents
        return able[self._turns // 4 % len(able)]

    async def _answer(self, text: str) -> None:
        """An agent answers; done when the customer's screen shows it."""
        self._customer.note("agent", text)
        agent, before = self._agent(), len(self._customer.answers())
        posted = await self._act(agent, "post", text=text, thread_ts=self.played.thread_ts)
        if not posted["ok"]:
            raise Stuck(f"{agent.id} may not write in the thread: {posted['error']}")
        ts = posted["ts"]
        await self._act(agent, "react", ts=ts, name=SEND)
        deadline = time.monotonic() + TURN_SECONDS
        while time.monotonic() < deadline:
            if await self._try_to_send(agent, text, ts, before):
                return
        raise Stuck(f"“{text[:40]}” of {agent.id} did not reach the customer")

    async def _try_to_send(self, agent: Agent, text: str, ts: str, before: int) -> bool:
        preview = await self._until(before, lambda: self._preview(agent, text), IMPATIENCE_SECONDS)
        if preview is None:
            if self._arrived(before):
                return True
            await self._act(agent, "unreact", ts=ts, name=SEND)
            await self._act(agent, "react", ts=ts, name=SEND)
            return False
        return await self._press_send(agent, preview, before)

    async def _press_send(self, agent: Agent, preview: Preview, before: int) -> bool:
        place = {"ts": preview.ts, "action_id": "reply_send", "value": preview.draft}
        pressed = await self._act(agent, "click", **place)
        accepted = time.monotonic()
        if not pressed["ok"]:
            await self._until(before, lambda: None, REFUSED_SECONDS)
            return self._arrived(before)
        board = self._stage.board
        await self._until(
            before, lambda: None if board.is_unchanged(agent.id, preview) else True, IMPATIENCE_SECONDS
        )
        if not self._arrived(before) and not board.is_unchanged(agent.id, preview):
            await self._until(before, lambda: None, self._stage.undo_seconds + SENDING_SECONDS)
        if self._arrived(before):
            self._note_arrival(before, accepted)
        return self._arrived(before)

    def _preview(self, agent: Agent, text: str) -> Preview | None:
        found = self._stage.board.previews(agent.id, self.played.thread_ts, text)
        return found[0] if found else None

    def _arrived(self, before: int) -> bool:
        return len(self._customer.answers()) > before

    def _note_arrival(self, before: int, accepted: float) -> None:
        shown = self._customer.answers()[before]
        self.played.to_screen.append(max(0.0, shown.at - accepted - self._stage.undo_seconds))

    async def _until(self, before: int, found: Callable[[], Any], seconds: float) -> Any:
        """What ``found`` gives, or None when the customer's screen shows the answer first, or in time."""
        arrived = object()
        value = await self._stage.signal.until(lambda: arrived if self._arrived(before) else found(), seconds)
        return None if value is arrived else value

    async def _act(self, agent: Agent, do: str, **details: Any) -> dict[str, Any]:
        return await self._stage.sandbox.act(agent.id, do, channel=self.played.channel, **details)

    async def _close(self) -> None:
        """An agent closes the case with a text; done when the customer's screen shows that."""
        text = f"Thank you for writing to us. {self._reference} is closed now; write whenever you like."
        self.played.said.append(("agent", text))
        self._customer.note("agent", text)
        before, deadline = len(self._customer.answers()), time.monotonic() + TURN_SECONDS
        agent = self._agent()
        while time.monotonic() < deadline:
            accepted = await self._try_to_close(agent, text, before)
            if accepted is None:
                await self._until(before, lambda: None, REFUSED_SECONDS)
            else:
                await self._until(before, lambda: None, self._stage.undo_seconds + SENDING_SECONDS)
            if self._arrived(before):
                if accepted:
                    self._note_arrival(before, accepted)
                return
        raise Stuck(f"{self._reference} could not be closed")

    async def _try_to_close(self, agent: Agent, text: str, before: int) -> float | None:
        """Open the form and submit it; the monotonic second of its acceptance, None without one."""
        async with agent.form:
            view = await self._open_form(agent, before)
            if view is None:
                return None
            values = {"how": {"how": "tell"}, "text": {"text": text}}
            answer = await self._act(agent, "submit", view_id=view["id"], values=values)
            if answer["ok"] and answer.get("closed"):
                return time.monotonic()
            await self._act(agent, "close_view", view_id=view["id"])
            return None

    async def _open_form(self, agent: Agent, before: int) -> dict[str, Any] | None:
        board = self._stage.board
        for stale in board.views(agent.id):
            await self._act(agent, "close_view", view_id=stale["id"])
        card = board.root(self.played.channel, self.played.thread_ts)
        token = button_value(card, "case_close")
        if token is None:
            return None
        clicked = await self._act(
            agent, "click", ts=self.played.thread_ts, action_id="case_close", value=token
        )
        if not clicked["ok"]:
            return None
        view: dict[str, Any] | None = await self._until(before, lambda: self._form(agent), IMPATIENCE_SECONDS)
        return view

    def _form(self, agent: Agent) -> dict[str, Any] | None:
        """The form of this case, if it is open before the agent."""
        for view in self._stage.board.views(agent.id):
            if view["callback_id"] == "case_close_form" and self._reference in view["title"]["text"]:
                return view
        return None
