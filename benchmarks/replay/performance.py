"""A whole replay: imports, players, drills, and the reading of both sides at the end."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiohttp import ClientError, ClientSession, TCPConnector

from benchmarks.chat import Api, Customer, Refused
from benchmarks.demo import Demo
from benchmarks.replay.audit import Evidence, Verdict, judge
from benchmarks.replay.board import Board
from benchmarks.replay.drills import Killer, cause_faults, living_addresses
from benchmarks.replay.players import Agent, CasePlayer, Played, Stage
from benchmarks.replay.recording import Conversation
from benchmarks.replay.threads import card_says_closed, entries, is_card_of, unmarked
from benchmarks.signals import Signal
from benchmarks.slack import Sandbox, keep_watching

QUIET_SECONDS = 90.0
"""At most so long both sides are read again until they agree."""
SETTLE_SECONDS = 3.0
"""After they agree: whatever is doubled late still shows."""


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
        async with _drills(company, options, killer, rng):
            played = await _play_all(company, conversations, options.at_once, killer)
        progress.reading()
        verdict = await _read_until_quiet(company, played)
        for customer in company.customers:
            await customer.close()
    return Outcome(verdict, played, killer.done, killer.recovery, time.monotonic() - began)


@asynccontextmanager
async def _company(demo: Demo, progress: Progress) -> AsyncIterator[Company]:
    signal = Signal()
    async with ClientSession(connector=TCPConnector(limit=0)) as http:
        sandbox = Sandbox(http, demo.control, demo.control_secret)
        board = Board(sandbox, signal)
        watching = asyncio.create_task(keep_watching(sandbox, board.see))
        try:
            await signal.until(lambda: board.users or None, 20)
            agents = [
                Agent(user["id"]) for user in board.users if not user["is_bot"] and not user["is_restricted"]
            ]
            stage = Stage(sandbox, board, signal, demo.undo_seconds, progress.turn_done)
            api = Api(http, demo.site, living_addresses(demo.home, demo))
            yield Company(stage, api, demo, agents)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


@asynccontextmanager
async def _drills(
    company: Company, options: Options, killer: Killer, rng: random.Random
) -> AsyncIterator[None]:
    """Kills and faults go on while the block runs; a kill that cannot be recovered from is raised."""
    faults = cause_faults(company.stage.sandbox, company.customers, rng) if options.faults else None
    tasks = [asyncio.create_task(faults)] if faults else []
    killing = asyncio.create_task(killer.run())
    try:
        yield
        await killing
    finally:
        for task in [killing, *tasks]:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


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


async def _read_until_quiet(company: Company, played: list[Played]) -> Verdict:
    deadline = time.monotonic() + QUIET_SECONDS
    while True:
        verdict = judge(await _read(company, played))
        if verdict.right:
            await asyncio.sleep(SETTLE_SECONDS)
            return judge(await _read(company, played))
        if time.monotonic() > deadline:
            return verdict
        await asyncio.sleep(2)


async def _read(company: Company, played: list[Played]) -> list[Evidence]:
    state = await company.stage.sandbox.state()
    threads: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for channel, messages in state["messages"].items():
        for message in messages:
            threads[channel, message.get("thread_ts") or message["ts"]].append(message)
    roots = [thread[0] for thread in threads.values()]
    return [await _evidence(company, each, threads[each.channel, each.thread_ts], roots) for each in played]


async def _evidence(
    company: Company, played: Played, thread: list[dict[str, Any]], roots: list[dict[str, Any]]
) -> Evidence:
    customer = played.customer
    transcript, status = await customer.transcript() if customer.token else ([], "new")
    reference = customer.reference
    return Evidence(
        id=f"{played.id} {reference}",
        said=played.said,
        places={
            "transcript": [(author, text.strip()) for author, text in transcript],
            "screen": [(shown.author, shown.text.strip()) for shown in customer.screen],
            "thread": entries(thread),
        },
        cards=sum(is_card_of(root, reference) for root in roots) if reference else 1,
        unmarked=unmarked(thread, company.stage.board.bot_user),
        closed=status == "closed" and bool(thread) and card_says_closed(thread[0]),
    )


def import_files(demo: Demo, customers: Path | None, orders: Path | None) -> None:
    """Run ``cx import`` for the given files; raises NotReady with what it said when it fails."""
    import os
    import subprocess
    import sys

    from benchmarks.demo import NotReady

    environment = os.environ | {"DATABASE_URL": demo.database_url, "CX_HOME": str(demo.home)}
    for kind, file in (("customers", customers), ("orders", orders)):
        if file is not None:
            done = subprocess.run(
                [sys.executable, "-m", "bot.cli", "import", kind, str(file)],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                said = (done.stderr or done.stdout).strip().splitlines()
                raise NotReady(
                    f"The {kind} could not be imported: {said[-1] if said else 'no reason was given'}"
                )
