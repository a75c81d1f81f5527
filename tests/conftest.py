"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings

from storage.db import Database
from tests.support import postgres

# A busy machine is no fault of the code.
settings.register_profile("cx", deadline=None)
settings.load_profile("cx")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for this run."""
    with postgres.server() as url:
        postgres.make_template(url)
        yield url


@pytest.fixture(scope="session")
def shelf(postgres_url: str) -> postgres.Shelf:
    """The databases that tests borrow."""
    return postgres.Shelf(postgres_url)


@pytest.fixture
def database_url(shelf: postgres.Shelf) -> Iterator[str]:
    """An empty, migrated database for this test."""
    with shelf.lend() as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The test's database, opened."""
    db = Database(database_url)
    await db.open()
    yield db
    await db.close()
