"""An office in the test's database, and a poster's connection."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storage.db import Connection, Database
from tests.support.office import Office, open_office

_LAST_LOGGED = """
SELECT k.id, k.status, l.status AS logged
FROM cases k LEFT JOIN LATERAL (
    SELECT a.detail ->> 'status' AS status FROM audit a
    WHERE a.case_id = k.id AND a.detail ? 'status' ORDER BY a.id DESC LIMIT 1
) l ON true
"""
_STOPPED = {"waiting_customer", "closed"}
"""Where the clock of a promise stands still."""


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    """A workspace in which nothing has happened yet.

    In the end the log of each case must say whether its clock runs: promises are computed from it.
    """
    office = await open_office(database)
    yield office
    for row in await database.fetch(_LAST_LOGGED):
        assert {row["logged"]} & _STOPPED == {row["status"]} & _STOPPED, row


@pytest.fixture
async def lease(database: Database) -> AsyncIterator[Connection]:
    """A connection such as a poster's, outside every pool."""
    connection = await database.dedicated()
    yield connection
    await connection.close()
