"""Slack's and the customers' side of a crash: they send, note what was acknowledged, and repeat the rest."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout

from benchmarks import rig, signed
from benchmarks.crowd import WORDS, Crowd, Seat, Sightings
from benchmarks.slack import Sandbox

_SEEN = re.compile(r'"text":"seen (\d+\.\d+)"')
_TIMEOUT = ClientTimeout(total=3)


@dataclass(frozen=True, slots=True)
class Reaction:
    """📤 by its author on a message that stands in Slack."""

    number: int
    channel: str
    ts: str
    thread_ts: str
    user: str
    text: str
    event_id: str = field(default_factory=lambda: f"Ev{uuid4().hex[:12].upper()}")


class Side:
    """One kind of sending: what was sent, what was acknowledged, what had its effect."""

    def __init__(self, send: Callable[[int], Awaitable[None]], effects: Sightings) -> None:
        self._send = send
        self.effects = effects
        self.sent: set[int] = set()
        self.acknowledged: set[int] = set()

    async def send(self, number: int) -> None:
        """Send once; nothing is noted when it is not acknowledged."""
        self.sent.add(number)
        with suppress(ClientError, TimeoutError, OSError):
            await self._send(number)
            self.acknowledged.add(number)

    def in_flight(self) -> set[int]:
        """Sent, and not yet seen."""
        return self.sent - set(self.effects.at)

    def lost(self) -> set[int]:
        """Acknowledged, and not seen."""
        return self.acknowledged - set(self.effects.at)

    def doubled(self) -> int:
        """Seen more than once."""
        return sum(self.effects.times.get(number, 0) > 1 for number in self.sent)

    async def repeat(self) -> None:
        """Send again what was not acknowledged, until it is."""
        while left := self.sent - self.acknowledged:
            await asyncio.gather(*(self.send(number) for number in left))
            if self.sent - self.acknowledged:
                await asyncio.sleep(0.2)


def customers(crowd: Crowd) -> Side:
    """Customers who write; the effect is the message in the thread."""

    async def write(number: int) -> None:
        await crowd.write(crowd.seats[number % len(crowd.seats)], number)

    return Side(write, crowd.in_slack)


async def reactions(crowd: Crowd, count: int) -> dict[int, Reaction]:
    """Agents' messages in the cases' threads, each waiting for its 📤."""
    return {
        reaction.number: reaction for reaction in [await _agent_writes(crowd, turn) for turn in range(count)]
    }


async def _agent_writes(crowd: Crowd, turn: int) -> Reaction:
    seat: Seat = crowd.seats[turn % len(crowd.seats)]
    channel, thread_ts = seat.thread
    number, user = crowd.next_number(), rig.AGENTS[turn % len(rig.AGENTS)]
    text = WORDS.format(number=number)
    posted = await crowd.sandbox.act(user, "post", channel=channel, thread_ts=thread_ts, text=text)
    return Reaction(number, channel, posted["ts"], thread_ts, user, text)


async def plain_reactions(sandbox: Sandbox, count: int) -> dict[int, Reaction]:
    """People's messages in a channel, for a program that knows no cases."""
    made = {}
    for number in range(count):
        channel, user = rig.channel_id(number % 8), rig.AGENTS[number % len(rig.AGENTS)]
        posted = await sandbox.act(user, "post", channel=channel, text=WORDS.format(number=number))
        made[number] = Reaction(number, channel, posted["ts"], "", user, "")
    return made


def slack(http: ClientSession, address: str, reactions: dict[int, Reaction], effects: Sightings) -> Side:
    """Slack, which delivers a message (when in a thread) and the reaction to it; each must get a 2xx."""

    async def deliver(number: int) -> None:
        one = reactions[number]
        if one.thread_ts:
            content = signed.message_event(one.channel, one.ts, one.thread_ts, one.user, one.text)
            await _post(http, address, *signed.event(content, f"{one.event_id}M"))
        content = signed.reaction_event(one.channel, one.ts, one.user, "outbox_tray")
        await _post(http, address, *signed.event(content, one.event_id))

    return Side(deliver, effects)


async def _post(http: ClientSession, address: str, body: bytes, headers: dict[str, str]) -> None:
    url = f"{address}/slack/events"
    async with http.post(url, data=body, headers=headers, timeout=_TIMEOUT) as response:
        await response.read()
        response.raise_for_status()


async def first_acknowledgement(http: ClientSession, address: str) -> None:
    """Until an event is acknowledged."""
    content = signed.reaction_event(rig.channel_id(0), "1700000000.000001", rig.AGENTS[0], "eyes")
    while True:
        with suppress(ClientError, TimeoutError, OSError):
            await _post(http, address, *signed.event(content))
            return
        await asyncio.sleep(0.02)


async def watch_bolt(sandbox: Sandbox, reactions: dict[int, Reaction], effects: Sightings) -> None:
    """Note the private messages with which the bare program shows its effect."""
    by_ts = {reaction.ts: number for number, reaction in reactions.items()}
    async for raw in sandbox.raw_frames():
        if raw.startswith('{"type":"ephemeral",') and (found := _SEEN.search(raw)):
            effects.see(by_ts[found[1]], time.monotonic())
