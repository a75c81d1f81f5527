"""``cx mail quarantine``: mails that were put aside, and what people decide about them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.settings import Settings
from bot.web.uploads import FileStore
from cases.errors import NotFound
from cases.text import one_line, show_invisible
from channels.mail import MAX_RAW
from storage import audit, mails
from storage.db import Database, Row

OPERATOR = "operator"


async def listing(settings: Settings) -> None:
    """Print what was put aside, and why."""
    async with _opened(settings) as db:
        rows = await mails.quarantined(db)
    if not rows:
        Console().print("No mail was put aside.")
        return
    table = Table(show_edge=False, pad_edge=False)
    for name in ("Id", "Mailbox", "Came (UTC)", "From", "Subject", "Why"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(word) for word in _words(row)))
    Console(highlight=False).print(table)


def _words(row: Row) -> tuple[str, ...]:
    """One line, with what a stranger wrote made harmless."""
    sender = one_line(show_invisible(row["sender"] or "?"), 60)
    subject = one_line(show_invisible(row["subject"]), 60)
    return (
        str(row["id"]),
        row["mailbox"],
        f"{row['came_at']:%Y-%m-%d %H:%M}",
        sender,
        subject,
        row["why"] or "",
    )


async def release(settings: Settings, mail: int) -> None:
    """Have a mail taken in again; raises NotFound."""
    async with _opened(settings) as db:
        row = await _found(db, mail)
        if not await mails.release(db, mail):
            raise NotFound("No mail of that id was put aside.")
        await _note(db, row, "mail.released")
    when = "within seconds" if row["raw"] else "within minutes, once it is fetched"
    Console().print(f"Mail {mail} is taken in again by a worker {when}.")


async def drop(settings: Settings, mail: int) -> None:
    """Leave a mail for good; raises NotFound."""
    async with _opened(settings) as db:
        row = await _found(db, mail)
        await mails.drop(db, mail, datetime.now(UTC))
        await _note(db, row, "mail.dropped")
    Console().print(f"Mail {mail} is left alone from now on; it stays in its mailbox.")


async def save(settings: Settings, mail: int, file: Path) -> None:
    """Write a mail as it came into ``file``; raises NotFound."""
    async with _opened(settings) as db:
        row = await _found(db, mail)
    raw: UUID | None = row["raw"]
    try:
        content = _content(settings, raw) if raw else None
    except FileNotFoundError:
        content = None
    if content is None:
        raise NotFound("This mail is not here; it is in its mailbox.")
    await asyncio.to_thread(file.write_bytes, content)
    Console().print(f"{row['size']:,} bytes are in {file}. Open them with care.")


def _content(settings: Settings, raw: UUID) -> bytes:
    return FileStore(settings.home / "files", MAX_RAW).path(raw).read_bytes()


async def _found(db: Database, mail: int) -> Row:
    rows = await mails.quarantined(db, mail)
    if not rows:
        raise NotFound("No mail of that id was put aside.")
    return rows[0]


async def _note(db: Database, row: Row, action: str) -> None:
    detail = {"mail": row["id"], "mailbox": row["mailbox"], "why": row["why"]}
    await audit.note(db, row["workspace_id"], OPERATOR, action, detail, datetime.now(UTC))


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    """The database, for one command."""
    assert settings.database_url is not None
    db = Database(settings.database_url, pool_size=2)
    await db.open()
    try:
        yield db
    finally:
        await db.close()
