"""A real PostgreSQL for the tests: one server a run, a database of its own for each test."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from storage import embedded, migrate
from storage.db import Database
from storage.urls import libpq_url, sqlalchemy_url

TEMPLATE = "cx_template"
_KEPT = "kept-for-the-next-test"
"""The application name of connections that outlive the test in which they were made."""


@contextmanager
def server() -> Iterator[str]:
    """The address of a server: the one of CX_TEST_DATABASE_URL, else an embedded one."""
    given = os.environ.get("CX_TEST_DATABASE_URL")
    if given:
        yield given
        return
    # Short, because a Unix socket's path has at most 107 bytes.
    home = Path(tempfile.mkdtemp(prefix="cx-", dir="/tmp"))
    running = embedded.start(home)
    try:
        _forget_durability(running.url)
        yield running.url
    finally:
        running.stop()
        shutil.rmtree(home, ignore_errors=True)


def with_name(url: str, name: str) -> str:
    """``url`` for another database of the same server."""
    named = sqlalchemy_url(url).set(drivername="postgresql", database=name)
    return named.render_as_string(hide_password=False)


def _forget_durability(url: str) -> None:
    """Nothing of a test run must survive a power cut: twice as fast. Plans must not depend on its age."""
    for name in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
        _run(url, sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
    _run(url, sql.SQL("SELECT pg_reload_conf()").format())


def _run(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute(statement)


def make_template(url: str) -> None:
    """A migrated database that tests copy."""
    name = sql.Identifier(TEMPLATE)
    _run(url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    _run(url, sql.SQL("CREATE DATABASE {}").format(name))
    migrate.upgrade(with_name(url, TEMPLATE))


_FINGERPRINT = """
SELECT sum(hashtextextended(each, 0)) FROM (
    SELECT format('%s %s %s', oid, relname, relkind) FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', oid, proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', oid, tgname) FROM pg_trigger WHERE NOT tgisinternal
) AS x (each)
"""
# One that is kept and at work would hold up for ever what empties the database.
_OTHERS = f"""
SELECT application_name = '{_KEPT}', pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND (application_name <> '{_KEPT}' OR state <> 'idle')
"""
# Deleting leaves pages behind. The planner takes a table that was never analysed for one of ten pages at
# least, so fewer do not show; more, or an ANALYZE, would change the plans of the next test.
_USED = """
SELECT relname, reltuples >= 0 OR pg_relation_size(oid) > 10 * current_setting('block_size')::int AS shows
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
  AND (pg_relation_size(oid) > 0 OR reltuples >= 0)
"""


# Whoever lost has waited for a second, after which a backend writes its figures at once; our own may wait.
_DEADLOCKS = """
SELECT pg_stat_get_db_deadlocks(oid) FROM pg_database, pg_stat_force_next_flush()
WHERE datname = current_database()
"""
_LOG = """
SELECT pg_read_file(f.path, greatest(0, f.size - 20000), 20000, true)
FROM (
    SELECT d || '/log' AS path, (pg_stat_file(d || '/log', true)).size
    FROM current_setting('data_directory') d
) f
"""


class Shelf:
    """Clean databases to lend: emptying one takes a hundredth of the time that making one takes.

    What is connected to one stays so, with all that it has planned, as in a process that has run for long.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._clean: list[str] = []
        self._made: dict[str, object] = {}
        self._cleaners: dict[str, psycopg.Connection] = {}
        self._opened: dict[str, Database] = {}
        self._thrown_away: list[Database] = []

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The address of a migrated, empty database, nobody else's for as long as it is lent."""
        name = self._clean.pop() if self._clean else self._make()
        try:
            yield with_name(self._url, name)
        finally:
            self._take_back(name)

    @asynccontextmanager
    async def connected(self, url: str) -> AsyncIterator[Database]:
        """A lent database, opened. It is closed only when the test left something that still works on it."""
        await self._close_thrown_away()
        named = sqlalchemy_url(url).update_query_dict({"application_name": _KEPT})
        name = str(named.database)
        if name not in self._opened:
            db = self._opened[name] = Database(named.render_as_string(hide_password=False))
            db.url = url
            await db.open()
        known = asyncio.all_tasks()
        yield self._opened[name]
        if asyncio.all_tasks() - known - {asyncio.current_task()}:
            await self._opened.pop(name).close()

    async def close(self) -> None:
        """Disconnect."""
        self._thrown_away += self._opened.values()
        self._opened.clear()
        await self._close_thrown_away()
        for cleaner in self._cleaners.values():
            cleaner.close()

    async def _close_thrown_away(self) -> None:
        while self._thrown_away:
            await self._thrown_away.pop().close()

    def _take_back(self, name: str) -> None:
        """Keep a database for the next test; a warning when PostgreSQL had to find a deadlock in it.

        Whoever lost it may have tried again, so that nobody else notices.
        """
        try:
            was_cut = any(kept for kept, _ in self._cleaners[name].execute(_OTHERS))
        except psycopg.OperationalError:  # The test cut every connection, those that are kept, too.
            was_cut = True
            self._cleaners[name] = self._connect(name)
        cleaner = self._cleaners[name]
        deadlock = _deadlock(cleaner)
        if deadlock is None and not was_cut and self._empty(cleaner, name):
            self._clean.append(name)
        else:
            self._throw_away(name)
        if deadlock is not None:
            warnings.warn(deadlock, stacklevel=1)

    def _throw_away(self, name: str) -> None:
        self._cleaners.pop(name).close()
        if name in self._opened:
            self._thrown_away.append(self._opened.pop(name))
        _drop(self._url, name)

    def _make(self) -> str:
        name = _create(self._url)
        cleaner = self._cleaners[name] = self._connect(name)
        self._made[name] = cleaner.execute(_FINGERPRINT).fetchone()
        return name

    def _connect(self, name: str) -> psycopg.Connection:
        url = libpq_url(with_name(self._url, name))
        cleaner = psycopg.connect(url, autocommit=True, application_name=_KEPT)
        # The audit refuses deletions, and keys would have to be deleted in order.
        cleaner.execute("SET session_replication_role = replica")
        return cleaner

    def _empty(self, cleaner: psycopg.Connection, name: str) -> bool:
        """Take everything out of a database; False when it would not be as it was made."""
        if cleaner.execute(_FINGERPRINT).fetchone() != self._made[name]:
            return False
        used = cleaner.execute(_USED).fetchall()
        if any(shows for _, shows in used):
            return False
        cleaner.execute(_deletions([name for name, _ in used]))
        cleaner.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
            " FROM pg_sequences WHERE last_value IS NOT NULL"
        )
        return True


def _deadlock(connection: psycopg.Connection) -> str | None:
    """What the server wrote of the last deadlock in this database, which had none when it was lent."""
    (count,) = connection.execute(_DEADLOCKS).fetchone() or (0,)
    if not count:
        return None
    (log,) = connection.execute(_LOG).fetchone() or ("",)
    told = (log or "").rpartition("deadlock detected")[2][:4000]
    return f"PostgreSQL found deadlocks: {count}; the last one:\n{told}"


def _deletions(tables: list[str]) -> sql.Composed:
    """One round trip that empties these tables."""
    return sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in tables)


def _create(url: str) -> str:
    name = f"cx_{uuid4().hex[:12]}"
    _run(
        url,
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)),
    )
    return name


def _drop(url: str, name: str) -> None:
    _run(url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """The address of a new, migrated, empty database; dropped afterwards."""
    name = _create(url)
    try:
        yield with_name(url, name)
    finally:
        _drop(url, name)
