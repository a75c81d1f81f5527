"""What other processes announce over PostgreSQL: something to post, something to show a customer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing

import structlog

from storage.db import Database, DatabaseError

log = structlog.get_logger(__name__)


async def listen(db: Database, heard: Mapping[str, Callable[[str], None]]) -> None:
    """Call ``heard[channel](payload)`` for every notification, until cancelled.

    It has a connection of its own, and gets a new one when the database restarts. What is missed
    meanwhile is found by those who look for themselves every now and then.
    """
    while True:
        try:
            async with aclosing(db.notifications(heard)) as announced:
                async for channel, payload in announced:
                    heard[channel](payload)
        except (DatabaseError, OSError) as error:
            log.warning("notifications.interrupted", error=type(error).__name__)
        await asyncio.sleep(0.5)
