"""Two workspaces in one database whose channels have the same ids: nobody takes the other's work."""

from __future__ import annotations

import pytest

from storage import calls, drafts, inbox, looks, outbox, workspaces
from storage.db import Connection, Database
from tests.support.office import ANNA, NOW, Office


async def other_office(db: Database) -> Office:
    """A second workspace."""
    workspace = await workspaces.register(
        db, team="T2", name="Branch", url="https://branch.slack.com/", bot_user="UBOT", bot="BBOT", now=NOW
    )
    return Office(db, workspace)


@pytest.fixture
async def other(office: Office) -> Office:
    return await other_office(office.db)


async def test_posts(office: Office, other: Office, lease: Connection) -> None:
    theirs, ours = await other.case(), await office.case()
    for place, case in ((office, ours), (other, theirs)):
        rows = await outbox.claim(lease, place.workspace, {"C1": 9}, merge=True, limit=3_500)
        assert [row["case_id"] for row in rows] == [case.case_id]
        await outbox.complete(office.db, rows[0]["post_id"], "1.1")
        rows = await outbox.claim(lease, place.workspace, {"C1": 9}, merge=True, limit=3_500)
        left = await outbox.unfinished(office.db, place.workspace, ["C1"], [])
        assert [row["post_id"] for row in left] == [row["post_id"] for row in rows]
    assert await outbox.idle_seconds(office.db, other.workspace + 1, "C1") == float("inf")


async def test_calls(office: Office, other: Office) -> None:
    for place in (other, office):
        case = await place.case()
        async with office.db.transaction() as tx:
            await calls.add(tx, place.workspace, "C1", case.case_id, "reaction", {})
    for place in (office, other):
        rows = await calls.claim(office.db, place.workspace, {"reaction": 9})
        assert [row["workspace_id"] for row in rows] == [place.workspace]


async def test_looks_at_steps(office: Office, other: Office) -> None:
    for place in (other, office):
        await place.case()
    await office.db.fetch("UPDATE cases SET process_type = 'return'")
    for place in (office, other):
        (look,) = await looks.claim(office.db, place.workspace, NOW)
        (row,) = await office.db.fetch("SELECT workspace_id FROM cases WHERE id = %s", [look.case_id])
        assert row["workspace_id"] == place.workspace


async def test_events(office: Office, other: Office) -> None:
    for place in (other, office):
        assert await inbox.store(office.db, place.workspace, "Ev1", "message", "C1", "1.1", {})
    for place in (office, other):
        rows = await inbox.waiting(office.db, place.workspace, 0)
        assert [row["workspace_id"] for row in rows] == [place.workspace]


async def test_approved_drafts(office: Office, other: Office) -> None:
    made = {}
    for place in (other, office):
        case = await place.case()
        made[place.workspace] = await place.preview(case.case_id)
        await drafts.approve(office.db, made[place.workspace], ANNA.id, 0, NOW)
    for place in (office, other):
        rows = await drafts.due(office.db, place.workspace, 0)
        assert [row["uuid"] for row in rows] == [made[place.workspace]]
