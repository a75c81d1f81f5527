"""Those who want the same rows at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from storage.db import Database
from tests.support.postgres import DEADLOCK
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


async def deadlock(db: Database) -> str | None:
    """What the server wrote of a deadlock in this database; None where there was none."""
    row = await db.one(DEADLOCK)
    return row["told"] if row else None


async def assert_all_went_on(
    db: Database, outcomes: Sequence[object], *, refused: type[Exception] | tuple[()] = ()
) -> None:
    """Nobody failed, or only by being ``refused``, and nobody was made to begin again."""
    failed = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, refused)]
    assert failed == []
    assert await deadlock(db) is None
