from __future__ import annotations

import asyncio

import pytest

from storage import inbox
from tests.support.office import Office

EVENT = {"type": "message", "text": "hi"}


async def store(
    office: Office,
    event_id: str = "Ev1",
    *,
    kind: str = "message",
    channel: str | None = "C1",
    ts: str | None = "1.1",
) -> int | None:
    return await inbox.store(office.db, office.workspace, event_id, kind, channel, ts, EVENT)


async def take(office: Office, event: int) -> bool:
    """Take an event in a transaction of its own, without finishing it."""
    async with office.db.transaction() as tx:
        return await inbox.take(tx, event)


async def test_an_event_is_stored_once(office: Office) -> None:
    stored = await asyncio.gather(*(store(office) for _ in range(10)))
    assert sum(one is not None for one in stored) == 1


@pytest.mark.parametrize(
    ("second", "new"),
    [
        ({}, False),
        ({"ts": "1.2"}, True),
        ({"channel": "C2"}, True),
        ({"kind": "message.message_changed"}, True),
    ],
    ids=["same message", "other ts", "other channel", "other kind"],
)
async def test_a_message_is_stored_once_whatever_its_event_id(
    office: Office, second: dict[str, str], new: bool
) -> None:
    assert await store(office, "Ev1") is not None
    assert (await store(office, "Ev2", **second) is not None) is new


async def test_events_without_a_message_are_told_apart_by_their_ids(office: Office) -> None:
    for name in ("Ev1", "Ev2"):
        assert await store(office, name, channel=None, ts=None) is not None
    assert await store(office, "Ev1", channel=None, ts=None) is None


async def test_an_event_is_handled_by_one(office: Office) -> None:
    event = await store(office)
    assert event is not None
    async with office.db.transaction() as tx:
        assert await inbox.take(tx, event)
        assert not await take(office, event)
        await inbox.finish(tx, event)
    assert not await take(office, event)


async def test_an_effect_that_is_rolled_back_leaves_the_event(office: Office) -> None:
    event = await store(office)
    assert event is not None

    async def fail() -> None:
        async with office.db.transaction() as tx:
            await inbox.take(tx, event)
            await inbox.finish(tx, event)
            raise RuntimeError("effect")

    with pytest.raises(RuntimeError, match="effect"):
        await fail()
    assert await take(office, event)


async def test_the_sweep_finds_what_nobody_handled(office: Office) -> None:
    event = await store(office)
    assert await inbox.waiting(office.db, office.workspace, 60) == []
    (row,) = await inbox.waiting(office.db, office.workspace, 0)
    assert (row["id"], row["kind"], row["event"]) == (event, "message", EVENT)


async def test_a_failed_event_waits_longer_each_time_and_is_set_aside_at_last(office: Office) -> None:
    event = await store(office)
    assert event is not None
    waits = []
    for attempt in range(1, inbox.MAX_ATTEMPTS + 1):
        dead = await inbox.failed(office.db, event, "boom")
        assert dead is (attempt == inbox.MAX_ATTEMPTS)
        assert await inbox.waiting(office.db, office.workspace, 0) == []
        seconds = await office.column(
            "SELECT round(extract(epoch FROM retry_at - clock_timestamp()))::int FROM inbox"
        )
        waits += seconds
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128]
    await office.db.fetch("UPDATE inbox SET retry_at = NULL")
    assert await inbox.waiting(office.db, office.workspace, 0) == []
    assert not await take(office, event)
    assert await office.column("SELECT last_error FROM inbox") == ["boom"]


async def test_an_event_that_could_not_be_tried_waits_up_to_a_minute_and_is_never_set_aside(
    office: Office,
) -> None:
    event = await store(office)
    assert event is not None
    for age, wait in [(0, 1), (4, 4), (30, 30), (90, 60), (86_400, 60)]:
        await office.db.fetch(
            "UPDATE inbox SET received_at = clock_timestamp() - make_interval(secs => %(age)s)", {"age": age}
        )
        await inbox.put_off(office.db, event, "Unavailable 1234")
        row = await office.row(
            """SELECT round(extract(epoch FROM retry_at - clock_timestamp()))::int AS wait, attempts, dead_at,
               last_error FROM inbox"""
        )
        assert (row["wait"], row["attempts"], row["dead_at"]) == (wait, 0, None)
        assert row["last_error"] == "Unavailable 1234"
        assert await inbox.waiting(office.db, office.workspace, 0) == []


async def test_what_could_not_be_tried_for_a_week_is_set_aside(office: Office) -> None:
    event = await store(office)
    assert event is not None
    await office.db.fetch("UPDATE inbox SET received_at = clock_timestamp() - interval '8 days'")
    await inbox.put_off(office.db, event, "SlackApiError 1234")
    assert not await take(office, event)


async def test_a_poisonous_event_does_not_hold_up_others(office: Office) -> None:
    poison, other = await store(office, "Ev1", ts="1.1"), await store(office, "Ev2", ts="1.2")
    assert poison is not None
    await inbox.failed(office.db, poison, "boom")
    assert [row["id"] for row in await inbox.waiting(office.db, office.workspace, 0)] == [other]
