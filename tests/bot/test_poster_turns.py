"""A poster lets a message be stamped by its own commit only while its lease is surely held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import pacing
from bot.ending import end
from bot.poster import SETTLE_SECONDS, Poster
from storage.db import Database
from tests.support.office import Office
from tests.support.sandbox import SandboxProcess, until
from tests.support.wired import make_settings, wired

CHANNEL = "C0SUPPORT"


@pytest.fixture
async def poster(
    slack: SandboxProcess, database: Database, database_url: str, tmp_path: Path
) -> AsyncIterator[Poster]:
    """A poster that has the lease of the channel, and nothing to do."""
    await slack.reset()
    async with wired(make_settings(slack, database_url, tmp_path), database) as running:
        posting = asyncio.create_task(running.bot.poster.run())
        await Office(database, running.bot.workspace_id).case(channel=CHANNEL)

        async def idle() -> bool:
            rows = await database.fetch(
                """SELECT FROM outbox o LEFT JOIN posts p ON p.id = o.post_id
                   WHERE p.state IS DISTINCT FROM 'posted'"""
            )
            return not rows and running.bot.poster.serves(CHANNEL)

        await until(idle)
        yield running.bot.poster
        await end(posting)


def stamps(poster: Poster) -> bool:
    with poster.turn(CHANNEL) as turn:
        return turn.stamp is not None


async def test_one_that_stood_still_stamps_nothing_before_it_has_asked(
    poster: Poster, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stamps(poster)
    monkeypatch.setattr("bot.poster.now", lambda: pacing.now() + SETTLE_SECONDS)
    assert not stamps(poster)

    async def again() -> bool:
        return stamps(poster)

    await until(again)


async def test_another_channel_is_not_its_own(poster: Poster) -> None:
    with poster.turn("C0OTHER") as turn:
        assert turn.stamp is None
