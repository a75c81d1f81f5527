"""What people write among themselves in a case's thread: kept, and never sent by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage import cases, drafts, inbox
from storage.db import Connection, Database


@dataclass(frozen=True, slots=True)
class Said:
    """A person's message in a thread."""

    workspace: int
    channel: str
    thread: str
    ts: str
    author: str
    text: str
    files: int = 0
    """How many files came with it."""
    edited: str = "0"
    """When it was last edited, as Slack says it: seconds."""


async def write(tx: Connection, said: Said, now: datetime) -> None:
    """Keep a message once, if its thread is a case's."""
    await cases.add_note(
        tx,
        workspace=said.workspace,
        channel=said.channel,
        thread=said.thread,
        ts=said.ts,
        author=said.author,
        text=said.text,
        files=said.files,
        now=now,
    )


async def keep(db: Database, inbox_id: int, said: Said, now: datetime) -> None:
    """Keep a message of a case's thread; in other threads nothing happens."""
    async with db.transaction() as tx:
        if await inbox.take(tx, inbox_id):
            await write(tx, said, now)
            await inbox.finish(tx, inbox_id)


async def follow_edit(tx: Connection, said: Said, now: datetime) -> bool:
    """Follow an edit; False when it, or a later one, was followed before.

    An edit that arrives before its message brings the message with it.
    """
    await write(tx, said, now)
    return await cases.edit_note(
        tx, said.workspace, said.channel, said.ts, said.text, said.files, said.edited
    )


async def follow_delete(tx: Connection, said: Said, now: datetime) -> None:
    """Note that a person deleted their message, ``said`` being what it was.

    A deletion that arrives before its message brings the message with it, so that it stays deleted.
    What was about to be sent from it is taken back while that is possible.
    """
    await write(tx, said, now)
    await cases.delete_note(tx, said.workspace, said.channel, said.ts, now)
    draft = await drafts.by_source(tx, said.workspace, said.channel, said.ts)
    if draft is not None:
        await drafts.cancel_in(tx, draft, said.author, now)


async def ignore(db: Database, inbox_id: int) -> None:
    """Nothing is to be done about this event."""
    async with db.transaction() as tx:
        await inbox.finish(tx, inbox_id)
