"""(a) How long a message takes each way at a steady pace, and how many get through at most."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.crowd import Crowd, Draft, Seat, Sightings

SEATS = 50
PACES = (8, 50)
"""Messages per second."""
_PREPARERS = 24


@dataclass(slots=True)
class Way:
    """One direction of one program."""

    latency: dict[int, list[float]] = field(default_factory=dict)
    """Pace (messages per second) → seconds of each message."""
    most: list[float] = field(default_factory=list)
    """Messages per second when each of the customers waits for nothing but the last one."""
    unseen: int = 0
    """Messages that never arrived."""

    def add(self, other: Way) -> None:
        """Put another round's samples to these."""
        for pace, samples in other.latency.items():
            self.latency.setdefault(pace, []).extend(samples)
        self.most += other.most
        self.unseen += other.unseen


async def customer_to_thread(crowd: Crowd, seconds: float) -> Way:
    """From a customer's POST to the message's acceptance by Slack."""
    way = Way()
    seats = crowd.seats

    async def send(turn: int) -> int:
        return await crowd.write(seats[turn % len(seats)])

    for pace in PACES:
        way.latency[pace], unseen = await steady(send, crowd.in_slack, pace, seconds)
        way.unseen += unseen
    way.most.append(await _most(_writers(crowd), seconds))
    return way


async def click_to_customer(crowd: Crowd, seconds: float, *, needs_preview: bool) -> Way:
    """From the click on Send to the frame on the customer's screen; drafts are made ready before."""
    way = Way()
    prepare = crowd.prepare_by_preview if needs_preview else crowd.prepare_by_button
    for pace in PACES:
        drafts = await _prepare(crowd.seats, prepare, int(pace * seconds))

        async def send(turn: int, drafts: Sequence[Draft] = drafts) -> int:
            await crowd.click(drafts[turn])
            return drafts[turn].number

        way.latency[pace], unseen = await steady(send, crowd.on_screen, pace, seconds)
        way.unseen += unseen
    drafts = await _prepare(crowd.seats, prepare, int(300 * seconds))
    way.most.append(await _most(_clickers(crowd, drafts), seconds))
    return way


async def steady(
    send: Callable[[int], Awaitable[int]], seen: Sightings, pace: int, seconds: float
) -> tuple[list[float], int]:
    """Send at ``pace`` a second whatever comes of it; (seconds of each message, how many never came)."""
    samples: list[float] = []
    unseen = 0

    async def one(turn: int) -> None:
        nonlocal unseen
        began = time.monotonic()
        try:
            samples.append(await seen.wait(await send(turn), 20) - began)
        except TimeoutError:
            unseen += 1

    start, tasks = time.monotonic(), []
    for turn in range(int(pace * seconds)):
        await asyncio.sleep(max(0.0, start + turn / pace - time.monotonic()))
        tasks.append(asyncio.create_task(one(turn)))
    await asyncio.gather(*tasks)
    return samples, unseen


def _writers(crowd: Crowd) -> list[Callable[[], Awaitable[bool]]]:
    def writer(seat: Seat) -> Callable[[], Awaitable[bool]]:
        async def write() -> bool:
            await crowd.in_slack.wait(await crowd.write(seat))
            return True

        return write

    return [writer(seat) for seat in crowd.seats]


def _clickers(crowd: Crowd, drafts: Sequence[Draft]) -> list[Callable[[], Awaitable[bool]]]:
    left = iter(drafts)

    async def click() -> bool:
        draft = next(left, None)
        if draft is None:
            return False
        await crowd.click(draft)
        await crowd.on_screen.wait(draft.number)
        return True

    return [click] * len(crowd.seats)


async def _most(people: Sequence[Callable[[], Awaitable[bool]]], seconds: float) -> float:
    """How often per second, when everybody goes on as soon as their last one has arrived."""
    done, start = 0, time.monotonic()

    async def go_on(act: Callable[[], Awaitable[bool]]) -> None:
        nonlocal done
        while time.monotonic() - start < seconds and await act():
            done += 1

    await asyncio.gather(*(go_on(act) for act in people))
    return done / (time.monotonic() - start)


async def _prepare(
    seats: Sequence[Seat], prepare: Callable[[Seat], Awaitable[Draft]], count: int
) -> list[Draft]:
    """So many drafts, made by a few people at a time."""
    turns, drafts = iter(range(count)), []

    async def work() -> None:
        for turn in turns:
            draft = await prepare(seats[turn % len(seats)])
            drafts.append(draft)

    await asyncio.gather(*(work() for _ in range(_PREPARERS)))
    return drafts
