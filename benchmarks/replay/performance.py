"""A whole replay: imports, players, drills, and the reading of both sides at the end."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import ClientError, ClientSession, TCPConnector

from benchmarks.chat import Api, Customer, Refused
from benchmarks.demo import Demo, NotReady
from benchmarks.replay.audit import Verdict
from benchmarks.replay.board import Board
from benchmarks.replay.drills import Killer, cause_faults, keep_looking, living_addresses
from benchmarks.replay.players import Agent, CasePlayer, Played, Stage
from benchmarks.replay.reading import read_until_quiet
from benchmarks.replay.recording import Conversation
from benchmarks.signals import Signal
from benchmarks.slack import Sandbox, keep_watching

_ANSWER_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Options:
    """How to play."""

    at_once: int = 10
    kills: int = 0
    faults: bool = False
    seed: int | None = None


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


@dataclass(slots=True)
class Company:
    """The people and the stage of one replay."""

    stage: Stage
    api: Api
    demo: Demo
    agents: list[Agent]
    customers: set[Customer] = field(default_factory=set)
    started: int = 0
    _opening: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def perform(self, conversation: Conversation) -> Played:
        """Play one conversation in a chat session of its own."""
        customer = Customer(self.api, self.stage.signal)
        self.customers.add(customer)
        self.started += 1
        agents = (
            self.agents[self.started % len(self.agents) :] + self.agents[: self.started % len(self.agents)]
        )
        player = CasePlayer(self.stage, conversation, customer, agents)
        # Until its first message is there, a visitor's new conversation is the same for all their windows.
        opening = self._opening[conversation.visitor.user_id]
        await opening.acquire()
        release = _once(opening.release)
        try:
            await customer.open(conversation.visitor, self.demo.site_secret)
            return await player.play(after_first=release)
        except (Refused, TimeoutError, ClientError) as error:
            player.played.stuck = f"{type(error).__name__}: {error}"
            return player.played
        finally:
            release()


def _once(action: Callable[[], None]) -> Callable[[], None]:
    done = False

    def act() -> None:
        nonlocal done
        if not done:
            done = True
            action()

    return act


async def replay(
    demo: Demo, conversations: list[Conversation], options: Options, progress: Progress
) -> Outcome:
    """Play the conversations, then read both sides; raises NotReady when a drill cannot go on."""
    began, rng = time.monotonic(), random.Random(options.seed)
    async with _company(demo, progress) as company:
        http = company.api.http
        killer = Killer(demo.home, options.kills, http, rng, progress.killed)
        try:
            played = await _play_under_drills(company, conversations, options, killer, rng)
        except ExceptionGroup as errors:
            raise _first(errors) from None
        progress.reading()
        verdict = await read_until_quiet(company.stage.board, company.stage.sandbox, played)
    return Outcome(verdict, played, killer.done, killer.recovery, time.monotonic() - began)


@asynccontextmanager
async def _company(demo: Demo, progress: Progress) -> AsyncIterator[Company]:
    signal = Signal()
    async with ClientSession(connector=TCPConnector(limit=0)) as http:
        sandbox = Sandbox(http, demo.control, demo.control_secret)
        board = Board(sandbox, signal)
        watching = asyncio.create_task(keep_watching(sandbox, board.see))
        stage = Stage(sandbox, board, signal, demo.undo_seconds, progress.turn_done)
        api = Api(http, demo.site, living_addresses(demo.home, demo))
        company = Company(stage, api, demo, await _agents(board, signal))
        try:
            yield company
        finally:
            for customer in company.customers:
                await customer.close()
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _agents(board: Board, signal: Signal) -> list[Agent]:
    """Everybody in the workspace but guests and apps; raises NotReady when nobody is to be seen."""
    users = await signal.until(lambda: board.users or None, _ANSWER_SECONDS)
    agents = [Agent(user["id"]) for user in users or () if not user["is_bot"] and not user["is_restricted"]]
    if not agents:
        raise NotReady("The demo's Slack workspace does not answer, or has no members. Start the demo anew.")
    return agents


async def _play_under_drills(
    company: Company,
    conversations: list[Conversation],
    options: Options,
    killer: Killer,
    rng: random.Random,
) -> list[Played]:
    """Play while kills and faults go on; ends at once when the demo does."""
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(keep_looking(company.demo.home))]
        if options.faults:
            faults = cause_faults(company.stage.sandbox, company.customers, rng)
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
