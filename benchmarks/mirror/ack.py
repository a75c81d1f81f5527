"""(b) How soon Slack gets its acknowledgement, over loopback HTTP, one request at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import ClientSession

from benchmarks import rig, signed

BLOCK = 50
"""Requests in a row to one program before the other's turn."""
WARM_UP = 50
PAUSE_SECONDS = 0.01
"""After each answer: one at a time means that the work which follows an acknowledgement is over too."""

Request = Callable[[int], tuple[bytes, dict[str, str]]]


@dataclass(slots=True)
class Acks:
    """Seconds from a request to its answer, of one program."""

    events: list[float] = field(default_factory=list)
    commands: list[float] = field(default_factory=list)


def _event(turn: int) -> tuple[bytes, dict[str, str]]:
    """A person's message in a thread: what must be written down before the acknowledgement."""
    now = time.time_ns() // 1_000
    ts = f"{now // 1_000_000}.{now % 1_000_000:06}"
    text = f"Between ourselves, message {turn} of the measurement"
    content = signed.message_event(rig.channel_id(0), ts, "1700000000.000100", rig.AGENTS[0], text)
    return signed.event(content)


def _command(turn: int) -> tuple[bytes, dict[str, str]]:
    return signed.command("help")


async def measure(http: ClientSession, addresses: dict[str, str], count: int) -> dict[str, Acks]:
    """Ask the programs (name → address) in turns, ``count`` events and commands each."""
    acks = {name: Acks() for name in addresses}
    for start in range(-WARM_UP, count, BLOCK):
        for name, address in addresses.items():
            events = await _ask(http, address, _event)
            commands = await _ask(http, address, _command)
            if start >= 0:
                acks[name].events += events
                acks[name].commands += commands
    return acks


async def _ask(http: ClientSession, address: str, request: Request) -> list[float]:
    seconds = []
    for turn in range(BLOCK):
        body, headers = request(turn)
        began = time.perf_counter()
        async with http.post(f"{address}/slack/events", data=body, headers=headers) as response:
            await response.read()
            seconds.append(time.perf_counter() - began)
            response.raise_for_status()
        await asyncio.sleep(PAUSE_SECONDS)
    return seconds
