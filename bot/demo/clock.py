"""The demo's clock: all its processes follow one row, which can be turned forward.

Only what was started with the demo's token does; everything else has the computer's time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import structlog

from bot.ending import end
from bot.notifications import listen
from bot.settings import Settings
from cases.clock import SystemClock
from cases.errors import ConfigError, Unavailable
from storage import turned
from storage.db import Database, DatabaseError
from storage.turned import Turned

LOOK_SECONDS = 1.0
"""How soon a turning is seen at the latest, should its announcement be lost."""

log = structlog.get_logger(__name__)


class DemoClock(SystemClock):
    """The computer's clock, as far ahead as the demo's row says."""

    def __init__(self, db: Database) -> None:
        super().__init__()
        self.wanted = asyncio.Event()
        """Set while somebody wants it turned."""
        self._db = db
        self._stirred = asyncio.Event()

    async def look(self) -> Turned:
        """Go to where the row says; returns it."""
        found = await turned.read(self._db)
        self.turn(found.ahead)
        if found.to_at is None:
            self.wanted.clear()
        else:
            self.wanted.set()
        return found

    async def follow(self) -> None:
        """Go along whenever the row changes, until cancelled."""
        hears = {turned.CHANGED: lambda _: self._stirred.set()}
        both = [asyncio.ensure_future(work) for work in (listen(self._db, hears), self._keep_looking())]
        try:
            await asyncio.gather(*both)
        finally:
            await end(*both)

    async def _keep_looking(self) -> None:
        while True:
            self._stirred.clear()
            try:
                await self.look()
            except (Unavailable, DatabaseError, OSError) as error:
                log.warning("clock.not_read", error=type(error).__name__)
            # Not ``wait_for``, which in Python 3.11 may lose that it was cancelled.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._stirred.wait()


@asynccontextmanager
async def clock_of(settings: Settings, db: Database) -> AsyncIterator[SystemClock]:
    """The clock of a process: the demo's, followed meanwhile, or the computer's.

    Raises ConfigError for a company's process that is told to follow a demo's clock.
    """
    if not _turns(settings):
        yield SystemClock()
        return
    clock = DemoClock(db)
    await clock.look()
    following = asyncio.create_task(clock.follow())
    try:
        yield clock
    finally:
        await end(following)


async def now_of(settings: Settings, db: Database) -> datetime:
    """The business time for a command of the moment; raises as ``clock_of``."""
    clock = DemoClock(db) if _turns(settings) else SystemClock()
    if isinstance(clock, DemoClock):
        await clock.look()
    return clock.now()


def _turns(settings: Settings) -> bool:
    if settings.clock_token is not None and not settings.demo:
        raise ConfigError(
            "CX_CLOCK_TOKEN turns the clock of `cx demo`, and real customers have the real time: unset it."
        )
    return settings.clock_token is not None
