"""The clock's ticks: APScheduler says when to look, rows say what is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

Tick = Callable[[], Awaitable[object]]

log = structlog.get_logger(__name__)


def make_scheduler(ticks: Mapping[str, tuple[float, Tick]]) -> AsyncIOScheduler:
    """A scheduler of ``ticks``: name → (seconds between two, what to do).

    Every replica has one, with memory only: what is due is claimed from rows, so that a tick more
    or less, here or there, changes nothing.
    """
    scheduler = AsyncIOScheduler(timezone="UTC")
    for name, (seconds, tick) in ticks.items():
        scheduler.add_job(
            _guarded(name, tick),
            IntervalTrigger(seconds=seconds, jitter=seconds / 5),
            id=name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    return scheduler


def _guarded(name: str, tick: Tick) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        try:
            await tick()
        except Exception as error:
            log.warning("tick.failed", tick=name, error=f"{type(error).__name__}: {error}")

    return run
