"""Load, kill -9, restart, repeat what was not acknowledged, count."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from aiohttp import ClientSession, TCPConnector

from benchmarks import postgres, rig
from benchmarks.crash import load
from benchmarks.crowd import Sightings, crowd
from benchmarks.programs import BOLT_ACK, CHANNELS, OURS, Place, Program, migrate, start
from benchmarks.slack import Sandbox

EVENTS_PER_SECOND = 30
MESSAGES_PER_SECOND = 30
LONGEST_LOAD_SECONDS = 2.5
BURST = 60
"""Sent at once on top, just before the kill."""
LATEST_KILL_SECONDS = 0.15
"""After the beginning of that burst."""
_EVENTS = int(EVENTS_PER_SECOND * LONGEST_LOAD_SECONDS) + BURST
_SEATS = 20
_QUIET_SECONDS = 60.0
_BOLT_QUIET_SECONDS = 3.0
"""What bare Bolt has not done by then it never will."""


@dataclass(slots=True)
class Crashes:
    """What several kills did to one program."""

    sent: int = 0
    acknowledged: int = 0
    in_flight: int = 0
    """Sent and without effect at the moments of the kills."""
    lost: int = 0
    """Acknowledged, and without effect for ever."""
    doubled: int = 0
    """Messages that stand there twice; that a private preview is shown again does no harm."""
    first_ack: list[float] = field(default_factory=list)
    """Seconds from each restart to the first acknowledgement."""

    def count(self, side: load.Side) -> None:
        """Add a side when all is quiet."""
        self.sent += len(side.sent)
        self.acknowledged += len(side.acknowledged)
        self.lost += len(side.lost())
        self.doubled += side.doubled()


@dataclass(frozen=True, slots=True)
class Drill:
    """How to crash."""

    folder: Path
    server: str
    kills: int
    rng: random.Random
    say: Callable[[str], None]


class Subject:
    """The program that is killed and started again, always at the same address."""

    def __init__(self, begin: Callable[[], rig.Running]) -> None:
        self._begin = begin
        self.running = begin()
        self.address = self.running.address

    def kill(self) -> None:
        """SIGKILL."""
        self.running.kill()

    async def restart(self, http: ClientSession) -> float:
        """Start it again; seconds until it acknowledges an event."""
        self.running = self._begin()
        await load.first_acknowledgement(http, self.address)
        return time.monotonic() - self.running.started


@asynccontextmanager
async def _subject(
    drill: Drill, http: ClientSession, program: Program, url: str, *arguments: str
) -> AsyncIterator[tuple[Subject, str]]:
    """A running program and the address of its sandbox."""
    async with rig.sandbox(http, drill.folder, channels=CHANNELS, limits=False) as slack:
        place, port = Place(drill.folder, slack, url), rig.free_port()
        if program is OURS:
            migrate(place)
        subject = Subject(lambda: start(program, place, *arguments, port=port))
        try:
            await rig.wait_ready(http, subject.running)
            yield subject, slack
        finally:
            subject.running.stop()


async def ours(drill: Drill) -> tuple[Crashes, Crashes]:
    """(customers' messages, Slack's events) of our program."""
    of_customers, of_slack = Crashes(), Crashes()
    with postgres.database(drill.server) as url:
        async with (
            ClientSession(connector=TCPConnector(limit=0)) as http,
            _subject(drill, http, OURS, url, "--http") as (subject, slack),
            crowd(slack, subject.address) as people,
        ):
            await people.gather(_SEATS, CHANNELS, screens=False)
            for turn in range(drill.kills):
                drill.say(f"cx run: kill {turn + 1} of {drill.kills}")
                waiting = await load.reactions(people, _EVENTS)
                events = load.slack(http, subject.address, waiting, people.previews)
                numbers = iter(people.next_number, 0)
                sides: list[Loaded] = [
                    (events, iter(waiting), EVENTS_PER_SECOND, of_slack),
                    (load.customers(people), numbers, MESSAGES_PER_SECOND, of_customers),
                ]
                await _crash(drill, http, subject, sides, _QUIET_SECONDS)
    return of_customers, of_slack


async def bolt(drill: Drill) -> Crashes:
    """Slack's events of the bare program."""
    of_slack = Crashes()
    async with (
        ClientSession(connector=TCPConnector(limit=0)) as http,
        _subject(drill, http, BOLT_ACK, "") as (subject, slack),
    ):
        sandbox = Sandbox(http, f"{slack}/control", rig.CONTROL_SECRET)
        for turn in range(drill.kills):
            drill.say(f"bare Bolt: kill {turn + 1} of {drill.kills}")
            waiting, effects = await load.plain_reactions(sandbox, _EVENTS), Sightings()
            watching = asyncio.create_task(load.watch_bolt(sandbox, waiting, effects))
            events = load.slack(http, subject.address, waiting, effects)
            sides = [(events, iter(waiting), EVENTS_PER_SECOND, of_slack)]
            await _crash(drill, http, subject, sides, _BOLT_QUIET_SECONDS)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    return of_slack


Loaded = tuple[load.Side, Iterator[int], int, Crashes]


async def _crash(
    drill: Drill, http: ClientSession, subject: Subject, sides: Sequence[Loaded], quiet_seconds: float
) -> None:
    """One kill under load, and the counting afterwards."""
    loads = [asyncio.create_task(_send(side, numbers, pace)) for side, numbers, pace, _ in sides]
    await asyncio.sleep(drill.rng.uniform(0.3, 0.8) * LONGEST_LOAD_SECONDS)
    for side, numbers, _, _ in sides:
        loads += [asyncio.create_task(side.send(number)) for number in islice(numbers, BURST)]
    await asyncio.sleep(drill.rng.uniform(0, LATEST_KILL_SECONDS))
    subject.kill()
    for each in loads[: len(sides)]:
        each.cancel()
    await asyncio.gather(*loads, return_exceptions=True)
    for side, _, _, crashes in sides:
        crashes.in_flight += len(side.in_flight())
    seconds = await subject.restart(http)
    await asyncio.gather(*(side.repeat() for side, *_ in sides))
    deadline = time.monotonic() + quiet_seconds
    while any(side.lost() for side, *_ in sides) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)  # what comes twice comes now
    for side, _, _, crashes in sides:
        crashes.count(side)
        crashes.first_ack.append(seconds)


async def _send(side: load.Side, numbers: Iterator[int], pace: int) -> None:
    """Send at a steady pace, whatever comes of it; what is under way is waited for at the end."""
    start, tasks = time.monotonic(), []
    try:
        for turn, number in enumerate(numbers):
            await asyncio.sleep(max(0.0, start + turn / pace - time.monotonic()))
            tasks.append(asyncio.create_task(side.send(number)))
    finally:
        await asyncio.gather(*tasks)
