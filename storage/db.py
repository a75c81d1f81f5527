"""Connections: SQLAlchemy's engine for most work, a psycopg pool for the hot statements."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
import structlog
from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from cases.errors import Unavailable
from storage.urls import libpq_url, sqlalchemy_url

log = structlog.get_logger(__name__)

Row = DictRow
Connection = AsyncConnection[DictRow]
Params = Mapping[str, Any]

_WAIT_FOR_CONNECTION = 5.0
_DEAD_AFTER_MILLISECONDS = 10_000
# Planning a hot statement takes longer than running it: it is planned once per connection, and
# must then not depend on how empty the tables were at that moment.
_HOT: dict[str, Any] = {
    "autocommit": True,
    "prepare_threshold": 0,
    "options": "-c plan_cache_mode=force_generic_plan -c jit=off"
    " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off",
}
_T = TypeVar("_T")
DatabaseError = psycopg.Error
"""Whatever goes wrong with the database."""
Duplicate = psycopg.errors.UniqueViolation
"""Somebody else was faster to write what may be there only once."""
LOST = (psycopg.OperationalError, psycopg.InterfaceError)
"""The connection, or the server behind it, is gone."""


def array(items: Sequence[int] | Sequence[UUID] | Sequence[str]) -> str:
    """An array as PostgreSQL writes it, of words without commas, quotes or braces.

    On hot ways psycopg's adaptation of lists is slow.
    """
    return "{" + ",".join(map(str, items)) + "}"


def _note(error: psycopg.Error) -> None:
    """A deadlock costs a second, and trying again hides it: it is an order of locks to be mended."""
    if isinstance(error, psycopg.errors.DeadlockDetected):
        log.warning("database.deadlock", detail=error.diag.message_detail)


class Database:
    """One process's way to the database.

    The hot pool is in autocommit mode with prepared statements: one statement is one round trip
    and one commit. ``session()`` is a unit of work over the same database for everything else.
    """

    def __init__(self, url: str, *, pool_size: int = 8, warm: Sequence[tuple[str, Params]] = ()) -> None:
        """``warm`` are statements without effect that each new hot connection runs first."""
        self.url = url
        self.origin = uuid4().hex[:8]
        """Marks what this process announces."""
        self._conninfo = libpq_url(url)
        self.engine = create_async_engine(sqlalchemy_url(url), pool_size=5, pool_pre_ping=True)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            self._conninfo,
            kwargs={**_HOT, "row_factory": dict_row},
            min_size=2,
            max_size=pool_size,
            timeout=_WAIT_FOR_CONNECTION,
            configure=self._warm_up,
            open=False,
        )
        self._warm = warm

    async def _warm_up(self, connection: Connection) -> None:
        for statement, params in self._warm:
            await connection.execute(statement.encode(), params)

    async def open(self) -> None:
        """Connect; raises Unavailable when the server does not answer within 5 s."""
        try:
            await self._pool.open(wait=True, timeout=_WAIT_FOR_CONNECTION)
        except PoolTimeout:
            await self._pool.close()
            raise Unavailable("The database does not answer; check DATABASE_URL and the server.") from None

    async def close(self) -> None:
        """Give back every connection."""
        await self._pool.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A pooled autocommit connection; raises Unavailable when none can be had."""
        try:
            async with self._pool.connection() as connection:
                yield connection
        except PoolTimeout:
            raise Unavailable from None

    async def fetch(self, statement: str, params: Params | Sequence[Any] | None = None) -> list[Row]:
        """Run one statement in its own transaction and return its rows.

        After a database restart the pooled connections are dead: they are replaced and the
        statement runs once more, so give only statements whose repetition does no harm.
        """
        return await self._again_when_lost(lambda: self._fetch(statement, params))

    async def fetch_together(self, *statements: tuple[str, Params]) -> list[list[Row]]:
        """Run statements one after the other in one round trip and one commit; the rows of each.

        Each sees what those before it did. After a database restart all run once more, as in ``fetch``.
        """
        return await self._again_when_lost(lambda: self._fetch_together(statements))

    async def _again_when_lost(self, work: Callable[[], Awaitable[_T]]) -> _T:
        try:
            return await work()
        except LOST as error:
            if isinstance(error, psycopg.errors.QueryCanceled):
                raise
            _note(error)
            await self._pool.check()
            try:
                return await work()
            except LOST:
                raise Unavailable from error

    async def _fetch(self, statement: str, params: Params | Sequence[Any] | None) -> list[Row]:
        async with self.connection() as connection:
            cursor = await connection.execute(statement.encode(), params)
            return await cursor.fetchall() if cursor.description is not None else []

    async def _fetch_together(self, statements: Sequence[tuple[str, Params]]) -> list[list[Row]]:
        async with self.connection() as connection:
            async with connection.pipeline():
                cursors = [await connection.execute(words.encode(), params) for words, params in statements]
            return [await cursor.fetchall() if cursor.description is not None else [] for cursor in cursors]

    async def one(self, statement: str, params: Params | Sequence[Any] | None = None) -> Row | None:
        """The first row of ``fetch``, or None."""
        rows = await self.fetch(statement, params)
        return rows[0] if rows else None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A transaction on a hot connection: committed at the end, rolled back by an exception.

        Dead connections are replaced before it begins; one that is lost later raises Unavailable.
        """
        try:
            async with AsyncExitStack() as stack:
                try:
                    connection = await self._begin(stack)
                except LOST:
                    await self._pool.check()
                    connection = await self._begin(stack)
                yield connection
        except LOST as error:
            _note(error)
            raise Unavailable from error

    async def _begin(self, stack: AsyncExitStack) -> Connection:
        async with AsyncExitStack() as attempt:
            connection = await attempt.enter_async_context(self.connection())
            await attempt.enter_async_context(connection.transaction())
            stack.push_async_exit(attempt.pop_all())
        return connection

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A unit of work: committed at the end, rolled back by an exception.

        Raises Unavailable when the connection is lost on the way.
        """
        try:
            async with self._sessions.begin() as session:
                yield session
        except DBAPIError as error:
            if isinstance(error.orig, LOST):
                raise Unavailable from error
            raise

    async def notifications(self, channels: Iterable[str]) -> AsyncGenerator[tuple[str, str], None]:
        """What is announced on ``channels``, as (channel, payload), until the connection is lost."""
        async with await self.dedicated() as connection:
            for channel in channels:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            async for notification in connection.notifies():
                yield notification.channel, notification.payload

    async def dedicated(self, idle_seconds: float | None = None) -> Connection:
        """A connection of one's own, outside every pool, in autocommit mode: for leases and LISTEN.

        With ``idle_seconds`` the server ends it when nothing is asked over it for that long: so the
        locks of a process that was stopped, or whose machine is gone, become free.
        """
        connection = await psycopg.AsyncConnection.connect(
            self._conninfo,
            **_HOT,
            row_factory=dict_row,
            tcp_user_timeout=_DEAD_AFTER_MILLISECONDS,
            application_name=f"cx {os.getpid()}",
        )
        if idle_seconds is not None:
            limit = f"{idle_seconds * 1000:.0f}ms"
            try:
                await connection.execute("SELECT set_config('idle_session_timeout', %s, false)", [limit])
            except BaseException:
                await connection.close()
                raise
        return connection
