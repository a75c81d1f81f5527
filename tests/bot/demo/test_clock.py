"""The demo's clock on rows: followed by all who were started for it, and by nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.console import read_settings
from bot.demo import clock as demo_clock
from bot.demo.clock import DemoClock, clock_of, now_of
from bot.settings import Settings
from cases.clock import SystemClock
from cases.errors import ConfigError
from storage import turned
from storage.db import Connection, Database
from tests.support.sandbox import until

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)
DEMO = {"demo": True, "clock_token": SecretStr("turn")}


def settings(**given: object) -> Settings:
    return read_settings(**{"demo": False, "clock_token": None} | given)


async def turn(db: Database, ahead: timedelta) -> bool:
    now = datetime.now(UTC)
    await turned.wish(db, now + ahead, now)
    async with await db.dedicated() as held:
        return await turned.turn(held, ahead)


@asynccontextmanager
async def followed(url: str) -> AsyncIterator[SystemClock]:
    """The clock of a process of a demo, with a database connection of its own."""
    db = Database(url, pool_size=2)
    await db.open()
    try:
        async with clock_of(settings(**DEMO), db) as clock:
            yield clock
    finally:
        await db.close()


async def until_heard(db: Database, count: int) -> None:
    """Until so many connections have asked to be told."""
    query = """SELECT pid FROM pg_stat_activity
               WHERE datname = current_database() AND query = 'LISTEN "cx_clock"'"""

    async def listening() -> bool:
        return len(await db.fetch(query)) == count

    await until(listening)


async def test_all_processes_of_a_demo_are_told_at_once(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_clock, "LOOK_SECONDS", 600.0)
    async with followed(database_url) as one, followed(database_url) as other:
        await until_heard(database, 2)
        await turn(database, WEEK)
        await until(lambda: one.offset == other.offset == WEEK, 5)


async def test_what_was_not_announced_is_seen_soon(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_clock, "LOOK_SECONDS", 0.1)
    async with followed(database_url) as clock:
        await database.fetch("INSERT INTO turned_clock (ahead) VALUES (%s)", [WEEK])
        await until(lambda: clock.offset == WEEK, 5)


async def test_whoever_starts_later_goes_on_there(database: Database, database_url: str) -> None:
    await turn(database, WEEK)
    async with followed(database_url) as clock:
        assert abs(clock.now() - datetime.now(UTC) - WEEK) < SECOND
    assert abs(await now_of(settings(**DEMO), database) - datetime.now(UTC) - WEEK) < SECOND


async def test_whoever_was_not_started_for_it_has_the_real_time(database: Database) -> None:
    await turn(database, WEEK)
    for alone in (settings(), settings(demo=True)):
        async with clock_of(alone, database) as clock:
            assert abs(clock.now() - datetime.now(UTC)) < SECOND
            assert not isinstance(clock, DemoClock)
        assert abs(await now_of(alone, database) - datetime.now(UTC)) < SECOND


async def test_real_customers_have_no_clock_that_can_be_turned(database: Database) -> None:
    real = settings(clock_token=SecretStr("turn"))
    with pytest.raises(ConfigError, match="real customers have the real time: unset it"):
        async with clock_of(real, database):
            pass
    with pytest.raises(ConfigError, match="CX_CLOCK_TOKEN"):
        await now_of(real, database)


async def test_it_is_never_turned_back(database: Database) -> None:
    assert await turn(database, WEEK)
    assert not await turn(database, WEEK - SECOND)
    assert not await turn(database, WEEK)
    clock = DemoClock(database)
    clock.turn(WEEK + SECOND)
    assert (await clock.look()).ahead == WEEK
    assert clock.offset == WEEK + SECOND


async def test_one_wish_at_a_time(database: Database) -> None:
    now = datetime.now(UTC)
    wishes = [turned.wish(database, now + WEEK, now) for _ in range(8)]
    assert sorted(await asyncio.gather(*wishes)) == [False] * 7 + [True]


@pytest.fixture
async def lease(database: Database) -> AsyncIterator[Connection]:
    async with await database.dedicated() as connection:
        yield connection


async def test_one_turns_it_until_its_connection_is_gone(database: Database, lease: Connection) -> None:
    assert await turned.claim(lease)
    async with await database.dedicated() as other:
        assert not await turned.claim(other)
        await lease.close()

        async def free() -> bool:
            return await turned.claim(other)

        await until(free, 5)


async def test_it_ends_also_when_it_is_turned_at_that_moment(database: Database) -> None:
    for step in range(20):
        clock = DemoClock(database)
        following = asyncio.create_task(clock.follow())
        await asyncio.sleep(0.01 + step / 1000)
        clock._stirred.set()
        await asyncio.sleep(0)
        following.cancel()
        ended, _ = await asyncio.wait([following], timeout=10)
        assert ended
