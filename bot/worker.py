"""``cx worker``: takes the slow steps."""

from __future__ import annotations

import asyncio
import signal

import psycopg
import structlog
from procrastinate.exceptions import ConnectorException

from bot import crashpoints, steps
from bot.bootstrap import open_workspace, slack_client
from bot.settings import Settings
from cases.reader import use
from storage.db import Database
from storage.monitoring import WORKER_STALLED_SECONDS

HEARTBEAT_SECONDS = WORKER_STALLED_SECONDS / 3
POLL_SECONDS = 0.5
CONCURRENCY = 4

log = structlog.get_logger(__name__)


async def run_worker(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM; a database that restarts is waited for.

    Raises ConfigError or Unavailable when it cannot start.
    """
    assert settings.database_url is not None
    crashpoints.arm(settings.crash_at)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    db = Database(settings.database_url, pool_size=4)
    await db.open()
    try:
        with use(settings.team):
            async with slack_client(settings) as client:
                slack, _, _ = await open_workspace(client)
                await _work(settings.database_url, steps.Tools(db, slack), stop)
    finally:
        await db.close()


async def _work(url: str, tools: steps.Tools, stop: asyncio.Event) -> None:
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        working = asyncio.create_task(_session(url, tools))
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            return
        error = working.exception()
        if error is not None and not isinstance(error, (ConnectorException, psycopg.Error, OSError)):
            raise error
        log.warning("worker.reconnecting", error=type(error).__name__)
        await asyncio.sleep(1)


async def _session(url: str, tools: steps.Tools) -> None:
    """One worker of procrastinate, until it fails or is cancelled."""
    app = steps.make_app(url)
    async with app.open_async():
        await app.run_worker_async(
            concurrency=CONCURRENCY,
            fetch_job_polling_interval=POLL_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=WORKER_STALLED_SECONDS,
            shutdown_graceful_timeout=2,
            install_signal_handlers=False,
            delete_jobs="successful",
            additional_context={"tools": tools},
        )
