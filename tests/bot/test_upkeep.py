"""Files that were never sent are forgotten, rows and bytes."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bot.upkeep import keep_house
from bot.web.context import WebContext
from bot.web.uploads import FileStore
from storage.db import Database
from tests.support.webchat import FILE_LIMIT, ChatClient, make_context, refusal, web_chat


@pytest.fixture
async def web(database: Database, tmp_path: Path) -> WebContext:
    return await make_context(database, tmp_path / "files")


@pytest.fixture
async def chat(web: WebContext) -> AsyncIterator[ChatClient]:
    async with web_chat(web) as client:
        yield client


async def test_a_file_that_no_message_took_along_is_gone_after_a_day(
    chat: ChatClient, web: WebContext
) -> None:
    await chat.open()
    sent, left, fresh = [(await chat.upload(b"x", f"{n}.txt"))["file_id"] for n in range(3)]
    await chat.say("", file_ids=[sent])
    await web.db.fetch(
        "UPDATE attachments SET created_at = created_at - interval '25 hours' WHERE uuid <> %(fresh)s",
        {"fresh": fresh},
    )
    await keep_house(web.db, FileStore(web.files_dir, FILE_LIMIT))
    rows = await web.db.fetch("SELECT uuid FROM attachments")
    assert {row["uuid"].hex for row in rows} == {sent, fresh}
    assert {path.name for path in web.files_dir.rglob("*") if path.is_file()} == {sent, fresh}
    assert (await refusal(await chat.post("Late", file_ids=[left])))[:2] == (404, "unknown_file")


async def test_bytes_without_a_row_are_gone_after_an_hour(chat: ChatClient, web: WebContext) -> None:
    """A process may be killed after it stored the bytes and before it wrote the row."""
    await chat.open()
    known = (await chat.upload(b"x", "a.txt"))["file_id"]
    store = FileStore(web.files_dir, FILE_LIMIT)
    old, fresh = uuid4(), uuid4()
    for uuid in (old, fresh):
        store.path(uuid).parent.mkdir(exist_ok=True)
        store.path(uuid).write_bytes(b"x")
    for name in (old, UUID(known)):
        os.utime(store.path(name), (0, 0))
    await keep_house(web.db, store)
    assert {path.name for path in web.files_dir.rglob("*") if path.is_file()} == {known, fresh.hex}
