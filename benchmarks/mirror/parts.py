"""The four parts of the measurement, each from its start to its lines in the table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from benchmarks import postgres, rig
from benchmarks.crowd import Crowd, crowd
from benchmarks.mirror import ack, backlog, cost, latency
from benchmarks.mirror.table import Line, faster, must, shares, slower, sooner
from benchmarks.programs import BOLT_ACK, CHANNELS, FLOOR, OURS, STACK, Place, Program, migrate, start

LATENCY_AIM = 2.0
"""Times the floor."""
THROUGHPUT_AIM = 2.0
"""Times the stack as it comes."""
EVENT_ACK_AIM = 2.0
"""Times bare Bolt's ack, which stores nothing."""
COMMAND_ACK_AIM = 20.0
"""Times faster than bare Bolt's."""
CONNECTIONS_AIM = 2.0
"""Opened per 1,000 posts."""


@dataclass(frozen=True, slots=True)
class Bench(rig.Bench):
    """What all parts share."""

    seconds: float
    rounds: int


@dataclass(slots=True)
class Ways:
    """Both directions of one program."""

    inward: latency.Way = field(default_factory=latency.Way)
    outward: latency.Way = field(default_factory=latency.Way)


@asynccontextmanager
async def _running(
    bench: Bench,
    program: Program,
    place: Place,
    *arguments: str,
    changes: Mapping[str, str] | None = None,
) -> AsyncIterator[rig.Running]:
    running = start(program, place, *arguments, changes=changes)
    with rig.stopping(running):
        await rig.wait_ready(bench.http, running)
        yield running


@asynccontextmanager
async def _crowded(bench: Bench, program: Program, place: Place) -> AsyncIterator[tuple[Crowd, rig.Running]]:
    async with _running(bench, program, place) as running, crowd(place.slack, running.address) as people:
        await people.gather(latency.SEATS, CHANNELS)
        yield people, running


async def latencies(bench: Bench) -> list[Line]:
    """(a) Both ways at two paces and at most, the programs in turns, limits and merging off."""
    found = {program.name: Ways() for program in (OURS, FLOOR, STACK)}
    for turn in range(bench.rounds):
        for program in (OURS, FLOOR, STACK):
            bench.say(f"(a) {program.name}, round {turn + 1} of {bench.rounds}")
            await _both_ways(bench, program, found[program.name])
    ours, floor, stack = (found[program.name] for program in (OURS, FLOOR, STACK))
    return [
        *_lines("customer → thread", ours.inward, floor.inward, stack.inward),
        *_lines("Send click → customer", ours.outward, floor.outward, stack.outward),
    ]


async def _both_ways(bench: Bench, program: Program, ways: Ways) -> None:
    with postgres.database(bench.server) as url:
        async with rig.sandbox(bench.http, bench.folder, channels=CHANNELS, limits=False) as slack:
            place = Place(bench.folder, slack, url)
            if program is OURS:
                migrate(place)
            async with _crowded(bench, program, place) as (people, _):
                ways.inward.add(await latency.customer_to_thread(people, bench.seconds))
                ways.outward.add(
                    await latency.click_to_customer(
                        people, bench.seconds, needs_preview=program.needs_preview
                    )
                )


def _lines(way: str, ours: latency.Way, floor: latency.Way, stack: latency.Way) -> list[Line]:
    lines = []
    for pace in latency.PACES:
        what = f"{way}, {pace}/s (p50 / p95 / p99)"
        lines.append(slower(what, ours.latency[pace], floor.latency[pace], "floor", LATENCY_AIM))
        lines.append(Line("", "", f"stack: {shares(stack.latency[pace])}"))
    most = [sum(each.most) / len(each.most) for each in (ours, floor, stack)]
    lines.append(faster(f"{way}, at most", most[0], most[2], "stack", THROUGHPUT_AIM))
    lines.append(Line("", "", f"floor: {most[1]:,.0f}/s", f"{most[0] / most[1]:.2f}x"))
    lines.append(must(f"{way}, never arrived", str(ours.unseen), "0", ours.unseen == 0))
    return lines


async def acks(bench: Bench) -> list[Line]:
    """(b) Acknowledgements over HTTP beside bare Bolt's, and beside what a server takes that only answers."""
    bench.say("(b) acknowledgements over HTTP")
    count = 100 * max(1, int(bench.seconds))
    with postgres.database(bench.server) as url:
        async with rig.sandbox(bench.http, bench.folder, channels=CHANNELS, limits=False) as slack:
            place = Place(bench.folder, slack, url)
            migrate(place)
            async with (
                _running(bench, OURS, place, "--http") as ours,
                _running(bench, BOLT_ACK, place) as bolt,
                _running(bench, FLOOR, place) as floor,
            ):
                addresses = {
                    OURS.name: ours.address,
                    BOLT_ACK.name: bolt.address,
                    FLOOR.name: floor.address,
                }
                found = await ack.measure(addresses, count)
    mine, theirs, bare = (found[program.name] for program in (OURS, BOLT_ACK, FLOOR))
    return [
        slower(
            "ack of a stored event", mine.events, theirs.events, "bare Bolt, stores nothing", EVENT_ACK_AIM
        ),
        sooner("empty ack of /cx", mine.commands, theirs.commands, "bare Bolt", COMMAND_ACK_AIM),
        Line("any answer at all", "", f"floor: {shares(bare.commands)}"),
    ]


async def backlogs(bench: Bench) -> list[Line]:
    """(c) Three hundred messages of twenty cases in one channel, at Slack's limits."""
    bench.say(f"(c) a backlog of {backlog.MESSAGES} messages of {backlog.CASES} cases in one channel")
    with postgres.database(bench.server) as url:
        async with rig.sandbox(bench.http, bench.folder, channels=CHANNELS, limits=True) as slack:
            place = Place(bench.folder, slack, url)
            migrate(place)
            as_usual = {"CX_POST_INTERVAL_SECONDS": "1.0", "CX_MERGE": "true"}
            async with (
                _running(bench, OURS, place, changes=as_usual) as running,
                crowd(slack, running.address) as people,
            ):
                found = await backlog.measure(people)
    return [
        must("backlog: lost", str(found.lost), "0", found.lost == 0),
        must("backlog: doubled", str(found.doubled), "0", found.doubled == 0),
        must("backlog: refused with 429", str(found.refused), "0", found.refused == 0),
        must("backlog: messages per second", f"{found.per_second:.1f}", "> 1", found.per_second > 1),
        Line("backlog: posts", str(found.posts)),
    ]


async def costs(bench: Bench) -> list[Line]:
    """(d) Processor time and connections of a message."""
    found: dict[str, cost.Cost] = {}
    for program in (OURS, FLOOR, STACK):
        bench.say(f"(d) {program.name}: cost of {cost.MESSAGES} messages")
        with postgres.database(bench.server) as url:
            async with (
                rig.sandbox(bench.http, bench.folder, channels=CHANNELS, limits=False) as slack,
                cost.doorkeeper(slack) as keeper,
            ):
                place = Place(bench.folder, slack, url)
                if program is OURS:
                    migrate(place)
                relayed = {"SLACK_API_URL": f"{keeper.address}/api/"}
                async with (
                    _running(bench, program, place, changes=relayed) as running,
                    crowd(slack, running.address) as people,
                ):
                    await people.gather(latency.SEATS, CHANNELS, screens=False)
                    found[program.name] = await cost.measure(people, running, keeper)
    ours, floor, stack = (found[program.name] for program in (OURS, FLOOR, STACK))
    return [
        Line(
            "processor time per message",
            f"{ours.cpu_seconds * 1000:.2f} ms",
            f"floor: {floor.cpu_seconds * 1000:.2f} ms, stack: {stack.cpu_seconds * 1000:.2f} ms",
            f"{ours.cpu_seconds / stack.cpu_seconds:.2f}x stack",
        ),
        Line(
            "connections opened per 1,000 posts",
            f"{ours.connections:.0f}",
            f"floor: {floor.connections:.0f}, stack: {stack.connections:.0f}",
            "",
            f"≤ {CONNECTIONS_AIM:g}",
            ours.connections <= CONNECTIONS_AIM,
        ),
    ]


PARTS = {"a": latencies, "b": acks, "c": backlogs, "d": costs}
