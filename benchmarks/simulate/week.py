"""The whole of a week: everything is started, played, read, and judged."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector

from benchmarks import postgres, rig
from benchmarks.chat import Api
from benchmarks.programs import Place, migrate
from benchmarks.simulate import world
from benchmarks.simulate.clock import Clock, Turns, prepare
from benchmarks.simulate.eyes import Eyes, Json
from benchmarks.simulate.log import Log
from benchmarks.simulate.oracle import expected
from benchmarks.simulate.play import Play, Thread
from benchmarks.simulate.rules import Reminder
from benchmarks.simulate.script import Script
from benchmarks.simulate.seen import seen
from benchmarks.simulate.town import Town, town
from benchmarks.simulate.verdict import Verdict, judge
from benchmarks.simulate.wall import MINUTE, walls
from benchmarks.slack import Sandbox, keep_watching

_DAYS_OF_HOURS = 45


@dataclass(frozen=True, slots=True)
class Options:
    """What is to be played."""

    cases: int
    days: int
    seed: int
    replicas: int
    workers: int
    kills: int


@dataclass
class Outcome:
    """What came of it."""

    verdict: Verdict
    facts: list[Json]
    company: Json
    hops: int
    unknown: list[Json] = field(default_factory=list)
    """What people did and the program's log does not know."""
    kills: int = 0
    recoveries: list[float] = field(default_factory=list)
    """Seconds from each kill until all served again."""
    seconds: float = 0.0


async def week(folder: Path, server: str, options: Options, say: Callable[[str], None]) -> Outcome:
    """Play one week in a company of its own. Raises DidNotStart."""
    start, holiday = world.next_week(datetime.now(UTC))
    hours = world.calendars(holiday)
    world.write_config(folder, hours)
    company: Json = json.loads(world.as_json(hours, start))
    connector = TCPConnector(limit=0, keepalive_timeout=3)
    async with ClientSession(connector=connector) as http:
        with postgres.database(server) as url:
            async with rig.sandbox(http, folder, channels=0, limits=False, people=world.seed()) as slack:
                place = Place(folder, slack, url)
                await asyncio.to_thread(migrate, place)
                prepare(url, start)
                say("starting the replicas")
                async with town(http, place, options.replicas, options.workers, options.kills) as running:
                    sandbox = Sandbox(http, f"{slack}/control", rig.CONTROL_SECRET)
                    return await _play(running, sandbox, url, company, options, say)


async def _play(
    running: Town, sandbox: Sandbox, url: str, company: Json, options: Options, say: Callable[[str], None]
) -> Outcome:
    start = datetime.fromisoformat(company["start"])
    made = walls(company["calendars"], start - timedelta(days=2), _DAYS_OF_HOURS)
    script = Script(options.seed, options.cases, options.days, made, 2 * 24 * 60)
    eyes, clock = Eyes(sandbox), Clock(running.http, running.addresses)
    watching = asyncio.create_task(keep_watching(sandbox, eyes.see))
    apis = [Api(running.http, rig.site(number), running.addresses) for number in range(world.TEAMS)]
    log = Log(url, made["office"])
    play = Play(clock, eyes, lambda case: apis[case % world.TEAMS], made, log, running.suffer, say)
    running.begin_to_kill(random.Random(options.seed))
    begun = time.monotonic()
    try:
        threads = await play.play(script.acts)
        await running.quiet()
        await eyes.until(lambda: all(eyes.shows(each.card, "Closed") for each in threads), 30)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await log.close()
    took = time.monotonic() - begun
    say("comparing with the oracle")
    outcome = await asyncio.to_thread(_judge, company, play.facts, eyes, threads, Turns(url))
    outcome.unknown, outcome.kills, outcome.seconds = log.unknown, running.kills, took
    outcome.recoveries = running.recoveries
    return outcome


def _judge(company: Json, facts: list[Json], eyes: Eyes, threads: list[Thread], turns: Turns) -> Outcome:
    base = datetime.fromisoformat(company["start"]) - timedelta(days=2)
    office = walls({"office": company["calendars"]["office"]}, base, 1)["office"]
    cases = {each.card[1]: each.reference for each in threads}
    for fact in facts:
        if fact["what"] == "asked":
            cases[fact["thread"]] = fact["case"]
        if fact["what"] == "snoozed":
            fact["post"] = office.moment(turns.business(fact["post"])) // MINUTE
    found: list[Reminder] = sorted(each for each, _ in seen(eyes.first, cases, turns, office))
    verdict = judge(company, facts, expected(company, facts), found)
    for promise in verdict.promises:
        card = next(each.card for each in threads if each.reference == promise["case"])
        if eyes.shows(card, ": kept") or eyes.shows(card, ": not kept"):
            promise["kept"] = eyes.shows(card, ": kept")
    return Outcome(verdict, facts, company, len(turns.turns))


def plain(outcome: Outcome) -> dict[str, Any]:
    """Everything for machines: facts, both lists, and what differs."""
    verdict = outcome.verdict
    names = ("expected", "seen", "missed", "doubled", "unexpected", "outside_hours", "after_close")
    lists = {name: [asdict(each) for each in getattr(verdict, name)] for name in names}
    return {
        "company": outcome.company,
        "facts": outcome.facts,
        **lists,
        "untold": verdict.untold,
        "promises": verdict.promises,
        "unknown": outcome.unknown,
        "kills": outcome.kills,
    }
