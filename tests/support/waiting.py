"""Waiting for a condition instead of sleeping."""

from __future__ import annotations

import asyncio

from storage.db import Database

_BLOCKED = """
SELECT count(*) AS blocked FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def until_blocked(db: Database, count: int = 1) -> None:
    """Until ``count`` connections of this database wait for a lock; fails after 15 s."""
    async with asyncio.timeout(15):
        while (row := await db.one(_BLOCKED)) and row["blocked"] < count:
            await asyncio.sleep(0.01)
