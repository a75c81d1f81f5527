"""An answer that grows in Slack while it is written, and becomes whole whatever happens on the way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot import crashpoints
from bot.poster import SETTLE_SECONDS
from bot.workspace import Posted, Refused, Unclear, Workspace, can_pass, error_code
from cases.errors import Unavailable
from views.blocks import Block
from views.thread import Rendered

APPEND_SECONDS = 0.7
"""Between two calls with more words: Slack takes about a hundred a minute."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer goes."""

    channel: str
    thread_ts: str
    reader: str | None
    """For whom it is written; None in a direct message."""


class How(Enum):
    """How far a stream has come."""

    NOT_BEGUN = auto()
    OPEN = auto()
    REFUSED = auto()
    """Slack surely did not take the beginning: the answer is posted when it is whole."""
    UNCLEAR = auto()
    """Nobody knows what Slack shows of it: the whole answer takes its place in the end."""
    STOPPED = auto()
    """Nobody wants to read on."""


class Stream:
    """One answer on its way."""

    def __init__(
        self,
        slack: Workspace,
        place: Place,
        head: Block,
        begin: Callable[[], Awaitable[bool]],
        stands: Callable[[str], Awaitable[None]],
    ) -> None:
        """``begin`` notes that the first words are about to go (False: they are not wanted), ``stands``
        where they are."""
        self._slack = slack
        self._place = place
        self._head = head
        self._begin = begin
        self._stands = stands
        self._waiting = ""
        self._next = self._begun = 0.0
        self.ts: str | None = None
        self.how = How.NOT_BEGUN

    async def say(self, words: str) -> bool:
        """Show more words, when it is time; False when nobody wants to read on."""
        self._waiting += words
        if self.how in (How.NOT_BEGUN, How.OPEN) and self._waiting.strip() and time.monotonic() >= self._next:
            await (self._start() if self.ts is None else self._append())
        return self.how is not How.STOPPED

    async def _start(self) -> None:
        if not await self._begin():
            self.how = How.STOPPED
            return
        place, self._begun = self._place, time.monotonic()
        outcome = await self._slack.start_stream(
            place.channel, place.thread_ts, self._head, self._waiting, place.reader
        )
        crashpoints.reach("stream.after_start")
        match outcome:
            case Posted(ts):
                self.how, self.ts = How.OPEN, ts
                await self._stands(ts)
                self._sent()
            case Refused(error):
                self.how = How.REFUSED
                log.info("stream.refused", error=error)
            case Unclear(error):
                self.how = How.UNCLEAR
                log.info("stream.unclear", error=error)

    async def _append(self) -> None:
        assert self.ts is not None
        outcome = await self._slack.append_stream(self._place.channel, self.ts, self._waiting)
        match outcome:
            case Posted():
                self._sent()
                crashpoints.reach("stream.after_append")
            case Refused("stopped_by_user"):
                self.how = How.STOPPED
            case Refused(_, retry_after) if retry_after is not None:
                self._next = time.monotonic() + retry_after
            case Refused(error) | Unclear(error):
                self.how = How.UNCLEAR
                log.info("stream.unclear", error=error)

    def _sent(self) -> None:
        self._waiting = ""
        self._next = time.monotonic() + APPEND_SECONDS

    async def settle(self) -> None:
        """Wait until a beginning that nobody answered for can no longer be on its way."""
        await asyncio.sleep(max(0.0, self._begun + SETTLE_SECONDS - time.monotonic()))

    async def finish(self, foot: list[Block]) -> bool:
        """The last words, with ``foot`` below them; False when the whole answer must be put in its place."""
        if self.ts is None or self.how not in (How.OPEN, How.STOPPED):
            return False
        words = self._waiting if self.how is How.OPEN else ""
        outcome = await self._slack.stop_stream(self._place.channel, self.ts, words, foot)
        crashpoints.reach("stream.after_stop")
        return isinstance(outcome, Posted)


async def put_in_place(slack: Workspace, channel: str, ts: str, whole: Rendered) -> None:
    """Have the post ``ts``, which may have stopped half-way, show the ``whole`` answer.

    Raises Unavailable when Slack does not take it now. Where somebody deleted the post nothing is shown.
    """
    # A post that still grows cannot be changed; one that does not any more refuses to be stopped.
    await slack.stop_stream(channel, ts, "", [])
    try:
        await slack.update(channel, ts, whole.text, whole.blocks)
    except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
        grows = isinstance(error, SlackApiError) and error_code(error) == "streaming_state_conflict"
        if grows or can_pass(error):
            raise Unavailable from error
        log.warning("stream.not_replaced", error=type(error).__name__)
