"""What departments are told: kept, checked, and read once, when their day begins."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from cases.errors import InvalidInput
from cases.hours import Hours, Span
from cases.routing import Desk
from flows import mirror, tell
from storage import cases, outbox, tellings
from storage.db import Connection, Row
from tests.support.office import ANNA, NOW, WORKSPACE, Office, post_all

LOGISTICS = Desk("logistics", "Logistics", "", (), "parcels")
# NOW is a Monday, nine o'clock: the dock opens at ten, and is closed on Wednesdays.
HOURS = Hours(UTC, {day: (Span(time(10), time(18)),) for day in (0, 1, 3, 4)})
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
async def case(office: Office, lease: Connection) -> Row:
    """A case whose card is posted."""
    receipt = await office.case()
    await post_all(office.db, lease)
    row = await cases.by_id(office.db, receipt.case_id)
    assert row is not None
    return row


async def told(office: Office, case: Row, words: str, at: datetime = NOW, key: str = "") -> bool:
    async with office.db.transaction() as tx:
        return await tell.note(tx, case, LOGISTICS, words, ANNA, key or words, at)


async def send(office: Office, now: datetime) -> bool:
    return await tell.send_due(office.db, WORKSPACE, LOGISTICS, "CDOCK", HOURS, now)


async def digests(office: Office, lease: Connection) -> list[Any]:
    """The words of each digest that is posted now."""
    posts = await post_all(office.db, lease, "CDOCK")
    return [(await mirror.render(office.db, rows)) for rows in posts]


async def test_it_is_read_once_when_the_day_of_the_department_begins(
    office: Office, case: Row, lease: Connection
) -> None:
    assert await told(office, case, "The box is too small.")
    assert not await told(office, case, "The box is too small."), "the same form"
    assert not await send(office, NOW), "it is not open yet"
    assert await send(office, NOW + HOUR)
    assert not await send(office, NOW + 2 * HOUR)
    (rows,) = await post_all(office.db, lease, "CDOCK")
    assert (rows[0]["is_root"], rows[0]["thread_ts"] is None) == (True, False)
    shown = await mirror.render(office.db, rows)
    assert shown.text == "📝 *What customers taught us* · 1 note for Logistics"
    assert "The box is too small." in str(shown.blocks)
    assert f"CX-1001 · told by <@{ANNA.id}>" in str(shown.blocks)
    assert "Maria" not in str(shown.blocks)
    assert await office.column("SELECT thread_ts FROM cases") == ["1.1"], "its case keeps its own thread"


async def test_what_is_told_during_the_day_waits_for_the_next_one_that_is_open(
    office: Office, case: Row, lease: Connection
) -> None:
    await told(office, case, "One", NOW + DAY + 2 * HOUR)
    assert not await send(office, NOW + DAY + 3 * HOUR), "told today"
    await told(office, case, "Two", NOW + 2 * DAY)
    assert not await send(office, NOW + 2 * DAY + 3 * HOUR), "closed on Wednesdays"
    assert not await send(office, NOW + 3 * DAY + 10 * HOUR), "in the evening nobody reads it"
    assert await send(office, NOW + 4 * DAY + 3 * HOUR)
    (digest,) = await digests(office, lease)
    assert "2 notes" in digest.text


async def test_two_replicas_post_one_digest(office: Office, case: Row, lease: Connection) -> None:
    await told(office, case, "One")
    sent = await asyncio.gather(*(send(office, NOW + HOUR) for _each in range(4)))
    assert sorted(sent) == [False, False, False, True]
    assert len(await digests(office, lease)) == 1
    # One whose look at what is told began after that finds the day taken.
    await office.db.fetch("UPDATE tellings SET digest_id = NULL")
    assert not await send(office, NOW + 2 * HOUR)


async def test_what_does_not_fit_comes_with_the_next_one(
    office: Office, case: Row, lease: Connection
) -> None:
    for number in range(22):
        await told(office, case, f"{number} is a {'wide ' * 70}", NOW)
    assert await send(office, NOW + HOUR)
    assert await tellings.waiting(office.db, WORKSPACE) == {"logistics"}
    assert await send(office, NOW + DAY + HOUR)
    first, second = await digests(office, lease)
    assert "2 more notes come with the next one." in str(first.blocks)
    assert len(first.blocks) <= 50
    assert "2 notes" in second.text
    assert await tellings.waiting(office.db, WORKSPACE) == set()


async def test_a_department_that_cannot_be_reached_does_not_hold_the_case_up(
    office: Office, case: Row, lease: Connection
) -> None:
    await told(office, case, "One")
    await send(office, NOW + HOUR)
    (row,) = await outbox.claim(lease, WORKSPACE, {"CDOCK": 9}, merge=True, limit=3_500)
    await outbox.hold(office.db, row["post_id"], 1, 60, "not_in_channel")
    await office.says(await office.conversation_of(case["id"]), "Me again")
    assert len(await post_all(office.db, lease)) == 1


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (" ", "write what"),
        ("x" * 401, "at most 400"),
        ("Maria says so", "Maria"),
        ("maria says so", "Maria"),
        ("Write to somebody@example.org", "somebody@example.org"),
        ("Call +48 601 222 333", "48601222333"),
        ("Order H2001 came late", "H2001"),
        ("Card 4111 1111 1111 1111", "…1111"),
    ],
)
async def test_what_says_who_the_customer_is_is_not_passed_on(
    office: Office, case: Row, words: str, error: str
) -> None:
    await office.db.fetch("UPDATE customers SET external_id = 'cust-1'")
    await office.db.fetch(
        """INSERT INTO orders (workspace_id, external_id, customer_external_id, status, updated_at)
           VALUES (1, '#H2001', 'cust-1', 'sent', now())"""
    )
    with pytest.raises(InvalidInput, match=error):
        await told(office, case, words)
    assert await office.column("SELECT count(*) FROM tellings") == [0]


@pytest.mark.parametrize(
    ("words", "passes"),
    [
        ("rose novák says so", False),
        ("ROSE  NOVÁK says so", False),
        ("Rose says so", False),
        ("A rose is a rose", True),
        ("primrose nováková", True),
    ],
)
async def test_a_whole_name_counts_however_it_is_written_a_part_of_it_as_it_is(
    office: Office, case: Row, words: str, passes: bool
) -> None:
    await office.db.fetch("UPDATE customers SET name = 'Rose Novák'")
    if passes:
        assert await told(office, case, words)
        return
    with pytest.raises(InvalidInput, match="Rose"):
        await told(office, case, words)


def test_the_calendar_is_the_departments() -> None:
    assert HOURS.open_on(date(2026, 3, 4)) == ()
    assert HOURS.open_on(date(2026, 3, 2)) == ((NOW + HOUR, NOW + 9 * HOUR),)
