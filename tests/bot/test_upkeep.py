"""Files that were never sent are forgotten, rows and bytes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from bot.upkeep import keep_house, take_files
from bot.web.context import WebContext
from bot.web.uploads import FileStore
from storage.db import Database
from tests.support.postgres import fresh_database
from tests.support.webchat import FILE_LIMIT, ChatClient, make_context, refusal, web_chat


@pytest.fixture
async def web(database: Database, tmp_path: Path) -> WebContext:
    return await make_context(database, tmp_path / "files")


@pytest.fixture
async def chat(web: WebContext) -> AsyncIterator[ChatClient]:
    async with web_chat(web) as client:
        yield client


def stored(web: WebContext) -> set[str]:
    """The names of the files that lie in the folder."""
    return {path.name for path in web.files_dir.glob("*/*")}


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
    assert stored(web) == {sent, fresh}
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
    assert stored(web) == {known, fresh.hex}


@pytest.fixture
async def another(postgres_url: str) -> AsyncIterator[Database]:
    """A second database, to which nothing of the first is known."""
    with fresh_database(postgres_url) as url:
        db = Database(url)
        await db.open()
        yield db
        await db.close()


async def test_files_of_another_database_stay(chat: ChatClient, web: WebContext, another: Database) -> None:
    """Two `cx run` with one CX_HOME and two DATABASE_URLs: each other's files look like orphans."""
    await chat.open()
    known = (await chat.upload(b"x", "a.txt"))["file_id"]
    store, orphan = FileStore(web.files_dir, FILE_LIMIT), uuid4()
    store.path(orphan).parent.mkdir(exist_ok=True)
    store.path(orphan).write_bytes(b"x")
    for name in (orphan, UUID(known)):
        os.utime(store.path(name), (0, 0))
    assert await take_files(web.db, store)
    with capture_logs() as logs:
        await keep_house(another, FileStore(web.files_dir, FILE_LIMIT))
    assert [line["event"] for line in logs] == ["files.not_of_this_database"]
    assert stored(web) == {known, orphan.hex}
    await keep_house(web.db, store)
    assert stored(web) == {known}, "the folder's own database goes on clearing up"


async def test_replicas_that_start_at_once_agree_whose_the_files_are(
    database: Database, another: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "files"
    took = await asyncio.gather(
        *(take_files(db, FileStore(folder, FILE_LIMIT)) for db in (database, another) * 8)
    )
    assert took in ([True, False] * 8, [False, True] * 8)
    assert [path.name for path in folder.iterdir()] == ["database"]


@pytest.mark.parametrize("mark", ["", "what?\n"])
async def test_a_folder_whose_mark_cannot_be_read_is_left_alone(
    database: Database, tmp_path: Path, mark: str
) -> None:
    store, orphan = FileStore(tmp_path, FILE_LIMIT), uuid4()
    store.mark.write_text(mark)
    store.path(orphan).parent.mkdir()
    store.path(orphan).write_bytes(b"x")
    os.utime(store.path(orphan), (0, 0))
    await keep_house(database, store)
    assert store.path(orphan).exists()


async def test_a_folder_that_cannot_be_written_is_nobodys(database: Database, tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where the folder should be")
    assert not await take_files(database, FileStore(tmp_path / "files", FILE_LIMIT))
