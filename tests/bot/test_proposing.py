"""From a wish to send to a preview, while the message itself changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.context import Bot
from bot.listeners.events import propose_message
from cases.errors import NotFound
from flows import talk
from storage import cases
from storage.db import Database
from tests.support.office import NOW, Office
from tests.support.sandbox import SandboxProcess, until
from tests.support.wired import AGENT, make_settings, wired

CHANNEL, TS = "C0SUPPORT", "1.5"


@pytest.fixture
async def bot(
    slack: SandboxProcess, database_url: str, database: Database, tmp_path: Path
) -> AsyncIterator[Bot]:
    async with wired(make_settings(slack, database_url, tmp_path), database) as parts:
        yield parts.bot


@pytest.fixture
async def office(bot: Bot) -> Office:
    """With a case whose thread holds “Take A”, said by an agent."""
    office = Office(bot.db, bot.workspace_id)
    receipt = await office.case(channel=CHANNEL)
    await bot.db.fetch("UPDATE cases SET thread_ts = '1.1' WHERE id = %(id)s", {"id": receipt.case_id})
    said = talk.Said(bot.workspace_id, CHANNEL, "1.1", TS, AGENT, "Take A", 0, "0")
    async with bot.db.transaction() as tx:
        await talk.write(tx, said, NOW)
    return office


async def _waits_for_us(office: Office) -> bool:
    waiting = """SELECT pid FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    return bool(await office.db.fetch(waiting))


async def test_words_that_change_while_the_preview_is_made_are_the_new_ones(bot: Bot, office: Office) -> None:
    async with bot.db.transaction() as tx:
        assert await cases.edit_note(tx, bot.workspace_id, CHANNEL, TS, "Take B", 0, "2.0")
        proposing = asyncio.create_task(propose_message(bot, CHANNEL, TS, AGENT))
        await until(lambda: _waits_for_us(office))
    await proposing
    assert await office.column("SELECT body FROM drafts") == ["Take B"]


async def test_a_message_deleted_while_the_preview_is_made_is_not_previewed(bot: Bot, office: Office) -> None:
    async with bot.db.transaction() as tx:
        await cases.delete_note(tx, bot.workspace_id, CHANNEL, TS, NOW)
        proposing = asyncio.create_task(propose_message(bot, CHANNEL, TS, AGENT))
        await until(lambda: _waits_for_us(office))
    with pytest.raises(NotFound):
        await proposing
    assert await office.column("SELECT count(*) FROM drafts") == [0]
