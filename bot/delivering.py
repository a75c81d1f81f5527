"""Replies on mail and other outside channels are handed over: in workers, each exchange in its order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import UUID

import structlog

from bot import crashpoints
from cases.clock import Clock
from cases.deliveries import Sender
from cases.enums import Channel
from cases.errors import Unavailable
from flows import deliver
from storage import deliveries
from storage.db import Database, DatabaseError, Row

IDLE_SECONDS = 0.5
ATTEMPT_SECONDS = 60.0
"""An attempt that takes longer ends without anybody knowing how."""
_AT_ONCE = 8
_LONGEST_SECONDS = 30.0
"""Between two tries at a database that is away."""

log = structlog.get_logger(__name__)


class Deliveries:
    """Hands replies to the senders of their channels."""

    def __init__(
        self,
        db: Database,
        senders: Mapping[Channel, Sender],
        path: Callable[[UUID], Path],
        clock: Clock,
    ) -> None:
        """``path`` says where a file lies."""
        self._db = db
        self._senders = {channel.value: sender for channel, sender in senders.items()}
        self._path = path
        self._clock = clock

    async def run(self) -> None:
        """Hand over until cancelled; what is under way then is somebody else's when its lease ends."""
        wait = IDLE_SECONDS
        while True:
            try:
                wait = 0.0 if await self.work() else IDLE_SECONDS
            except (Unavailable, DatabaseError, OSError) as error:
                wait = min(max(wait, IDLE_SECONDS) * 2, _LONGEST_SECONDS)
                log.warning("deliveries.failed", error=type(error).__name__)
            except Exception:
                wait = _LONGEST_SECONDS
                log.exception("deliveries.broken")
            await asyncio.sleep(wait)

    async def work(self) -> int:
        """Hand over some of what is due, side by side; how many they were."""
        if not self._senders:
            return 0
        repeatable = {channel: sender.repeatable for channel, sender in self._senders.items()}
        await deliver.give_up_lost(self._db, repeatable, self._clock.now())
        claims = await deliveries.claim(self._db, list(self._senders), _AT_ONCE)
        await asyncio.gather(*(self._deliver(claim) for claim in claims))
        return len(claims)

    async def _deliver(self, claim: Row) -> None:
        """One attempt; where the database is away at its end, its lease ends it."""
        sender = self._senders[claim["channel"]]
        crashpoints.reach("delivery.after_claim")
        try:
            await self._attempt(claim, sender)
        except (Unavailable, DatabaseError, OSError) as error:
            log.warning("deliveries.left", delivery=claim["id"], error=type(error).__name__)

    async def _attempt(self, claim: Row, sender: Sender) -> None:
        reply = await deliver.outbound(self._db, claim["id"], self._path)
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                sent = await sender.send(reply)
        except Exception as error:
            log.warning(
                "deliveries.not_sent", delivery=claim["id"], error=type(error).__name__, attempt=reply.attempt
            )
            now, repeatable = self._clock.now(), sender.repeatable
            await deliver.failed(self._db, claim, error, now, repeatable=repeatable)
            return
        crashpoints.reach("delivery.after_send")
        await deliver.taken(self._db, claim, sent, self._clock.now())
