"""What workers take of mailboxes and sources: nothing that the bot does not serve."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.entrances import Served, watch_entrances
from bot.mail.office import Readers
from bot.settings import Settings
from cases.clock import SystemClock
from storage import installations
from storage.db import Database
from tests.support.office import open_office

MAILBOX = """
mailboxes:
  - {key: support, address: support@shop.example, name: Shop, slack_channel: %s,
     imap: {host: imap.shop.example, user: support}, smtp: {host: smtp.shop.example}}
"""
SOURCE = "sources: [{key: %s, title: Desk, slack_channel: support}]"


async def test_a_worker_takes_a_file_once_the_bot_serves_all_of_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.watched.SETTLE_SECONDS", 0.0)
    own = {"config_dir": tmp_path, "home": tmp_path, "demo": False, "secret_key": SecretStr("a long text")}
    settings = Settings.model_validate({}).model_copy(update=own | {"mail_secrets": {"support": "secret"}})
    office = await open_office(database)
    mailboxes, sources = tmp_path / "mailboxes.yml", tmp_path / "sources.yml"
    mailboxes.write_text(MAILBOX % "support")
    sources.write_text(SOURCE % "desk")
    served = Served(database, watch_entrances(settings), oauth=False)
    readers = Readers(settings, database, SystemClock(), lambda: served.now().boxes)
    assert await readers.now() == {}, "the bot has not opened its channels yet"
    await installations.remember_channels(database, office.workspace, {"support": "C1"})
    (reader,) = (await readers.now()).values()

    mailboxes.write_text(MAILBOX % "suport")
    sources.write_text(SOURCE % "shop")
    await served.look()
    assert set(served.now().sources) == {"desk"}
    assert list((await readers.now()).values()) == [reader], "a mistake leaves no mailbox unread"

    await installations.remember_channels(database, office.workspace, {"suport": "C2"})
    await served.look()
    assert set(served.now().sources) == {"shop"}
    (other,) = (await readers.now()).values()
    assert other is not reader

    sources.write_text(SOURCE % "more")
    await served.look()
    assert list((await readers.now()).values()) == [other], "its own mailbox is as it was"
    mailboxes.write_text((MAILBOX % "suport").replace("key: support,", "key: support, workspace: T0ELSE,"))
    await served.look()
    assert list((await readers.now()).values()) == [other], "the app is not installed there"
