"""Channels to which nothing is posted for now."""

from __future__ import annotations

from cases.enums import HoldReason
from storage import calls, holds, monitoring, outbox
from storage.db import Connection
from tests.support.office import NOW, WORKSPACE, Office, post_all

SHARED = HoldReason.SHARED


async def test_what_is_meant_for_a_held_channel_waits(office: Office, lease: Connection) -> None:
    case = await office.case()
    await post_all(office.db, lease)
    await holds.hold(office.db, office.workspace, "C1", SHARED, NOW)
    await office.case(channel="C2")
    await office.case()
    assert await outbox.claim(lease, WORKSPACE, {"C1": 5}, merge=True, limit=3_500) == []
    async with office.db.transaction() as tx:
        await calls.add(tx, office.workspace, "C1", case.case_id, "reaction", {})
    assert await outbox.busy_channels(office.db, office.workspace, []) == ["C2"]
    assert await calls.claim(office.db, WORKSPACE, {"reaction": 5}) == []
    (row,) = await monitoring.held(office.db)
    assert (row["slack_channel"], row["reason"], row["waiting"]) == ("C1", SHARED, 2)
    await holds.release(office.db, office.workspace, "C1", SHARED)
    assert sorted(await outbox.busy_channels(office.db, office.workspace, [])) == ["C1", "C2"]
    assert len(await calls.claim(office.db, WORKSPACE, {"reaction": 5})) == 1
    assert await monitoring.held(office.db) == []


async def test_each_hold_is_told_once_unless_the_telling_failed(office: Office) -> None:
    for _ in range(2):
        await holds.hold(office.db, office.workspace, "C1", SHARED, NOW)

    async def told() -> list[str]:
        untold = await holds.claim_untold(office.db, office.workspace, NOW)
        return [row["slack_channel"] for row in untold]

    assert [await told(), await told()] == [["C1"], []]
    await holds.untell(office.db, office.workspace, "C1")
    assert [await told(), await told()] == [["C1"], []]
    await holds.release(office.db, office.workspace, "C1", SHARED)
    await holds.hold(office.db, office.workspace, "C1", SHARED, NOW)
    assert await told() == ["C1"]
