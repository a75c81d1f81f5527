"""Those who want the same rows at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from storage.db import Database
from tests.support.waiting import until_blocked

CONVERSATION = "SELECT FROM conversations WHERE id = %(id)s FOR UPDATE"


async def line_up(
    db: Database, lock: str, params: Mapping[str, object], *works: Coroutine[Any, Any, object]
) -> list[object]:
    """Each begins when those before it wait; let go together once all do. What they return, or raise."""
    tasks: list[asyncio.Task[object]] = []
    async with db.transaction() as hold:
        await hold.execute(lock.encode(), params)
        for count, work in enumerate(works, 1):
            tasks.append(asyncio.create_task(work))
            await until_blocked(db, count)
    return await asyncio.gather(*tasks, return_exceptions=True)


async def deadlocks(db: Database) -> int:
    """How many PostgreSQL found in this database."""
    async with db.connection() as connection:
        await connection.execute("SELECT pg_stat_force_next_flush()")
    row = await db.one("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert row is not None
    return int(row["deadlocks"])


async def assert_all_went_on(
    db: Database, outcomes: Sequence[object], *, refused: type[Exception] | tuple[()] = ()
) -> None:
    """Nobody failed, or only by being ``refused``, and nobody was made to begin again."""
    failed = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, refused)]
    assert failed == []
    assert await deadlocks(db) == 0
