"""Slack events: stored before the acknowledgement, then handled at once, swept after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError

from bot import crashpoints
from bot.pulse import Pulse
from bot.workspace import Workspace, can_pass, post_of
from cases.errors import Unavailable
from storage import inbox
from storage.db import LOST, Database

Event = dict[str, Any]
Handler = Callable[[int, Event], Awaitable[None]]
"""Handles the stored event (inbox id, event): marks it as handled in the transaction of its effect."""
OwnPost = Callable[[UUID, str], Awaitable[None]]

_SWEEP_AGE = 2.0
_TROUBLE = (
    SlackClientError,
    aiohttp.ClientError,
    *LOST,
    Unavailable,
    OSError,  # includes TimeoutError
)

log = structlog.get_logger(__name__)


def kind_of(event: Event) -> str:
    """The type of an event, with its subtype: what it is handled as."""
    subtype = event.get("subtype")
    return f"{event['type']}.{subtype}" if subtype else str(event["type"])


class Inbox:
    """Takes Slack events in; ``handlers`` is the visible table of what is done with which kind.

    What does not concern us is not even written down: most of what a busy workspace says and does.
    """

    def __init__(
        self,
        db: Database,
        workspace_id: int,
        slack: Workspace,
        handlers: Mapping[str, Handler],
        own_post: OwnPost,
        concerns_us: Callable[[Event], bool],
        pulse: Pulse | None = None,
    ) -> None:
        self._db = db
        self._workspace_id = workspace_id
        self._slack = slack
        self._handlers = handlers
        self._own_post = own_post
        self._concerns_us = concerns_us
        self._pulse = pulse or Pulse()
        self._tasks: set[asyncio.Task[None]] = set()

    async def store(self, body: Event) -> Callable[[], None] | None:
        """Write the event of ``body`` (Slack's wrapper) down.

        Returns what to call after the acknowledgement to have it handled, or None when there is
        nothing to do. Raises when it could not be stored: then Slack must not be told that we
        have it.
        """
        self._pulse.event()
        stored = await self._store(body)
        return None if stored is None else lambda: self._start(*stored)

    async def take_in(self, event_id: str, event: Event) -> bool:
        """Take in what was read instead of heard, and handle it before returning; False if it was known."""
        stored = await self._store({"event_id": event_id, "event": event})
        if stored is None:
            return False
        await self.handle(*stored)
        return True

    async def _store(self, body: Event) -> tuple[int, str, Event] | None:
        event: Event = body["event"]
        if self._is_own(event):
            post = post_of(event)
            if post is not None:
                await self._own_post(post, event["ts"])
            return None
        kind = kind_of(event)
        if kind not in self._handlers or not self._concerns_us(event):
            return None
        if self._is_elsewhere(kind, event, shared=bool(body.get("is_ext_shared_channel"))):
            return None
        crashpoints.reach("inbox.before_store")
        channel, ts = _message_key(event)
        inbox_id = await inbox.store(self._db, self._workspace_id, body["event_id"], kind, channel, ts, event)
        crashpoints.reach("inbox.after_store")
        return None if inbox_id is None else (inbox_id, kind, event)

    def _is_own(self, event: Event) -> bool:
        return (
            event["type"] == "message"
            and event.get("subtype") in {None, "thread_broadcast", "file_share"}
            and (event.get("bot_id") == self._slack.bot or event.get("user") == self._slack.bot_user)
        ) or (event.get("subtype") == "bot_message" and event.get("bot_id") == self._slack.bot)

    def _is_elsewhere(self, kind: str, event: Event, *, shared: bool) -> bool:
        """What is none of our business: words in shared channels, other people's coming and going."""
        if kind == "member_joined_channel":
            return bool(event["user"] != self._slack.bot_user)
        spoken = event["type"] in {"message", "app_mention"}
        return shared and spoken and kind != "message.message_deleted"

    def _start(self, inbox_id: int, kind: str, event: Event) -> None:
        task = asyncio.create_task(self.handle(inbox_id, kind, event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def handle(self, inbox_id: int, kind: str, event: Event) -> None:
        """Handle one stored event; what fails is tried again by the sweep.

        Trouble with Slack, the network or the database is not the event's fault: it is tried until
        it works, for a week. Any other failure counts, what Slack refuses for good among them, and at last
        the event is set aside.
        """
        crashpoints.reach("inbox.after_ack")
        try:
            await self._handlers[kind](inbox_id, event)
            crashpoints.reach("inbox.after_effect")
        except Exception as error:
            incident = uuid4().hex[:8]
            log.exception("inbox.failed", inbox_id=inbox_id, kind=kind, incident=incident)
            await self._note_failure(inbox_id, kind, error, incident)

    async def _note_failure(self, inbox_id: int, kind: str, error: Exception, incident: str) -> None:
        # Not the error's own words: they can hold a customer's.
        what = f"{type(error).__name__} {incident}"
        try:
            if isinstance(error, _TROUBLE) and can_pass(error):
                await inbox.put_off(self._db, inbox_id, what)
            elif await inbox.failed(self._db, inbox_id, what):
                log.error("inbox.set_aside", inbox_id=inbox_id, kind=kind, incident=incident)
        except _TROUBLE as also:
            # The database is away: the sweep finds the event when it is back.
            log.warning("inbox.failure_not_noted", error=type(also).__name__)

    async def sweep(self) -> None:
        """Handle what a stopped process stored but did not handle, and what is due for a retry."""
        for row in await inbox.waiting(self._db, self._workspace_id, _SWEEP_AGE):
            await self.handle(row["id"], row["kind"], row["event"])


def _message_key(event: Event) -> tuple[str | None, str | None]:
    """The channel and ts under which a message is written down once, whatever its event id."""
    if event["type"] != "message":
        return None, None
    return event.get("channel"), event.get("event_ts") or event.get("ts")
