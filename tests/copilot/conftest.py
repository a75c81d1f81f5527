"""A company, and a model that can be told what to answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from copilot.model import Endpoint
from copilot.work import Copilot
from storage.db import Connection, Database
from tests.support.model import ModelServer, model_server
from tests.support.office import Office, open_office


@pytest.fixture
async def office(database: Database) -> Office:
    """A workspace in which nothing has happened yet."""
    return await open_office(database)


@pytest.fixture(scope="session")
async def running_model(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ModelServer]:
    """The local model server of this run."""
    async with model_server(tmp_path_factory.mktemp("model")) as server:
        yield server


@pytest.fixture
async def model(running_model: ModelServer) -> ModelServer:
    """The local model server with nothing remembered."""
    await running_model.reset()
    return running_model


@pytest.fixture
def copilot(office: Office, model: ModelServer) -> Copilot:
    """A copilot that asks that model."""
    endpoint = Endpoint("test-model", model.url, "key", call_seconds=2.0, seconds=15.0)
    return Copilot(office.db, endpoint, company="Harbour & Hill")


@pytest.fixture
async def lease(database: Database) -> AsyncIterator[Connection]:
    """A connection such as a poster's, outside every pool."""
    connection = await database.dedicated()
    yield connection
    await connection.close()
