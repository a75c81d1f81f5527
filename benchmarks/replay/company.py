"""The people and the stage of one replay: agents, customers, and the lines between them."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import ClientError, ClientSession, TCPConnector

from benchmarks.chat import Api, Refused
from benchmarks.demo import Demo, NotReady
from benchmarks.replay.attendant import Attendant
from benchmarks.replay.board import Board
from benchmarks.replay.customer import Customer
from benchmarks.replay.drills import living_addresses
from benchmarks.replay.lines import ApiLine, ChatLine, Line, MailLine
from benchmarks.replay.players import Agent, CasePlayer, Played, Stage
from benchmarks.replay.recording import Conversation
from benchmarks.signals import Signal
from benchmarks.slack import Sandbox, keep_watching

if TYPE_CHECKING:
    from benchmarks.replay.house import House

_ANSWER_SECONDS = 20.0

Ready = Callable[[Demo | None], Demo]
"""Makes a demo ready (the one just started, else the running one): looks at it, imports what is needed."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to play."""

    at_once: int = 10
    kills: int = 0
    faults: bool = False
    seed: int | None = None
    channels: tuple[str, ...] = ("chat",)
    demo_words: tuple[str, ...] = ()
    """For the ``cx demo`` of the replay's own."""

    @property
    def needs_house(self) -> bool:
        """Whether a company of its own is started: mail and API are named in its files."""
        return self.channels != ("chat",)


@dataclass(slots=True)
class Company:
    """Who plays, and where."""

    stage: Stage
    api: Api
    demo: Demo
    agents: list[Agent]
    options: Options
    attendant: Attendant
    house: House | None = None
    customers: list[Customer] = field(default_factory=list)
    _opening: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def perform(self, conversation: Conversation) -> Played:
        """Play one conversation, in lines of its own on all channels."""
        number = len(self.customers)
        customer = self._customer(conversation, number)
        self.customers.append(customer)
        first = (number + 1) % len(self.agents)
        agents = self.agents[first:] + self.agents[:first]
        player = CasePlayer(self.stage, conversation, customer, agents)
        self.attendant.played.append(player.played)
        try:
            return await player.play()
        except (Refused, TimeoutError, ClientError) as error:
            player.played.stuck = f"{type(error).__name__}: {error}"
            return player.played

    def _customer(self, conversation: Conversation, number: int) -> Customer:
        seed = self.options.seed
        rng = random.Random(None if seed is None else f"{seed} {conversation.id} {number}")
        return Customer(self.options.channels, rng, lambda channel: self._line(channel, conversation))

    def _line(self, channel: str, conversation: Conversation) -> Line:
        visitor, board = conversation.visitor, self.stage.board
        if channel == "chat":
            # Until its first message is there, a visitor's new conversation is that of all their windows.
            opening = self._opening[visitor.user_id]
            return ChatLine(self.api, board, self.stage.signal, visitor, self.demo.site_secret, opening)
        assert self.house is not None
        if channel == "mail":
            return MailLine(self.house.office, board, visitor, conversation.turns[0].text)
        return ApiLine(self.house.system, self.api, board, visitor)

    def strays(self) -> int:
        """Replies that belong to no conversation, and requests that were not signed as they must be."""
        if self.house is None:
            return 0
        lines = [line for customer in self.customers for line in customer.lines.values()]
        mails = [line for line in lines if isinstance(line, MailLine)]
        threads = [line for line in lines if isinstance(line, ApiLine)]
        lost_mails = [mail for mail in self.house.office.sent if not any(one.claims(mail) for one in mails)]
        replies = self.house.system.replies
        lost_replies = [reply for reply in replies if not any(one.claims(reply) for one in threads)]
        return len(lost_mails) + len(lost_replies) + self.house.system.forged

    async def leave(self) -> None:
        """All customers stop listening."""
        for customer in self.customers:
            await customer.close()


@asynccontextmanager
async def open_company(
    options: Options, turn_done: Callable[[], None], ready: Ready
) -> AsyncIterator[Company]:
    """The company of a replay, with agents who see what happens; raises NotReady."""
    signal = Signal()
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(ClientSession(connector=TCPConnector(limit=0)))
        house = (
            await stack.enter_async_context(_house(http, signal, options)) if options.needs_house else None
        )
        demo = await asyncio.to_thread(ready, house.demo if house else None)
        sandbox = Sandbox(http, demo.control, demo.control_secret)
        board = Board(sandbox, signal)
        stack.push_async_callback(_end, asyncio.create_task(keep_watching(sandbox, board.see)))
        agents = await _agents(board, signal)
        attendant = Attendant(sandbox, board, signal, agents[0].id)
        stack.push_async_callback(_end, asyncio.create_task(attendant.run()))
        stage = Stage(sandbox, board, signal, demo.undo_seconds, turn_done)
        api = Api(http, demo.site, living_addresses(demo.home, demo))
        company = Company(stage, api, demo, agents, options, attendant, house)
        stack.push_async_callback(company.leave)
        yield company


@asynccontextmanager
async def _house(http: ClientSession, signal: Signal, options: Options) -> AsyncIterator[House]:
    try:
        from benchmarks.replay.house import open_house
    except ModuleNotFoundError as error:
        raise NotReady(
            f"--channels needs mail servers ({error.name} is missing): pip install -e '.[dev]'"
        ) from None
    faults = random.Random(options.seed) if options.faults else None
    async with open_house(http, signal, faults, options.demo_words) as house:
        yield house


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _agents(board: Board, signal: Signal) -> list[Agent]:
    """Everybody in the workspace but guests and apps; raises NotReady when nobody is to be seen."""
    users = await signal.until(lambda: board.users or None, _ANSWER_SECONDS)
    agents = [Agent(user["id"]) for user in users or () if not user["is_bot"] and not user["is_restricted"]]
    if not agents:
        raise NotReady("The demo's Slack workspace does not answer, or has no members. Start the demo anew.")
    return agents
