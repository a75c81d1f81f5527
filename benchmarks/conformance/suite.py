"""Runs all checks, one after the other, each in a fresh workspace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slack_sdk.errors import SlackClientError

# Each of these puts its checks into the table.
from benchmarks.conformance import (  # noqa: F401
    blocks,
    channels,
    delivery,
    events,
    faults,
    files,
    http_mode,
    installing,
    interactions,
    limits,
    posting,
    refusals,
    views,
)
from benchmarks.conformance.checks import CHECKS, KINDS, Check
from benchmarks.conformance.verdicts import Wrong
from benchmarks.conformance.workspace import EVENTS
from benchmarks.conformance.world import World, world

CHECK_SECONDS = 30.0

Told = Callable[[int, int, str], None]
"""Is told how many checks are done, of how many, and which one is next."""


@dataclass(frozen=True)
class Line:
    """What became of one check; `problem` is empty when it passed."""

    kind: str
    name: str
    says: str
    problem: str
    seconds: float


@dataclass(frozen=True)
class Outcome:
    lines: list[Line]

    @property
    def right(self) -> bool:
        return bool(self.lines) and not any(line.problem for line in self.lines)


async def run_suite(folder: Path, only: str, ack_seconds: float, tell: Told) -> Outcome:
    """The outcome of all checks whose name contains `only`, and of the search for what has no check."""
    async with world(folder, ack_seconds) as there:
        chosen = [each for each in CHECKS if only in each.name]
        chosen.sort(key=lambda each: KINDS.index(each.kind))
        lines: list[Line] = []
        for each in chosen:
            tell(len(lines), len(chosen), f"{each.kind} {each.name}")
            lines.append(await _run(there, each))
        if not only:
            lines += await _missing(there)
    return Outcome(lines)


async def _run(there: World, check: Check) -> Line:
    started, problem = time.monotonic(), ""
    try:
        await there.fresh(limits=check.limits)
        await asyncio.wait_for(check.run(there), CHECK_SECONDS)
    except Wrong as wrong:
        problem = str(wrong)
    except (SlackClientError, OSError, TimeoutError, LookupError, TypeError, ValueError) as error:
        problem = f"{type(error).__name__}: {error}"
    return Line(check.kind, check.name, check.says, problem, time.monotonic() - started)


async def _missing(there: World) -> list[Line]:
    """A failed line for each method and event that the workspace has and no check names."""
    methods = set((await there.look("surface"))["methods"])
    named = {check.name for check in CHECKS}
    subscribed = {event.partition(".")[0] for event in EVENTS}
    lost = [("method", name) for name in sorted(methods - named)]
    lost += [("event", name) for name in sorted(subscribed - named)]
    return [Line(kind, name, "is checked", "no check names it", 0.0) for kind, name in lost]
