"""An office in the test's database, and a poster's connection."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storage.db import Connection, Database
from tests.support.office import Office, open_office


@pytest.fixture
async def office(database: Database) -> Office:
    """A workspace in which nothing has happened yet."""
    return await open_office(database)


@pytest.fixture
async def lease(database: Database) -> AsyncIterator[Connection]:
    """A connection such as a poster's, outside every pool."""
    connection = await database.dedicated()
    yield connection
    await connection.close()
