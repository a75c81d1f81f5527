"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from storage.db import Database
from tests.support import postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for this run."""
    with postgres.server() as url:
        postgres.make_template(url)
        yield url


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """An empty, migrated database for this test."""
    with postgres.fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The test's database, opened."""
    db = Database(database_url)
    await db.open()
    yield db
    await db.close()
