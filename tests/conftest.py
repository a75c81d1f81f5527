"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from hypothesis import settings

pytest.register_assert_rewrite("tests.support")  # so that their failures say what was seen

from storage.db import Database  # noqa: E402
from tests.support import postgres  # noqa: E402
from tests.support.chromium import browser, open_page  # noqa: E402, F401 - fixtures

# The programs that tests start shall not compile our sources anew each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# What is imported stays: looking for garbage in it, again and again, takes as long as importing it.
gc.disable()

# A busy machine is no fault of the code.
settings.register_profile("cx", deadline=None)
settings.load_profile("cx")

# Where nothing is set up, an error comes with frames and variables in colours: 50 ms for each.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)

# What takes longest begins first, so that no worker is left with it at the end.
FIRST = ("journeys/test_kills", "journeys/", "browser/", "benchmarks/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long modules first; the others as they were."""

    def rank(item: pytest.Item) -> int:
        return next((place for place, part in enumerate(FIRST) if f"tests/{part}" in item.nodeid), len(FIRST))

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """From here on there is garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)  # each look goes through what tests import later, too
    gc.enable()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for this run."""
    with postgres.server() as url:
        postgres.make_template(url)
        yield url


@pytest.fixture(scope="session")
async def shelf(postgres_url: str) -> AsyncIterator[postgres.Shelf]:
    """The databases that tests borrow."""
    shelf = postgres.Shelf(postgres_url)
    yield shelf
    await shelf.close()


@pytest.fixture
def database_url(shelf: postgres.Shelf) -> Iterator[str]:
    """An empty, migrated database for this test."""
    with shelf.lend() as url:
        yield url


@pytest.fixture
async def database(database_url: str, shelf: postgres.Shelf) -> AsyncIterator[Database]:
    """The test's database, opened."""
    async with shelf.connected(database_url) as db:
        yield db
