from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cases.messages import Change
from flows.change import change
from storage import housekeeping, inbox, workspaces
from storage.db import Database
from tests.support.office import Office


async def test_a_week_after_it_was_handled_an_event_is_forgotten(database: Database) -> None:
    workspace = await workspaces.register(
        database, team="T1", name="x", url="https://x", bot_user="U", bot="B", now=datetime.now(UTC)
    )
    for name in ("old", "new", "waiting"):
        await inbox.store(database, workspace, name, "message", "C1", name, {"type": "message"})
    age = """UPDATE inbox SET done_at = clock_timestamp() - make_interval(days => %(days)s)
             WHERE event_id = %(id)s"""
    await database.fetch(age, {"days": housekeeping.KEEP_DAYS + 1, "id": "old"})
    await database.fetch(age, {"days": housekeeping.KEEP_DAYS - 1, "id": "new"})

    assert await housekeeping.forget_the_done(database) == {
        "install_states": 0,
        "early_changes": 0,
        "inbox": 1,
        "answers": 0,
        "questions": 0,
        "admin_notices": 0,
        "slack_calls": 0,
    }

    left = await database.fetch("SELECT event_id FROM inbox ORDER BY event_id")
    assert [row["event_id"] for row in left] == ["new", "waiting"]


async def test_an_event_that_nobody_could_handle_is_kept_for_a_month(database: Database) -> None:
    workspace = await workspaces.register(
        database, team="T1", name="x", url="https://x", bot_user="U", bot="B", now=datetime.now(UTC)
    )
    for name, days in (("old", 31), ("new", 29)):
        await inbox.store(database, workspace, name, "message", "C1", name, {"type": "message"})
        await database.fetch(
            "UPDATE inbox SET dead_at = now() - make_interval(days => %(days)s) WHERE event_id = %(id)s",
            {"days": days, "id": name},
        )
    await housekeeping.forget_the_done(database)
    left = await database.fetch("SELECT event_id FROM inbox")
    assert [row["event_id"] for row in left] == ["new"]


async def test_a_change_whose_message_never_came_is_forgotten(office: Office) -> None:
    conversation = await office.conversation()
    now = datetime.now(UTC)
    for key, days in (("old", housekeeping.KEEP_DAYS + 1), ("new", housekeeping.KEEP_DAYS - 1)):
        lost = Change(conversation, key, 0, None)
        await change(office.db, lost, timedelta(minutes=5), now - timedelta(days=days))
    assert (await housekeeping.forget_the_done(office.db))["early_changes"] == 1
    assert await office.column("SELECT client_message_id FROM early_changes") == ["new"]
