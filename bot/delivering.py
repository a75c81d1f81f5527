"""Replies on mail and other outside channels are handed over: in workers, each exchange in its order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import UUID

import structlog

from bot import crashpoints
from bot.ending import end
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
_EACH_AT_ONCE = 2
"""Of these to one mailbox's server or one other system."""
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
        self._under_way: dict[asyncio.Task[None], deliveries.Place] = {}
        self._wait = IDLE_SECONDS

    async def run(self) -> None:
        """Hand over until cancelled; what is under way then is somebody else's when its lease ends."""
        try:
            while True:
                await self._rest(await self._round())
        finally:
            await end(*self._under_way)

    async def _round(self) -> float:
        """Begin what is due; for how many seconds to wait then."""
        try:
            await self._begin()
        except (Unavailable, DatabaseError, OSError) as error:
            self._wait = min(self._wait * 2, _LONGEST_SECONDS)
            log.warning("deliveries.failed", error=type(error).__name__)
        except Exception:
            self._wait = _LONGEST_SECONDS
            log.exception("deliveries.broken")
        else:
            self._wait = IDLE_SECONDS
        return self._wait

    async def _rest(self, seconds: float) -> None:
        """Wait so long, or until an attempt ends and its place is free: the others are not waited for."""
        if seconds == IDLE_SECONDS and self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(seconds)

    async def work(self) -> int:
        """Hand over some of what is due, side by side, until it is done; how many they were."""
        begun = await self._begin()
        await asyncio.gather(*begun)
        return len(begun)

    async def _begin(self) -> list[asyncio.Task[None]]:
        """Begin attempts at what is due, as far as there is room."""
        if not self._senders:
            return []
        repeatable = {channel: sender.repeatable for channel, sender in self._senders.items()}
        await deliver.give_up_lost(self._db, repeatable, self._clock.now())
        room, busy = _AT_ONCE - len(self._under_way), list(self._under_way.values())
        if not room:
            return []
        claims = await deliveries.claim(self._db, list(self._senders), room, _EACH_AT_ONCE, busy)
        return [self._start(claim) for claim in claims]

    def _start(self, claim: Row) -> asyncio.Task[None]:
        task = asyncio.create_task(self._deliver(claim))
        self._under_way[task] = (claim["channel"], claim["site"])
        task.add_done_callback(self._under_way.pop)
        return task

    async def _deliver(self, claim: Row) -> None:
        """One attempt; where the database is away at its end, its lease ends it."""
        sender = self._senders[claim["channel"]]
        crashpoints.reach("delivery.after_claim")
        try:
            await self._attempt(claim, sender)
        except (Unavailable, DatabaseError, OSError) as error:
            log.warning("deliveries.left", delivery=claim["id"], error=type(error).__name__)
        except Exception:
            log.exception("deliveries.broken", delivery=claim["id"])

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
