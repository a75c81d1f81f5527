"""Mailboxes are read as mails come: each by one process at a time, whichever machine that is on.

A lease in PostgreSQL says who reads. It is held on a connection of its own and ends with it, so a mailbox
whose reader was killed is read on by another within seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.ending import end
from bot.mail.reading import Reader
from cases.errors import Unavailable
from storage import mailbox_rows
from storage.db import Connection, Database, DatabaseError

LOOK_SECONDS = 2.0
_LEASE_IDLE_SECONDS = 10.0
_DATABASE_ERRORS = (DatabaseError, Unavailable, OSError)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    """A mailbox of a workspace."""

    workspace: int
    mailbox: str


class Known(Protocol):
    """The readers that there are."""

    async def now(self) -> Mapping[Key, Reader]:
        """Those that can read now."""
        ...


class Mailroom:
    """The readers of one process."""

    def __init__(self, db: Database, readers: Known) -> None:
        self._db = db
        self._readers = readers
        self._reading: dict[Key, asyncio.Task[None]] = {}
        self._begun: dict[Key, Reader] = {}

    async def run(self) -> None:
        """Read until cancelled; a lost database connection gives up all leases and starts over."""
        while True:
            try:
                if await self._readers.now():
                    await self._hold()
            except _DATABASE_ERRORS as error:
                log.warning("mail.lost_its_leases", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def _hold(self) -> None:
        lease = await self._db.dedicated(_LEASE_IDLE_SECONDS)
        try:
            while True:
                await lease.execute("SELECT 1")  # a sign of life: without one the leases run out
                await self._take(lease)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await end(*self._reading.values())
            self._reading.clear()
            await lease.close()

    async def _take(self, lease: Connection) -> None:
        readers = await self._readers.now()
        await self._stop_others(readers)
        for key, reader in readers.items():
            task = self._reading.get(key)
            if task is not None and task.done():
                # A bug: it is in the log, and the mailbox is read on.
                error = None if task.cancelled() else task.exception()
                log.error("mail.reader_died", mailbox=key.mailbox, exc_info=error)
                task = None
            elif task is None and not await mailbox_rows.lease(lease, key.workspace, key.mailbox):
                continue
            if task is None:
                self._reading[key] = asyncio.create_task(reader.run())
                self._begun[key] = reader

    async def _stop_others(self, readers: Mapping[Key, Reader]) -> None:
        """End those that are there no more, or as others; their leases stay ours."""
        gone = [key for key in self._reading if readers.get(key) is not self._begun[key]]
        await end(*(self._reading.pop(key) for key in gone))
