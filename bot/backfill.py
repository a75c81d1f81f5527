"""Reading from Slack what no event told us, after an outage and, slowly, always."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot import missed
from bot.inbox import Inbox
from bot.missed import Known, Ours
from bot.pacing import Bucket
from bot.rooms import Rooms
from bot.workspace import Refused, Workspace, can_pass, error_code, outcome_of
from cases.errors import Unavailable
from storage import listening, thread_reads
from storage.db import Database, DatabaseError, Row

POLL_SECONDS = 1.0
_PER_MINUTE = 40
"""Of Slack's 50 a minute for conversations.replies; the poster needs some to look for posts."""
_BURST = 10
_SWEEP_SECONDS = 15.0
_CLOSED_BEFORE = timedelta(hours=1)
_GONE = frozenset({"thread_not_found", "message_not_found"})

log = structlog.get_logger(__name__)


class Backfill:
    """One replica of all reads the threads; another takes over when it is gone."""

    def __init__(
        self, db: Database, workspace_id: int, slack: Workspace, inbox: Inbox, rooms: Rooms, *, paced: bool
    ) -> None:
        self._db = db
        self._workspace_id = workspace_id
        self._slack = slack
        self._inbox = inbox
        self._rooms = rooms
        self._ours = Ours(slack.bot, slack.bot_user)
        self._me = uuid4().hex
        self._bucket = Bucket(60 / _PER_MINUTE if paced else 0.0, _BURST)
        self._sweeps = Bucket(_SWEEP_SECONDS, 1)

    async def run(self) -> None:
        """Read what is to be read, until cancelled."""
        while True:
            try:
                busy = await self.step()
            except (DatabaseError, Unavailable, OSError) as error:
                log.warning("backfill.interrupted", error=type(error).__name__)
                busy = False
            await asyncio.sleep(self._bucket.wait() if busy else POLL_SECONDS)

    async def step(self) -> bool:
        """Read one thread, if it is this replica's turn and one is due; whether it was so."""
        wanted = await listening.claim(self._db, self._workspace_id, self._me)
        if wanted is None:
            return False
        row = await self._due(wanted)
        if row is None:
            return False
        if not self._bucket.room():
            return True
        try:
            await self._read(row)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            return await self._failed(row, error)
        await thread_reads.done(self._db, self._workspace_id, row["id"], row["started"])
        return True

    async def _due(self, wanted: Row) -> Row | None:
        if wanted["read_from"] is None:
            if not self._sweeps.room():
                return None
            self._sweeps.take()
            return await thread_reads.sweep_due(self._db, self._workspace_id)
        since = wanted["read_from"] - _CLOSED_BEFORE
        row = await thread_reads.due(self._db, self._workspace_id, wanted["read_after"], since)
        if row is None:
            log.info("backfill.finished", since=wanted["read_from"].isoformat())
            await listening.finished(self._db, self._workspace_id, wanted["read_after"])
        return row

    async def _failed(self, row: Row, error: Exception) -> bool:
        """Wait, or leave a thread that Slack does not show; whether to go on at once."""
        channel, outcome = row["slack_channel"], outcome_of(error)
        log.info("backfill.not_read", case=row["id"], error=outcome.error)
        if isinstance(outcome, Refused) and outcome.retry_after:
            self._bucket.empty(outcome.retry_after)
            return True
        if isinstance(outcome, Refused) and await self._rooms.refused(channel, outcome.error):
            return True
        if not can_pass(error):
            await thread_reads.done(self._db, self._workspace_id, row["id"], row["started"])
        return False

    async def _read(self, row: Row) -> None:
        """Take in what is new in a thread, changed, marked or gone."""
        known = Known(
            channel=row["slack_channel"],
            thread=row["thread_ts"],
            notes=await thread_reads.notes(self._db, row["id"], missed.SEND),
            posts=await thread_reads.posts(self._db, row["id"]),
            now=row["started"].timestamp(),
        )
        thread = await self._thread(known)
        taken = 0
        for event_id, event in [
            *missed.written(known, thread, self._ours),
            *missed.tombstone(known, thread, self._ours),
        ]:
            taken += await self._inbox.take_in(event_id, event)
        for ts, event_id, event in missed.missing(known, thread, self._ours):
            if await self._is_gone(known.channel, ts):
                taken += await self._inbox.take_in(event_id, event)
        if taken:
            log.info("backfill.taken_in", case=row["id"], events=taken)

    async def _thread(self, known: Known) -> list[dict[str, Any]]:
        self._bucket.take()
        try:
            return await self._slack.thread(known.channel, known.thread, "9")
        except SlackApiError as error:
            if error_code(error) not in _GONE:
                raise
            return []

    async def _is_gone(self, channel: str, ts: str) -> bool:
        """Whether Slack does not have a message any more; it may only have moved to another case."""
        self._bucket.take()
        try:
            return await self._slack.message(channel, ts) is None
        except SlackApiError as error:
            if error_code(error) not in _GONE:
                raise
            return True
