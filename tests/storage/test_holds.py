"""Channels to which nothing is posted for now, and what admins are told of them."""

from __future__ import annotations

import pytest

from cases.enums import HoldReason, NoticeAbout
from storage import calls, holds, notices, outbox
from storage.db import Connection
from tests.support.office import NOW, Office, post_all

SHARED, REMOVED, TOKEN = HoldReason.SHARED, HoldReason.REMOVED, HoldReason.TOKEN


@pytest.mark.parametrize("place", ["C1", holds.EVERYWHERE])
async def test_what_is_meant_for_a_held_channel_waits(office: Office, lease: Connection, place: str) -> None:
    case = await office.case()
    await post_all(office.db, lease)
    await holds.hold(office.db, office.workspace, place, SHARED, NOW)
    await office.case()
    async with office.db.transaction() as tx:
        await calls.add(tx, office.workspace, "C1", case.case_id, "reaction", {})
    assert await outbox.busy_channels(office.db, office.workspace, []) == []
    assert await calls.claim(office.db, office.workspace, {"reaction": 5}) == []
    (row,) = await holds.listed(office.db)
    assert (row["slack_channel"], row["reason"], row["waiting"]) == (place, SHARED, 2)
    assert await holds.release(office.db, office.workspace, place)
    assert await outbox.busy_channels(office.db, office.workspace, []) == ["C1"]
    assert len(await calls.claim(office.db, office.workspace, {"reaction": 5})) == 1
    assert await holds.listed(office.db) == []


async def test_other_channels_go_on(office: Office, lease: Connection) -> None:
    await holds.hold(office.db, office.workspace, "C1", REMOVED, NOW)
    for channel in ("C1", "C2"):
        await office.case(channel=channel)
    assert await outbox.busy_channels(office.db, office.workspace, []) == ["C2"]
    assert await outbox.claim(lease, office.workspace, {"C1": 5}, merge=True, limit=3_500) == []


async def told(office: Office) -> list[tuple[str, str]]:
    """What an admin is told now."""
    claimed = await notices.claim(office.db, office.workspace)
    for row in claimed:
        await notices.told(office.db, row["id"])
    return [(row["about"], row["detail"].get("reason", "")) for row in claimed]


async def test_each_hold_and_its_end_are_told_once(office: Office) -> None:
    for _ in range(2):
        await holds.hold(office.db, office.workspace, "C1", SHARED, NOW)
    assert [await told(office), await told(office)] == [[("held", "shared")], []]
    await holds.hold(office.db, office.workspace, "C1", REMOVED, NOW)
    assert await told(office) == [("held", "removed")]
    assert await holds.release(office.db, office.workspace, "C1")
    assert not await holds.release(office.db, office.workspace, "C1")
    assert [await told(office), await told(office)] == [[("resumed", "removed")], []]


async def test_a_hold_that_is_over_before_anybody_was_told_is_not_told(office: Office) -> None:
    await holds.hold(office.db, office.workspace, "C1", REMOVED, NOW)
    await holds.release(office.db, office.workspace, "C1")
    assert await told(office) == []


async def test_while_the_token_is_refused_nobody_is_told_and_afterwards_of_its_end(office: Office) -> None:
    await holds.hold(office.db, office.workspace, holds.EVERYWHERE, TOKEN, NOW)
    await notices.add(office.db, office.workspace, NoticeAbout.SILENT, NOW)
    assert await told(office) == []
    await holds.release(office.db, office.workspace, holds.EVERYWHERE)
    assert await told(office) == [("silent", ""), ("resumed", "token")]


async def test_whether_a_channel_is_held(office: Office) -> None:
    await holds.hold(office.db, office.workspace, "C1", REMOVED, NOW)
    places = [(office.workspace, "C1"), (office.workspace, "C2"), (office.workspace + 1, "C1")]
    assert [await holds.is_held(office.db, *place) for place in places] == [True, False, False]
    await holds.hold(office.db, office.workspace, holds.EVERYWHERE, TOKEN, NOW)
    assert await holds.is_held(office.db, office.workspace, "C2")


async def test_a_notice_that_was_not_got_across_is_handed_out_again(office: Office) -> None:
    await notices.add(office.db, office.workspace, NoticeAbout.SILENT, NOW)
    assert len(await notices.claim(office.db, office.workspace)) == 1
    assert await notices.claim(office.db, office.workspace) == []
    await office.db.fetch("UPDATE admin_notices SET claimed_at = claimed_at - interval '61 seconds'")
    assert len(await notices.claim(office.db, office.workspace)) == 1


async def test_a_held_channel_is_looked_at_with_growing_pauses_of_at_most_a_minute(office: Office) -> None:
    await holds.hold(office.db, office.workspace, "C1", REMOVED, NOW)
    assert await holds.claim_due(office.db, office.workspace) == []
    waits = []
    for _ in range(8):
        await office.db.fetch("UPDATE channel_holds SET look_at = clock_timestamp()")
        assert await holds.claim_due(office.db, office.workspace) == ["C1"]
        assert await holds.claim_due(office.db, office.workspace) == []
        waits += await office.column(
            "SELECT round(extract(epoch FROM look_at - clock_timestamp()))::int FROM channel_holds"
        )
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]


async def test_held_posts_and_calls_go_at_once_when_it_is_over(office: Office, lease: Connection) -> None:
    case = await office.case()
    (row,) = await outbox.claim(lease, office.workspace, {"C1": 1}, merge=True, limit=3_500)
    await outbox.hold(office.db, row["post_id"], 1, 3600, "not_in_channel")
    async with office.db.transaction() as tx:
        await calls.add(tx, office.workspace, "C1", case.case_id, "reaction", {})
    (call,) = await calls.claim(office.db, office.workspace, {"reaction": 5})
    await calls.retry(office.db, call["id"], 3600, "not_in_channel")
    await holds.hold(office.db, office.workspace, "C1", REMOVED, NOW)
    await holds.release(office.db, office.workspace, "C1")
    assert [each["post_id"] for each in await outbox.unfinished(office.db, office.workspace, ["C1"], [])] == [
        row["post_id"]
    ]
    assert [each["id"] for each in await calls.claim(office.db, office.workspace, {"reaction": 5})] == [
        call["id"]
    ]
