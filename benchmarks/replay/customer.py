"""A customer in one conversation, on all the channels on which they write in it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.chat import Shown
from benchmarks.replay.audit import Entry
from benchmarks.replay.lines import Line, Place, Sighting

PLACES = {"chat": ("transcript", "screen"), "mail": ("mailbox",), "api": ("other system",)}
"""What is read of each channel."""
_ANSWERS_ONLY = {"mailbox", "other system"}
"""Places that hold only what came from the company."""


@dataclass(slots=True)
class Customer:
    """Takes a channel at random for each turn; a channel's line begins with its first turn."""

    channels: Sequence[str]
    rng: random.Random
    make: Callable[[str], Line]
    lines: dict[str, Line] = field(default_factory=dict)
    said: dict[str, list[Entry]] = field(default_factory=dict)
    """What was said on each channel, the answers to it too."""
    channel: str = ""
    """On which they wrote last."""

    async def write(self, text: str, thread: Place | None) -> Sighting:
        """Say something on the next channel. Raises Refused, TimeoutError."""
        self.channel = self.rng.choice(self.channels)
        if self.channel not in self.lines:
            self.lines[self.channel] = self.make(self.channel)
        self.note("customer", text)
        return await self.lines[self.channel].write(text, thread)

    def note(self, role: str, text: str) -> None:
        """Remember what must stand on the channel of now."""
        self.said.setdefault(self.channel, []).append((role, text))

    def answers(self) -> list[Shown]:
        """What came back on all channels, in the order in which it came."""
        return sorted((shown for line in self.lines.values() for shown in line.answers()), key=lambda s: s.at)

    def wanted(self) -> Mapping[str, Sequence[Entry]]:
        """What should stand in each place."""
        return {
            place: [entry for entry in said if entry[0] == "agent" or place not in _ANSWERS_ONLY]
            for channel, said in self.said.items()
            for place in PLACES[channel]
        }

    async def places(self) -> dict[str, list[Entry]]:
        """What stands in each place."""
        return {
            place: found for line in self.lines.values() for place, found in (await line.places()).items()
        }

    async def closed(self) -> bool:
        """Whether every channel that tells it says that the case is closed."""
        return bool(self.lines) and all([await line.closed() for line in self.lines.values()])

    def cut(self) -> None:
        """Lose all connections."""
        for line in self.lines.values():
            line.cut()

    async def close(self) -> None:
        """Stop listening."""
        for line in self.lines.values():
            await line.close()
