"""An office in the test's database."""

from __future__ import annotations

import pytest

from storage.db import Database
from tests.support.office import Office, open_office


@pytest.fixture
async def office(database: Database) -> Office:
    """A workspace in which nothing has happened yet."""
    return await open_office(database)
