"""Whoever answers the question what became of a reply: as a person would who asks the customer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from aiohttp import ClientError

from benchmarks.replay.audit import bare
from benchmarks.replay.board import Board, Call
from benchmarks.replay.players import IMPATIENCE_SECONDS, Played
from benchmarks.signals import Signal
from benchmarks.slack import Sandbox

_COMPARED = 80
"""Characters of a reply that are compared: the question shows its beginning."""
_GROUPED = re.compile(r"\W+")


class Attendant:
    """Presses *It arrived* where the customer has the reply, else *Send again*."""

    def __init__(self, sandbox: Sandbox, board: Board, signal: Signal, agent: str) -> None:
        self._sandbox = sandbox
        self._board = board
        self._signal = signal
        self._agent = agent
        self.played: list[Played] = []
        """All conversations that have begun."""
        self.again = 0
        self.arrived = 0

    async def run(self) -> None:
        """Answer until cancelled; an answer without effect for a while is given again."""
        while True:
            call = await self._signal.until(lambda: next(iter(self._board.calls()), None), 60.0)
            if call is not None:
                with suppress(ClientError, TimeoutError):
                    await self._answer(call)

    async def _answer(self, call: Call) -> None:
        arrived = call.arrived is not None and self._has_arrived(call)
        action = "delivery_arrived" if arrived else "delivery_again"
        value = call.arrived if arrived else call.again
        place = {"channel": call.channel, "ts": call.ts}
        await self._sandbox.act(self._agent, "click", action_id=action, value=value, **place)
        gone = await self._signal.until(
            lambda: None if call in self._board.calls() else True, IMPATIENCE_SECONDS
        )
        if gone:
            self.arrived += arrived
            self.again += not arrived

    def _has_arrived(self, call: Call) -> bool:
        """Whether the customer has as many such replies as were sent to them."""
        for played in self.played:
            if (call.channel, call.thread_ts) == (played.channel, played.thread_ts):
                words = _compared(call.words)
                had = _count(words, (shown.text for shown in played.customer.answers()))
                return had >= _count(words, (text for role, text in played.said if role == "agent"))
        return False


def _count(words: str, texts: Iterable[str]) -> int:
    return sum(words.startswith(_compared(text)) or _compared(text).startswith(words) for text in texts)


def _compared(text: str) -> str:
    return _GROUPED.sub("", bare(text))[:_COMPARED]
