from __future__ import annotations

import asyncio
import gc
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from cases.errors import Unavailable
from storage import db as module
from storage import warm
from storage.db import Database
from tests.support.office import open_office
from tests.support.postgres import with_name

_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def cut(url: str) -> None:
    """What a restart of the server does to every connection."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(_OTHERS)


async def fill_pool(db: Database) -> None:
    """Open as many connections as the pool may hold."""
    await asyncio.gather(*(db.fetch("SELECT pg_sleep(0.05)") for _ in range(8)))


async def test_a_statement_survives_the_loss_of_every_connection(
    database: Database, database_url: str
) -> None:
    await fill_pool(database)
    await cut(database_url)
    assert await database.one("SELECT 1 AS here") == {"here": 1}


async def test_twenty_statements_at_once_survive_it(database: Database, database_url: str) -> None:
    await fill_pool(database)
    await cut(database_url)
    rows = await asyncio.gather(*(database.fetch("SELECT 1 AS here") for _ in range(20)))
    assert rows == [[{"here": 1}]] * 20


async def test_statements_together_are_one_commit_and_see_each_other(
    database: Database, database_url: str
) -> None:
    await database.fetch("CREATE TABLE thing (number int)")
    insert: tuple[str, dict[str, object]] = (
        "INSERT INTO thing SELECT coalesce(max(number), 0) + 1 FROM thing RETURNING number",
        {},
    )
    assert await database.fetch_together(insert, insert) == [[{"number": 1}], [{"number": 2}]]
    with pytest.raises(psycopg.errors.DivisionByZero):
        await database.fetch_together(insert, ("SELECT 1 / 0", {}))
    assert await database.fetch("SELECT max(number) AS last FROM thing") == [{"last": 2}]
    await fill_pool(database)
    await cut(database_url)
    assert await database.fetch_together(insert, insert) == [[{"number": 3}], [{"number": 4}]]


async def test_a_new_connection_knows_the_hot_statements_and_has_done_nothing(database_url: str) -> None:
    db = Database(database_url, warm=warm.statements())
    await db.open()
    try:
        known = await db.fetch("SELECT statement FROM pg_prepared_statements")
        assert len(known) >= len(warm.statements())
        for table in ("audit", "drafts", "messages", "outbox", "slack_calls"):
            assert await db.one(f"SELECT count(*) FROM {table}") == {"count": 0}
    finally:
        await db.close()


async def test_a_transaction_starts_after_the_loss_of_every_connection(
    database: Database, database_url: str
) -> None:
    await fill_pool(database)
    await cut(database_url)
    for _ in range(10):
        async with database.transaction() as tx:
            await tx.execute("SELECT 1")


async def test_a_unit_of_work_starts_after_the_loss_of_every_connection(
    database: Database, database_url: str
) -> None:
    async with database.session() as session:
        await session.execute(text("SELECT 1"))
    await cut(database_url)
    async with database.session() as session:
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1


async def test_a_first_message_survives_it(database: Database, database_url: str) -> None:
    office = await open_office(database)
    conversation = await office.conversation()
    await fill_pool(database)
    await cut(database_url)
    assert (await office.says(conversation, "Hello")).seq == 1


async def test_what_cannot_be_run_is_run_once_and_says_why(database: Database) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        await database.fetch("SELECT * FROM nowhere")


async def test_a_transaction_that_is_cut_leaves_nothing(database: Database, database_url: str) -> None:
    await database.fetch("CREATE TABLE things (name text)")

    async def add() -> None:
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO things VALUES ('a')")
            await cut(database_url)
            await tx.execute("INSERT INTO things VALUES ('b')")

    with pytest.raises(Unavailable):
        await add()
    assert await database.fetch("SELECT * FROM things") == []


async def test_a_unit_of_work_that_is_cut_leaves_nothing(database: Database, database_url: str) -> None:
    await database.fetch("CREATE TABLE things (name text)")

    async def add() -> None:
        async with database.session() as session:
            await session.execute(text("INSERT INTO things VALUES ('a')"))
            await cut(database_url)

    with pytest.raises(Unavailable):
        await add()
    assert await database.fetch("SELECT * FROM things") == []


@pytest.mark.parametrize("raised", [RuntimeError, asyncio.CancelledError])
async def test_an_exception_rolls_back(database: Database, raised: type[BaseException]) -> None:
    await database.fetch("CREATE TABLE things (name text)")

    async def add() -> None:
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO things VALUES ('a')")
            raise raised

    with pytest.raises(raised):
        await add()
    assert await database.fetch("SELECT * FROM things") == []


async def test_fault_50_when_no_connection_is_free_it_says_so_and_recovers(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WAIT_FOR_CONNECTION", 0.2)
    db = Database(database_url, pool_size=2)
    await db.open()
    async with db.connection(), db.connection():
        with pytest.raises(Unavailable):
            await db.fetch("SELECT 1")
    assert await db.one("SELECT 1 AS here") == {"here": 1}
    await db.close()


@pytest.mark.parametrize("wrong", ["no server", "no database"])
async def test_a_database_that_is_not_there_is_one_sentence(
    postgres_url: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WAIT_FOR_CONNECTION", 0.5)
    url = "postgresql://127.0.0.1:1/cx" if wrong == "no server" else with_name(postgres_url, "nowhere")
    db = Database(url)
    with pytest.raises(Unavailable, match="DATABASE_URL"):
        await db.open()
    await db.close()


async def test_a_dedicated_connection_is_none_of_the_pools(database: Database) -> None:
    own = await database.dedicated()
    own_pid = own.info.backend_pid
    pids = await asyncio.gather(*(database.one("SELECT pg_backend_pid() AS pid") for _ in range(10)))
    assert own_pid not in {row["pid"] for row in pids if row}
    assert own.autocommit
    await own.close()


async def test_a_row_without_columns_is_a_row(database: Database) -> None:
    assert await database.one("SELECT") == {}
    assert await database.one("SELECT WHERE false") is None
    assert await database.fetch_together(("SELECT", {}), ("SELECT WHERE false", {})) == [[{}], []]


async def test_any_text_comes_back_as_it_was(database: Database) -> None:
    said = f"100% 'quoted' \\ 😀 \u202e {uuid4()} %(name)s"
    assert await database.one("SELECT %(said)s::text AS said", {"said": said}) == {"said": said}


async def test_a_connection_of_ones_own_is_closed_when_nobody_waits_for_it_any_more(
    database: Database,
) -> None:
    """Wherever it is cancelled: a connection that is only garbage is an error of this suite."""
    for step in range(60):
        opening = asyncio.create_task(database.dedicated(60))
        await asyncio.sleep(step / 4000)
        opening.cancel()
        (got,) = await asyncio.gather(opening, return_exceptions=True)
        if isinstance(got, psycopg.AsyncConnection):
            await got.close()
    gc.collect()
