"""The chat sockets connected to this process, and what each of them must see next.

Order and completeness come from the conversation's gapless ``seq``: a socket is sent what follows
the last number it got, whoever announced it and however often. A message that is handed over
directly goes out at once when it is the next one; everything else is read from the database.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import structlog

from bot.metrics import Metrics

Kind = Literal["message", "status", "typing_on", "typing_off"]
POLL_SECONDS = 5.0
"""How soon a socket catches up when an announcement from another process got lost."""

TYPING_ON = '{"type":"typing","on":true}'
TYPING_OFF = '{"type":"typing","on":false}'

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class News:
    """What a conversation holds after some ``seq``, as frames ready to send."""

    messages: Sequence[tuple[int, str]]
    """(seq, frame) in order."""
    state: Mapping[str, str]
    """The present state by kind of frame (status, typing); sent when it has changed."""
    changes: Sequence[str] = ()
    """Frames of messages that had been seen and have changed."""
    revision: int = 0
    """Up to which revision of the conversation that is."""
    more: bool = False
    """Whether this is a full page, after which more may follow."""


ReadNews = Callable[[int, int, int], Awaitable[News]]
"""(conversation id, after seq, after revision) → what is new."""
ReadHeads = Callable[[Collection[int]], Awaitable[Mapping[int, str]]]
"""Conversation ids → for each a mark that changes whenever it has something new."""


class Subscription:
    """One socket's view of its conversation: ``next()`` gives the frames to send, in order."""

    def __init__(self, conversation_id: int, after: int, read: ReadNews, revision: int = 0) -> None:
        self.conversation_id = conversation_id
        self.last = after
        self._revision = revision
        self._read = read
        self._ready: dict[int, str] = {}
        self._signals: list[str] = []
        self._state: dict[str, str] = {"typing": TYPING_OFF}
        self._stale = True
        self._wake = asyncio.Event()
        self._wake.set()

    async def next(self) -> list[str]:
        """Wait until there is something to send, and return it.

        Raises whatever reading the database raises; calling again reads again.
        """
        while True:
            await self._wake.wait()
            self._wake.clear()
            frames = self._take_ready()
            if not frames and (self._stale or self._ready):
                frames = await self._catch_up()
            frames += self._take_signals()
            if self._stale or self._ready:
                self._wake.set()
            if frames:
                return frames

    def deliver(self, seq: int, frame: str) -> None:
        """Hand over a committed message."""
        if seq > self.last:
            self._ready[seq] = frame
            if self._state.get("typing") == TYPING_ON:
                del self._state["typing"]  # the widget's own guess now; the next reading settles it
            self._wake.set()

    def refresh(self) -> None:
        """Read the database: something is new."""
        self._stale = True
        self._wake.set()

    def typing(self, frame: str) -> None:
        """Send a typing frame, which has no place in the order."""
        self._signals.append(frame)
        self._state["typing"] = frame
        self._wake.set()

    def _take_signals(self) -> list[str]:
        signals, self._signals = self._signals, []
        return signals

    def _take_ready(self) -> list[str]:
        frames = []
        while (frame := self._ready.pop(self.last + 1, None)) is not None:
            frames.append(frame)
            self.last += 1
        return frames

    async def _catch_up(self) -> list[str]:
        self._stale = False
        signals = self._take_signals()
        try:
            news = await self._read(self.conversation_id, self.last, self._revision)
        except BaseException:
            self._stale = True
            self._signals[:0] = signals
            self._wake.set()
            raise
        frames = [*signals, *news.changes]
        self._revision = max(self._revision, news.revision)
        for seq, frame in news.messages:
            if seq > self.last:
                frames.append(frame)
                self.last = seq
        frames += self._take_ready()
        self._ready = {seq: frame for seq, frame in self._ready.items() if frames and seq > self.last}
        if news.more:
            self._stale = True
            return frames
        # What was told meanwhile is newer than what was read.
        state = {kind: frame for kind, frame in news.state.items() if kind != "typing" or not self._signals}
        frames += [frame for kind, frame in state.items() if self._state.get(kind) != frame]
        self._state.update(state)
        return frames


class Hub:
    """All subscriptions of this process. Its methods belong to the event loop's thread."""

    def __init__(
        self, read: ReadNews, heads: ReadHeads, metrics: Metrics, poll_seconds: float = POLL_SECONDS
    ) -> None:
        self._read = read
        self._heads = heads
        self._metrics = metrics
        self._poll_seconds = poll_seconds
        self._by_conversation: dict[int, set[Subscription]] = defaultdict(set)
        self._marks: dict[int, str] = {}

    def subscribe(self, conversation_id: int, after: int, revision: int = 0) -> Subscription:
        """A subscription that starts with what follows ``after``, and changes after ``revision``."""
        subscription = Subscription(conversation_id, after, self._read, revision)
        self._by_conversation[conversation_id].add(subscription)
        self._metrics.widgets.inc()
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a subscription whose socket is gone."""
        self._by_conversation[subscription.conversation_id].discard(subscription)
        self._metrics.widgets.dec()
        if not self._by_conversation[subscription.conversation_id]:
            del self._by_conversation[subscription.conversation_id]
            self._marks.pop(subscription.conversation_id, None)

    def is_watched(self, conversation_id: int) -> bool:
        """Whether any socket of this process shows the conversation."""
        return conversation_id in self._by_conversation

    def watching(self, conversation_id: int) -> int:
        """How many sockets of this process show the conversation."""
        return len(self._by_conversation.get(conversation_id, ()))

    def deliver(self, conversation_id: int, seq: int, frame: str) -> None:
        """Show a committed message at once; who is further behind reads the database first."""
        for subscription in self._by_conversation.get(conversation_id, ()):
            subscription.deliver(seq, frame)

    def push(self, conversation_id: int) -> None:
        """Something of this conversation is new: its sockets read the database."""
        for subscription in self._by_conversation.get(conversation_id, ()):
            subscription.refresh()

    def typing(self, conversation_id: int, on: bool) -> None:
        """Show that an agent is about to answer, or no longer."""
        frame = TYPING_ON if on else TYPING_OFF
        for subscription in self._by_conversation.get(conversation_id, ()):
            subscription.typing(frame)

    def notify(self, conversation_id: int, kind: Kind) -> None:
        """An announcement from any process, this one included; unknown kinds read the database."""
        if kind in ("typing_on", "typing_off"):
            self.typing(conversation_id, kind == "typing_on")
        else:
            self.push(conversation_id)

    def arrived(self, conversation_id: int, seq: int) -> None:
        """Another process announced a message: the sockets that have not been sent it read the database."""
        for subscription in self._by_conversation.get(conversation_id, ()):
            if subscription.last < seq:
                subscription.refresh()

    async def run(self) -> None:
        """Look every few seconds, with one query for all sockets, for what nobody announced."""
        while True:
            await asyncio.sleep(self._poll_seconds)
            try:
                await self._poll()
            except Exception:
                log.warning("hub.poll_failed", exc_info=True)

    async def _poll(self) -> None:
        if not self._by_conversation:
            return
        for conversation_id, mark in (await self._heads(list(self._by_conversation))).items():
            if self._marks.get(conversation_id) != mark and conversation_id in self._by_conversation:
                self._marks[conversation_id] = mark
                self.push(conversation_id)
