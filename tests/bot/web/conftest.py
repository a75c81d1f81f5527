"""A web chat for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.web.context import WebContext
from storage.db import Database
from tests.support.webchat import ChatClient, make_context, web_chat


@pytest.fixture
async def web(database: Database, tmp_path: Path) -> WebContext:
    return await make_context(database, tmp_path / "files")


@pytest.fixture
async def chat(web: WebContext) -> AsyncIterator[ChatClient]:
    """A customer's program before it has opened a session."""
    async with web_chat(web) as client:
        yield client
