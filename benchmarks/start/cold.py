"""Starts a program again and again, writes to it at once, and looks at what it has loaded and holds."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from aiohttp import ClientError

from benchmarks import rig
from benchmarks.crowd import Crowd, crowd
from benchmarks.mirror.table import Line, must
from benchmarks.model_server.serving import ModelServer
from benchmarks.programs import CHANNELS, OURS, Place, start
from benchmarks.replay.report import percentile
from benchmarks.with_model import MADE, stage

HEAVY = ("langchain", "langgraph", "openai", "sklearn")
"""Libraries of the model, and of the copilot that works without one: for workers only."""
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Bench(rig.Bench):
    """What a measurement is given."""

    rounds: int
    idle: float


@dataclass(slots=True)
class Found:
    """What was seen. Seconds count from the start of the process."""

    mirrored: list[float] = field(default_factory=list)
    healthy: list[float] = field(default_factory=list)
    memory: dict[str, list[float]] = field(default_factory=dict)
    """Process → megabytes that are its own, with its part of what it shares."""
    drafted: list[float] = field(default_factory=list)
    """From the first click on Draft to its card."""


async def starts(bench: Bench) -> list[Line]:
    """The figures; raises DidNotStart."""
    found = Found()
    async with stage(bench) as (model, place):
        for turn in range(bench.rounds):
            bench.say(f"start {turn + 1} of {bench.rounds}")
            await _one(bench, place, model, found)
        bench.say("what it loads")
        loaded = await _loaded(bench, place, model)
    return _lines(found, loaded)


async def _one(bench: Bench, place: Place, model: ModelServer, found: Found) -> None:
    running = start(OURS, place, changes={"OPENAI_BASE_URL": model.url})
    with rig.stopping(running):
        async with crowd(place.slack, running.address) as people:
            found.mirrored.append(await _first_mirrored(people, running))
            await rig.wait_ready(bench.http, running)
            found.healthy.append(time.monotonic() - running.started)
            await asyncio.sleep(bench.idle)
            _weigh(running, "at rest", found)
            found.drafted.append(await _first_draft(people))
            await asyncio.sleep(bench.idle)
            _weigh(running, "after a draft", found)


async def _first_mirrored(people: Crowd, running: rig.Running) -> float:
    """Seconds from the start to the first message in Slack, of a customer who tries until it works."""
    while True:
        if running.process.poll() is not None or time.monotonic() - running.started > _PATIENCE_SECONDS:
            raise rig.DidNotStart(f"{running.name} did not start: {running.last_words()}")
        try:
            await people.gather(1, CHANNELS, screens=False)
        except (ClientError, OSError):
            await asyncio.sleep(0.02)
            continue
        return people.in_slack.at[people.seats[0].first] - running.started


def _weigh(running: rig.Running, when: str, found: Found) -> None:
    for process in running.tree():
        role = "worker" if "worker" in process.cmdline() else "run"
        megabytes = process.memory_full_info().pss / 1e6
        found.memory.setdefault(f"{role}, {when}", []).append(megabytes)


async def _first_draft(people: Crowd) -> float:
    channel, ts = people.seats[0].thread
    began = time.monotonic()
    answer = await people.sandbox.act(rig.AGENTS[0], "click", channel=channel, ts=ts, action_id="case_draft")
    if not answer["ok"]:
        raise rig.DidNotStart(f"Draft was refused: {answer['error']}")
    while MADE not in str(await people.sandbox.state(channel, ts)):
        if time.monotonic() - began > _PATIENCE_SECONDS:
            raise rig.DidNotStart("No draft came.")
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def _loaded(bench: Bench, place: Place, model: ModelServer) -> list[str]:
    """Which of the heavy libraries the mirroring process has loaded, once it has mirrored a message.

    Python itself writes down each module that it loads (PYTHONPROFILEIMPORTTIME).
    """
    changes = {"OPENAI_BASE_URL": model.url, "PYTHONPROFILEIMPORTTIME": "1"}
    running = start(OURS, place, "--no-worker", changes=changes)
    before = running.log.stat().st_size
    with rig.stopping(running):
        async with crowd(place.slack, running.address) as people:
            await _first_mirrored(people, running)
            await asyncio.sleep(bench.idle)
    with running.log.open() as log:
        log.seek(before)
        modules = {line.rpartition("|")[2].strip() for line in log if line.startswith("import time:")}
    if "bot.run" not in modules:
        raise rig.DidNotStart("Python did not write down what it loads.")
    return sorted({name for name in HEAVY for module in modules if module.split(".")[0].startswith(name)})


def _lines(found: Found, loaded: list[str]) -> list[Line]:
    without_model = must(
        "libraries of the model in the process that mirrors", ", ".join(loaded) or "none", "none", not loaded
    )
    return [
        Line("start → first mirrored message (p50 / worst)", _seconds(found.mirrored)),
        Line("start → healthy, with a worker (p50 / worst)", _seconds(found.healthy)),
        Line("first Draft after a start → its card (p50 / worst)", _seconds(found.drafted)),
        *(
            Line(f"memory of {what}", f"{sum(each) / len(each):.0f} MB")
            for what, each in found.memory.items()
        ),
        without_model,
    ]


def _seconds(samples: list[float]) -> str:
    return f"{percentile(samples, 0.5):.2f} / {max(samples):.2f} s"
