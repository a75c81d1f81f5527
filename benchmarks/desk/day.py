"""The busy minutes from the outside: everything started, people at work, both sides read at the end."""

from __future__ import annotations

import asyncio
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from aiohttp import ClientSession

from benchmarks import postgres, rig
from benchmarks.crowd import Crowd, crowd
from benchmarks.desk.eyes import Eyes
from benchmarks.desk.shift import Desk, Floor, Shift
from benchmarks.mirror.table import Line, must
from benchmarks.programs import OURS, Place, migrate, start
from benchmarks.replay.report import percentile
from benchmarks.replay.threads import is_app, parts_of

CUSTOMERS_EVERY_SECONDS = 1.0
VISIBLE_AIM_SECONDS = 1.0
REFUSED_AIM = 0.01
"""Of all calls to Slack."""
GROWTH_AIM = 0.15
"""Of memory, from the second quarter of the time to the last."""
_SETTLE_SECONDS = 90.0
_MEMORY_EVERY_SECONDS = 2.0
_UNDO_SECONDS = 3.0
_NUMBER = re.compile(r"number (\d+):")


@dataclass(frozen=True, slots=True)
class Day:
    """What is to be played."""

    folder: Path
    server: str
    say: Callable[[str], None]
    seconds: float
    agents: int
    cases: int
    channels: int
    seed: int


@dataclass(slots=True)
class Result:
    """What came of it."""

    shift: Shift
    written: int
    sent: int
    wrong: Counter[str] = field(default_factory=Counter)
    """lost, doubled, misplaced: messages."""
    calls: int = 0
    too_fast: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Other refusals by Slack, by method and error."""
    memory: list[float] = field(default_factory=list)
    """MB of the bot and its worker, every two seconds."""


async def play(day: Day) -> Result:
    """Fill the desks fast, start the bot as it is usually run, let people work, and read both sides."""
    async with ClientSession() as http:
        with postgres.database(day.server) as url:
            async with rig.sandbox(
                http, day.folder, channels=day.channels, limits=False, agents=day.agents
            ) as slack:
                place, port = Place(day.folder, slack, url), rig.free_port()
                migrate(place)
                async with crowd(slack, f"http://127.0.0.1:{port}") as people:
                    day.say(f"opening {day.cases} cases")
                    await _with_bot(http, place, port, {}, lambda _: _fill(day, people))
                    await people.sandbox.limits(True)
                    usual = {
                        "CX_POST_INTERVAL_SECONDS": "1",
                        "CX_MERGE": "true",
                        "CX_UNDO_CHAT_SECONDS": f"{_UNDO_SECONDS:g}",
                    }
                    results: list[Result] = []

                    async def work(running: rig.Running) -> None:
                        results.append(await _work(day, people, running))

                    await _with_bot(http, place, port, usual, work)
                    return results[0]


async def _with_bot(
    http: ClientSession,
    place: Place,
    port: int,
    changes: dict[str, str],
    work: Callable[[rig.Running], Any],
) -> None:
    running = start(OURS, place, port=port, changes=changes)
    with rig.stopping(running):
        await rig.wait_ready(http, running)
        await work(running)


async def _fill(day: Day, people: Crowd) -> None:
    await people.gather(day.cases, day.channels, screens=False)


async def _work(day: Day, people: Crowd, running: rig.Running) -> Result:
    await people.open_screens()
    eyes = Eyes(people.sandbox)
    desks = [Desk(seat, [seat.first]) for seat in people.seats]
    floor = Floor(people, eyes, desks, random.Random(day.seed))
    memory: list[float] = []
    watching = [asyncio.create_task(eyes.run()), asyncio.create_task(_weigh(running, memory))]
    try:
        await asyncio.sleep(1)
        before = await _counts(people)
        until = time.monotonic() + day.seconds
        day.say(f"{day.agents} agents at work for {day.seconds / 60:g} minutes")
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.customers(until, CUSTOMERS_EVERY_SECONDS))
            for number in range(day.agents):
                group.create_task(floor.agent(rig.agent(number), until))
        day.say("waiting until everything has arrived")
        await _settle(people, desks)
        after = await _counts(people)
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    result = Result(
        floor.shift, sum(len(desk.wrote) for desk in desks), sum(len(desk.sent) for desk in desks)
    )
    result.memory = memory
    for (method, outcome), count in (after - before).items():
        result.calls += count
        if outcome == "ratelimited":
            result.too_fast += count
        elif outcome != "ok":
            result.refused[f"{method}: {outcome}"] += count
    result.wrong = await _read(people, desks)
    return result


async def _counts(people: Crowd) -> Counter[tuple[str, str]]:
    counts = (await people.sandbox.calls(after=10**9))["counts"]
    return Counter({(method, outcome): n for method, each in counts.items() for outcome, n in each.items()})


async def _weigh(running: rig.Running, memory: list[float]) -> None:
    while True:
        with suppress(psutil.Error):
            memory.append(sum(each.memory_info().rss for each in running.tree()) / 1e6)
        await asyncio.sleep(_MEMORY_EVERY_SECONDS)


async def _settle(people: Crowd, desks: Sequence[Desk]) -> None:
    """Until every message of the customers was seen in Slack; a little longer for what comes twice."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    for desk in desks:
        for number in desk.wrote:
            with suppress(TimeoutError):
                await people.in_slack.wait(number, max(0.01, deadline - time.monotonic()))
    await asyncio.sleep(_UNDO_SECONDS + 2)


async def _read(people: Crowd, desks: Sequence[Desk]) -> Counter[str]:
    """Compare every thread and every transcript with what was said."""
    wrong: Counter[str] = Counter()
    threads = await _threads(people, {desk.seat.thread[0] for desk in desks})
    for desk in desks:
        wrong += _faults(desk.wrote, threads.get(desk.seat.thread, []), ordered=True)
        own, theirs = await _transcript(people, desk)
        wrong += _faults(desk.wrote, own, ordered=True)
        wrong += _faults(desk.sent, theirs, ordered=True)
    return wrong


async def _threads(people: Crowd, channels: set[str]) -> dict[tuple[str, str], list[int]]:
    """Thread → numbers of the customers' messages that the app shows in it, in order."""
    found: dict[tuple[str, str], list[int]] = {}
    for channel in channels:
        for message in (await people.sandbox.state(channel))["messages"][channel]:
            if is_app(message) and "thread_ts" in message and message.get("icons"):
                numbers = [int(each) for _, _, text in parts_of(message) for each in _NUMBER.findall(text)]
                found.setdefault((channel, message["thread_ts"]), []).extend(numbers)
    return found


async def _transcript(people: Crowd, desk: Desk) -> tuple[list[int], list[int]]:
    """(what the customer wrote, what agents sent) as the server tells the customer."""
    messages = await people.transcript(desk.seat)
    sides: dict[str, list[int]] = {"customer": [], "agent": []}
    for message in messages:
        sides[message["author"]] += [int(each) for each in _NUMBER.findall(message["text"])]
    return sides["customer"], sides["agent"]


def _faults(said: Sequence[int], found: Sequence[int], *, ordered: bool) -> Counter[str]:
    """What is wrong with ``found`` where ``said`` should stand."""
    wrong: Counter[str] = Counter()
    counts = Counter(found)
    wrong["lost"] = len(set(said) - set(found))
    wrong["doubled"] = sum(count - 1 for number, count in counts.items() if count > 1)
    wrong["misplaced"] = len(set(found) - set(said))
    once = list(dict.fromkeys(found))
    if ordered and [n for n in said if n in counts] != [n for n in once if n in set(said)]:
        wrong["out of order"] = 1
    return +wrong


def lines(result: Result) -> list[Line]:
    """The result as lines of a table."""
    shift, wrong = result.shift, result.wrong
    found = [
        Line("customers wrote", f"{result.written:,}"),
        Line("agents sent", f"{result.sent:,}"),
        *(
            must(f"messages {what}", str(wrong[what]), "0", wrong[what] == 0)
            for what in ("lost", "doubled", "misplaced", "out of order")
        ),
    ]
    everything: list[float] = []
    for button, samples in sorted(shift.seconds.items()):
        everything += samples
        found.append(Line(f"{button} → visible ({len(samples)})", _shares(samples)))
    worst = percentile(everything, 0.95)
    found += [
        must(
            f"any button → visible ({len(everything)})",
            _shares(everything),
            f"p95 < {VISIBLE_AIM_SECONDS:g} s",
            worst is not None and worst < VISIBLE_AIM_SECONDS,
        ),
        must("clicks without effect", str(shift.unseen), "0", shift.unseen == 0),
        must("acts refused", _some(Counter(shift.refused)), "0", not shift.refused),
        must(
            "calls refused with 429",
            f"{result.too_fast} of {result.calls:,}",
            f"≤ {REFUSED_AIM:.0%}",
            result.too_fast <= REFUSED_AIM * result.calls,
        ),
        must("calls refused otherwise", _some(result.refused), "0", not result.refused),
        _memory(result.memory),
    ]
    return found


def _shares(samples: Sequence[float]) -> str:
    values = (percentile(samples, part) for part in (0.5, 0.95, 0.99))
    return " / ".join("–" if value is None else f"{value * 1000:.0f}" for value in values) + " ms"


def _some(refused: Counter[str]) -> str:
    return ", ".join(f"{count}x {what}" for what, count in refused.most_common(3)) or "0"


def _memory(samples: Sequence[float]) -> Line:
    quarter = len(samples) // 4
    if not quarter:
        return Line("memory of bot and worker", "too short to say")
    early = statistics.median(samples[quarter : 2 * quarter])
    late = statistics.median(samples[-quarter:])
    return must(
        "memory of bot and worker, second quarter → last",
        f"{early:.0f} → {late:.0f} MB",
        f"≤ {1 + GROWTH_AIM:.2f}x",
        late <= early * (1 + GROWTH_AIM),
    )
