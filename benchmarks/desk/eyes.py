"""What people see in Slack, for those who wait for it: a card that changes, a note, a form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from benchmarks.slack import Sandbox

Frame = dict[str, Any]
_KINDS = tuple(
    f'{{"type":"{kind}"' for kind in ("message_changed", "ephemeral", "ephemeral_gone", "view_opened")
)


@dataclass(slots=True, eq=False)
class _Wish:
    fits: Callable[[Frame], bool]
    seen: asyncio.Future[Frame]


class Eyes:
    """Watches the whole workspace; say what you wait for before you act, then wait."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._wishes: set[_Wish] = set()

    async def run(self) -> None:
        """Watch until cancelled."""
        async for raw in self._sandbox.raw_frames():
            if raw.startswith(_KINDS):
                self._see(orjson.loads(raw))

    def _see(self, frame: Frame) -> None:
        for wish in [each for each in self._wishes if each.fits(frame)]:
            self._wishes.discard(wish)
            if not wish.seen.done():
                wish.seen.set_result(frame)

    def expect(self, fits: Callable[[Frame], bool]) -> asyncio.Future[Frame]:
        """The first frame from now on that fits; cancel it when nobody waits any more."""
        wish = _Wish(fits, asyncio.get_running_loop().create_future())
        self._wishes.add(wish)
        wish.seen.add_done_callback(lambda _: self._wishes.discard(wish))
        return wish.seen


def card_of(channel: str, ts: str) -> Callable[[Frame], bool]:
    """The card that stands there changes."""
    return lambda frame: (
        frame["type"] == "message_changed" and (frame["channel"], frame["ts"]) == (channel, ts)
    )


def note_at(channel: str, ts: str) -> Callable[[Frame], bool]:
    """The private note that stands there changes or goes."""
    return lambda frame: (
        frame["type"] in {"ephemeral", "ephemeral_gone"}
        and (frame.get("channel"), frame.get("ts")) == (channel, ts)
    )


def note_for(user: str, words: str) -> Callable[[Frame], bool]:
    """A private note with these words appears."""
    return lambda frame: (
        frame["type"] == "ephemeral"
        and frame["user"] == user
        and words in orjson.dumps(frame["message"]).decode()
    )


def form_of(user: str) -> Callable[[Frame], bool]:
    """A form opens before the person."""
    return lambda frame: frame["type"] == "view_opened" and frame["user"] == user
