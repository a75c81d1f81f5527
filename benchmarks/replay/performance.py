"""A whole replay: players, drills, and the reading of both sides at the end."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from benchmarks.replay.audit import Verdict
from benchmarks.replay.company import Company, Options, Ready, open_company
from benchmarks.replay.drills import Killer, cause_faults, keep_looking
from benchmarks.replay.players import Played
from benchmarks.replay.reading import read_until_quiet
from benchmarks.replay.recording import Conversation


class Progress(Protocol):
    """Whoever shows how far the replay is."""

    def turn_done(self) -> None:
        """Another turn has arrived."""

    def killed(self) -> None:
        """Another process was killed."""

    def reading(self) -> None:
        """Everything was played; both sides are being read."""


@dataclass(slots=True)
class Outcome:
    """What a replay found out. Times are seconds."""

    verdict: Verdict
    played: list[Played]
    kills: int
    recovery: list[float]
    seconds: float
    strays: int = 0
    """Replies that belong to nobody's conversation, or were not signed."""
    sent_again: int = 0
    arrived_after_all: int = 0
    """So often a person had to say what became of a reply: send it again, or that it arrived."""

    @property
    def right(self) -> bool:
        """Whether every figure is as it must be."""
        return self.verdict.right and not self.strays


async def replay(
    conversations: list[Conversation], options: Options, progress: Progress, ready: Ready
) -> Outcome:
    """Play the conversations, then read both sides; raises NotReady when a drill cannot go on."""
    rng = random.Random(options.seed)
    async with open_company(options, progress.turn_done, ready) as company:
        began = time.monotonic()
        killer = Killer(company.demo.home, options.kills, company.api.http, rng, progress.killed)
        try:
            played = await _play_under_drills(company, conversations, killer, rng)
        except ExceptionGroup as errors:
            raise _first(errors) from None
        progress.reading()
        verdict = await read_until_quiet(company.stage.board, company.stage.sandbox, played)
        return Outcome(
            verdict,
            played,
            killer.done,
            killer.recovery,
            time.monotonic() - began,
            company.strays(),
            company.attendant.again,
            company.attendant.arrived,
        )


async def _play_under_drills(
    company: Company,
    conversations: list[Conversation],
    killer: Killer,
    rng: random.Random,
) -> list[Played]:
    """Play while kills and faults go on; ends at once when the demo does."""
    options, office = company.options, company.house.office if company.house else None
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(keep_looking(company.demo.home))]
        if options.faults:
            faults = cause_faults(company.stage.sandbox, company.customers, rng, office)
            beside.append(group.create_task(faults))
        killing = group.create_task(killer.run())
        played = await _play_all(company, conversations, options.at_once, killer)
        await killing
        for task in beside:
            task.cancel()
    return played


def _first(errors: ExceptionGroup) -> Exception:
    error: Exception = errors
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


async def _play_all(
    company: Company, conversations: list[Conversation], at_once: int, killer: Killer
) -> list[Played]:
    """Every conversation once, and again from the first while kills are left."""
    programme = _programme(conversations, killer)
    played: list[Played] = []

    async def play_on() -> None:
        for conversation in programme:
            one = await company.perform(conversation)
            played.append(one)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(play_on())
    return played


def _programme(conversations: list[Conversation], killer: Killer) -> Iterator[Conversation]:
    yield from conversations
    for conversation in itertools.cycle(conversations):
        if killer.spent:
            return
        yield conversation
