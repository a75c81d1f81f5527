"""New cases are one worker's at a time, and only while there is something to find out about them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from cases.enums import Priority
from cases.messages import Receipt
from cases.triage import By, Claim, Look
from flows import triage as flow
from storage import triage
from tests.support.office import ANNA, NOW, WORKSPACE, Office
from tests.support.sandbox import until

LATER = NOW + timedelta(seconds=5)
SURE = Look(By.WORDS, "shipping", "Shipping", 0.95, sure=True)
UNSURE = Look(By.WORDS, "shipping", "Shipping", 0.4, asks=True)


async def claim(office: Office, now: datetime = LATER, most: int = 3) -> list[Claim]:
    return await triage.claim(office.db, now, most)


async def keep(office: Office, claimed: Claim, look: Look = UNSURE, now: datetime = LATER) -> bool:
    async with office.db.transaction() as tx:
        return await flow.keep(tx, claimed, look, now)


async def more(office: Office, case: Receipt, text: str, now: datetime) -> None:
    await office.says(await office.conversation_of(case.case_id), text, now=now)


async def test_two_workers_never_take_the_same_case(office: Office) -> None:
    cases = [(await office.case(f"Parcel {number}?")).case_id for number in range(20)]
    taken = await asyncio.gather(*(claim(office) for _ in range(12)))
    rest: list[list[Claim]] = []
    while found := await claim(office):
        rest.append(found)
    ids = [each.case_id for found in [*taken, *rest] for each in found]
    assert sorted(ids) == sorted(cases)


async def test_one_that_another_worker_takes_in_the_same_moment(office: Office) -> None:
    case = await office.case()
    async with office.db.transaction() as tx:
        await tx.execute(
            """INSERT INTO triage (workspace_id, case_id, tries, claimed_at)
               VALUES (%s, %s, 1, clock_timestamp())""",
            [WORKSPACE, case.case_id],
        )
        second = asyncio.create_task(claim(office))
        await until(lambda: waits(office))
    assert await second == []


async def waits(office: Office) -> bool:
    """Whether somebody waits for somebody else's commit."""
    waiting = """SELECT pid FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    return bool(await office.db.fetch(waiting))


async def test_a_worker_that_was_killed_holds_a_case_for_as_long_as_its_lease(office: Office) -> None:
    await office.case()
    (first,) = await claim(office)
    assert await claim(office) == []
    (second,) = await triage.claim(office.db, LATER, 3, lease=timedelta(0))
    assert (second.case_id, second.tries) == (first.case_id, 2)
    assert not await keep(office, first, SURE)
    assert await keep(office, second, UNSURE)
    row = await office.row("SELECT sure, tries, claimed_at FROM triage")
    assert (row["sure"], row["tries"], row["claimed_at"]) == (False, 2, None)


async def test_a_worker_that_stops_leaves_its_case_to_others_at_once(office: Office) -> None:
    await office.case()
    (first,) = await claim(office)
    await triage.give_back(office.db, first)
    (second,) = await claim(office)
    assert second.tries == 1
    await triage.give_back(office.db, first)
    assert await claim(office) == []


async def test_a_burst_is_one_look(office: Office) -> None:
    case = await office.case("Hello")
    assert await claim(office, NOW + timedelta(seconds=2)) == []
    for second in range(2, 14, 2):
        await more(office, case, "and", NOW + timedelta(seconds=second))
        assert await claim(office, NOW + timedelta(seconds=second + 1)) == []
    await more(office, case, "and", NOW + timedelta(seconds=15))
    (one,) = await claim(office, NOW + timedelta(seconds=15))
    assert one.through == 8
    assert await triage.turns(office.db, case.case_id) == ["Hello", *["and"] * 7]


async def test_it_is_looked_at_again_when_the_customer_has_said_more(office: Office) -> None:
    case = await office.case()
    now = LATER
    for look in range(3):
        (one,) = await claim(office, now)
        assert one.tries == look + 1
        await keep(office, one, UNSURE, now)
        assert await claim(office, now) == []
        await more(office, case, "It is blue.", now)
        now += timedelta(minutes=1)
    assert await claim(office, now) == []
    assert len(await claim(office, now, most=6)) == 1


@pytest.mark.parametrize("why", ["sure", "chosen", "closed", "old", "future"])
async def test_what_nobody_looks_at(office: Office, why: str) -> None:
    case = await office.case()
    now = LATER
    (one,) = await claim(office)
    await keep(office, one, SURE if why == "sure" else UNSURE)
    if why == "chosen":
        async with office.db.transaction() as tx:
            await triage.choose(tx, case.case_id, "billing", ANNA, now)
    await more(office, case, "It is blue.", now)
    if why == "closed":
        await office.db.fetch("UPDATE cases SET status = 'closed'")
    now += {"old": timedelta(days=1), "future": -timedelta(days=1)}.get(why, timedelta(minutes=1))
    assert await claim(office, now) == []


async def test_a_person_who_chooses_meanwhile_is_right(office: Office) -> None:
    case = await office.case()
    (one,) = await claim(office)
    async with office.db.transaction() as tx:
        assert await triage.choose(tx, case.case_id, "billing", ANNA, LATER)
    assert not await keep(office, one, SURE)
    assert await triage.likeliest(office.db, case.case_id) == "billing"


async def test_what_people_chose_is_what_can_be_learnt(office: Office) -> None:
    assert (await triage.newest(office.db, WORKSPACE)).count == 0
    case = await office.case("Where is my parcel?")
    (one,) = await claim(office)
    await keep(office, one, SURE)
    async with office.db.transaction() as tx:
        await triage.choose(tx, case.case_id, "billing", ANNA, LATER)
        assert not await triage.choose(tx, case.case_id, "returns", ANNA, LATER)
        assert await triage.choose(tx, case.case_id, "billing", ANNA, LATER, anew=True) is False
    await more(office, case, "Said after that", LATER + timedelta(minutes=1))
    (routed,) = await triage.routed(office.db, WORKSPACE)
    assert routed.turns == ("Where is my parcel?",)
    assert (routed.label, routed.corrected, routed.suggested) == ("billing", True, "shipping")
    assert (await triage.newest(office.db, WORKSPACE)).count == 1
    assert await triage.routed(office.db, WORKSPACE + 1) == []


@pytest.mark.parametrize(
    ("look", "to", "corrected"),
    [
        (SURE, "shipping", False),
        (SURE, "billing", True),
        (UNSURE, "shipping", True),
        (None, "shipping", True),
    ],
)
async def test_what_was_not_suggested_is_corrected(
    office: Office, look: Look | None, to: str, corrected: bool
) -> None:
    case = await office.case()
    if look is not None:
        await keep(office, (await claim(office))[0], look)
    async with office.db.transaction() as tx:
        await triage.choose(tx, case.case_id, to, ANNA, LATER)
    assert [each.corrected for each in await triage.routed(office.db, WORKSPACE)] == [corrected]


async def test_looking_for_nothing_among_many_open_cases_costs_little(office: Office) -> None:
    case = await office.case()
    await office.db.fetch(
        """INSERT INTO cases (token, workspace_id, number, customer_id, conversation_id, subject, status,
                              slack_channel, opened_at)
           SELECT gen_random_uuid(), workspace_id, 5000 + n, customer_id, conversation_id, 'old', 'open',
                  'C1', opened_at - make_interval(days => 2, secs => n)
           FROM cases, generate_series(1, 20000) n WHERE id = %s""",
        [case.case_id],
    )
    await keep(office, (await claim(office))[0], SURE)
    async with office.db.connection() as connection:
        cursor = await connection.execute(
            b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + triage.CLAIM.encode(),
            triage.claim_params(LATER, 3),
        )
        row = await cursor.fetchone()
    assert row is not None
    plan = row["QUERY PLAN"][0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 200


async def test_priority_is_only_raised_where_nobody_said_one(office: Office) -> None:
    first, second = await office.case("one"), await office.case("two")
    await office.db.fetch(
        """INSERT INTO audit (workspace_id, at, actor, action, case_id)
           VALUES (%s, %s, 'U1ANNA', 'case.priority', %s)""",
        [WORKSPACE, NOW, second.case_id],
    )
    for each in await claim(office):
        await keep(office, each, Look(By.WORDS, asks=True, priority=Priority.HIGH))
    assert await office.column("SELECT priority FROM cases ORDER BY id") == ["high", "normal"]
    assert await office.column("SELECT case_id FROM audit WHERE actor = 'copilot'") == [first.case_id]
