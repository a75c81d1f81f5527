"""Turning the demo's clock: in hops, and on only when everything that was due has happened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from bot.demo.clock import DemoClock
from bot.schedule import Tick
from cases.errors import Unavailable
from storage import due, turned
from storage.db import Connection, Database, DatabaseError

HOP = timedelta(hours=1)
"""The farthest at once, so that whatever looks by the hour sees each of them."""
PATIENCE_SECONDS = 120.0
"""After so long without any progress nothing will be finished by waiting: the turning ends there."""
_SHOWN_SECONDS = 0.5
"""What is waited for is told people when it takes longer."""
_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.02, 0.25
_LOOKS = 8
"""How often what is due may be looked at without anything happening: then it is not for now."""
_CLAIM_SECONDS = 10.0
"""A process that was stopped keeps nobody else from turning the clock for longer than this."""
_AGAIN_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Turning:
    """Turns the clock to where somebody wants it. Each bot of a demo has one; one of them does it."""

    def __init__(
        self, db: Database, clock: DemoClock, ticks: Mapping[str, Tick], patience: float = PATIENCE_SECONDS
    ) -> None:
        """``ticks`` by name: all that look at the business time for what is due."""
        self._db = db
        self._clock = clock
        self._ticks = ticks
        self._patience = patience
        self._left = 0
        """How much is overdue and stays so."""
        self._looks = 0

    async def run(self) -> None:
        """Turn it whenever that is wanted, until cancelled; goes on where another process was killed."""
        while True:
            await self._clock.wanted.wait()
            try:
                await self._turn()
                await self._clock.look()
            except (Unavailable, DatabaseError, OSError) as error:
                log.warning("clock.not_turned", error=type(error).__name__)
            except Exception:
                log.exception("clock.broken")
            if self._clock.wanted.is_set():
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _turn(self) -> None:
        held = await self._db.dedicated(_CLAIM_SECONDS)
        # Not ``async with``: that would commit first, and leave it open when it is cancelled there.
        try:
            if await turned.claim(held):
                await self._turn_all(held)
        finally:
            await held.close()

    async def _turn_all(self, held: Connection) -> None:
        """Hop until nobody wants it turned any more."""
        self._left = 0
        while (to := (await turned.standing(held)).to_at) is not None:
            if stopped_by := await self._settled(held):
                log.warning("clock.stopped", by=stopped_by)
                await turned.end(held, stopped_by)
            elif self._clock.now() >= to:
                await turned.end(held)
            else:
                await self._hop(held, to)

    async def _hop(self, held: Connection, to: datetime) -> None:
        """Turn it to the next moment at which something is due, at most an hour."""
        await self._clock.look()
        now = self._clock.now()
        moment = (await due.moments(self._db, now)).next
        stop = min(to, now + HOP, moment or to)
        ahead = self._clock.offset + (stop - now)
        if await turned.turn(held, ahead):
            self._clock.turn(ahead)

    async def _settled(self, held: Connection) -> str | None:
        """Wait until what is due has been looked at and nothing is under way.

        None when that is so, else what is not finished although there was time enough.
        """
        waiting, self._looks = _Waiting(self._patience), 0
        while (under_way := await self._under_way()) or not await self._nothing_left():
            if waiting.in_vain(under_way):
                return next(iter(under_way), "due")
            await turned.wait(held, next(iter(under_way), None) if waiting.long else None)
            await asyncio.sleep(waiting.pause())
        return None

    async def _under_way(self) -> dict[str, int]:
        """Have all ticks look; how much there is of each kind of work, and which ticks failed."""
        failed = [name for name, tick in self._ticks.items() if not await _looked(name, tick)]
        return dict.fromkeys(failed, 1) | await due.busy(self._db, self._clock.now())

    async def _nothing_left(self) -> bool:
        """Whether what is due has been acted on; what nothing acts on in several looks is not waited for."""
        self._looks += 1
        left = (await due.moments(self._db, self._clock.now())).left
        if left > self._left and self._looks < _LOOKS:
            return False
        self._left = left
        return True


class _Waiting:
    """How long one has waited, and how long for nothing."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._begun = self._moved = time.monotonic()
        self._before: dict[str, int] = {}
        self._pause = _SHORTEST_SECONDS

    def in_vain(self, under_way: dict[str, int]) -> bool:
        """Whether nothing has moved for too long."""
        if under_way != self._before:
            self._before, self._moved = under_way, time.monotonic()
        return time.monotonic() - self._moved > self._patience

    @property
    def long(self) -> bool:
        """Whether people shall know."""
        return time.monotonic() - self._begun > _SHOWN_SECONDS

    def pause(self) -> float:
        """Seconds until the next look: few at first."""
        pause, self._pause = self._pause, min(2 * self._pause, _LONGEST_SECONDS)
        return pause


async def _looked(name: str, tick: Tick) -> bool:
    try:
        await tick()
    except Exception as error:
        log.warning("tick.failed", tick=name, error=f"{type(error).__name__}: {error}")
        return False
    return True
