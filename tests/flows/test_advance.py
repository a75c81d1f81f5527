"""Steps whose turn it is ask by themselves, once, and cards follow what is late."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from cases.actor import Actor
from cases.hours import Hours, Span
from cases.promises import Amount, Plan, PlanAt, Step, Timing
from cases.routing import Desk
from flows import advance, close, consult, mirror, triage
from storage import cases, looks
from storage.db import Connection
from storage.looks import Look
from tests.support.office import ANNA, NOW, WORKSPACE, Office, post_all

HOUR = timedelta(hours=1)
JON = Actor("U3JON", "Jon")
DESKS = {
    "logistics": Desk("logistics", "Logistics", "", (), "parcels"),
    "billing": Desk("billing", "Billing", "", (), "money"),
}
WEEK = {day: (Span(time(9), time(17)),) for day in range(5)}
STEPS = [
    Step(
        "Look for it", Amount(time=4 * HOUR), "logistics", "Where is the parcel of {customer}, {reference}?"
    ),
    Step("Pay it back", Amount(time=2 * HOUR), "billing", "Please pay {reference} back."),
]
PLAN = Plan(
    {"team": Hours(UTC, WEEK)},
    {"return": Timing(steps=STEPS)},
    names={desk.key: desk.name for desk in DESKS.values()},
)
RETURN = Desk("return", "Return", "", ())


async def returned(office: Office) -> int:
    """A case of Anna's of which it was just said that it is a return."""
    case = (await office.case()).case_id
    await office.db.fetch("UPDATE cases SET owner = %(who)s WHERE id = %(id)s", {"who": ANNA.id, "id": case})
    row = await cases.by_id(office.db, case)
    assert row is not None
    await triage.choose_process(office.db, row, RETURN, ANNA, NOW)
    return case


async def see(office: Office, look: Look, now: datetime, channel: str | None = "") -> bool:
    """Look at a case as a replica does; whether its department was asked, or the thread told why not."""
    turn = await advance.look(office.db, look.case_id, PlanAt(PLAN, now))
    asked = False
    if turn is not None and (step := turn.to_ask):
        desk = DESKS[step.step.department or ""]
        place = "C" + desk.key.upper() if channel == "" else channel
        async with office.db.transaction() as tx:
            asked = await advance.ask(tx, turn, step, desk, place, now)
    async with office.db.transaction() as tx:
        await advance.finish(tx, look, turn)
    return asked


async def tick(office: Office, now: datetime = NOW, channel: str | None = "") -> int:
    """Look at all that is due; how many departments were asked, or not for a reason."""
    claimed = await looks.claim(office.db, WORKSPACE, now)
    return sum([await see(office, look, now, channel) for look in claimed])


async def asked(office: Office) -> list[tuple[Any, ...]]:
    rows = await office.db.fetch("SELECT department, state, question FROM asks ORDER BY id")
    return [(row["department"], row["state"], row["question"]) for row in rows]


async def lines(office: Office) -> list[Any]:
    return await office.column("SELECT payload ->> 'event' FROM outbox WHERE kind = 'ask_line' ORDER BY id")


async def answer(office: Office, now: datetime = NOW) -> None:
    token = (await office.row("SELECT token FROM asks WHERE state = 'open'"))["token"]
    async with office.db.transaction() as tx:
        await consult.answer(tx, token, "In Brno.", JON, str(now), now)


async def test_the_first_step_asks_as_soon_as_it_is_known_what_the_case_is_about(
    office: Office, lease: Connection
) -> None:
    case = await returned(office)
    assert await tick(office) == 1
    assert await asked(office) == [("logistics", "open", "Where is the parcel of Maria, CX-1001?")]
    assert await office.status(case) == "waiting_department"
    posts = [await mirror.render(office.db, rows) for rows in await post_all(office.db, lease)]
    assert "🏢 Logistics was asked by itself, for the step “Look for it”:" in posts[-1].text
    assert f"<@{ANNA.id}>" in str(posts[-1].blocks[-1]), "the owner is told"
    (rows,) = await post_all(office.db, lease, "CLOGISTICS")
    question = await mirror.render(office.db, rows)
    assert "asked by itself, for the step “Look for it”" in str(question.blocks)
    assert "Where is the parcel of Maria, CX-1001?" in str(question.blocks)


async def test_each_step_asks_once_when_the_one_before_is_done(office: Office) -> None:
    await returned(office)
    for _again in range(3):
        await tick(office)
    assert [row[0] for row in await asked(office)] == ["logistics"]
    await answer(office)
    assert await tick(office) == 1
    assert [row[:2] for row in await asked(office)] == [("logistics", "answered"), ("billing", "open")]


async def test_two_replicas_ask_once(office: Office) -> None:
    case = await returned(office)
    both = await asyncio.gather(*(looks.claim(office.db, WORKSPACE, NOW) for _each in range(2)))
    assert sorted(map(len, both)) == [0, 1]
    (look,) = [*both[0], *both[1]]
    # One whose lease ended while it stood still, and its successor.
    late = Look(case, look.claimed_at - HOUR)
    assert sorted(await asyncio.gather(see(office, look, NOW), see(office, late, NOW))) == [False, True]
    assert await lines(office) == ["asked"]


async def test_whom_a_person_has_asked_is_not_asked_again(office: Office) -> None:
    case = await returned(office)
    row = await cases.by_id(office.db, case)
    assert row is not None
    async with office.db.transaction() as tx:
        token = await consult.propose(tx, row, DESKS["logistics"], "C2", "So?", ANNA, "k", NOW)
    await consult.confirm(office.db, token, "C2", ANNA, NOW)
    assert await tick(office) == 0
    await answer(office)
    assert await tick(office) == 1
    assert [each[0] for each in await asked(office)] == ["logistics", "billing"]


async def test_after_close_nothing_is_asked(office: Office) -> None:
    case = await returned(office)
    (look,) = await looks.claim(office.db, WORKSPACE, NOW)
    turn = await advance.look(office.db, case, PlanAt(PLAN, NOW))
    assert turn is not None
    assert turn.to_ask is not None
    await close.silently(office.db, await office.token(case), "by phone", ANNA, NOW)
    async with office.db.transaction() as tx:
        assert not await advance.ask(tx, turn, turn.to_ask, DESKS["logistics"], "C2", NOW)
        await advance.finish(tx, look, turn)
    assert await tick(office) == 0
    assert await asked(office) == []
    assert await office.column("SELECT count(*) FROM step_looks") == [0]


@pytest.mark.parametrize(
    ("name", "channel", "why"),
    [
        ("Card 4111 1111 1111 1111", "", "nobody may pass on: …1111"),
        ("Maria", None, "shared with people from outside"),
    ],
)
async def test_what_cannot_be_asked_is_said_once_in_the_thread(
    office: Office, lease: Connection, name: str, channel: str | None, why: str
) -> None:
    case = await returned(office)
    await office.db.fetch("UPDATE customers SET name = %(name)s", {"name": name})
    assert await tick(office, channel=channel) == 1
    await office.db.fetch("UPDATE cases SET status = 'open'")
    assert await tick(office, channel=channel) == 0
    assert await office.status(case) == "open"
    posts = [await mirror.render(office.db, rows) for rows in await post_all(office.db, lease)]
    assert "Logistics was not asked by itself" in posts[-1].text
    assert why in posts[-1].text
    assert f"<@{ANNA.id}>" in str(posts[-1].blocks[-1])
    assert await post_all(office.db, lease, "CLOGISTICS") == []


async def test_the_card_of_a_late_case_is_shown_anew_and_then_every_hour(office: Office) -> None:
    await returned(office)
    await tick(office)
    await tick(office)

    async def shown(now: datetime) -> list[object]:
        await office.db.fetch("DELETE FROM slack_calls")
        await tick(office, now)
        return await office.column("SELECT kind FROM slack_calls")

    assert await shown(NOW + 4 * HOUR) == []
    assert await shown(NOW + 4 * HOUR + timedelta(minutes=1)) == ["card"]
    assert await shown(NOW + 5 * HOUR) == []
    assert await shown(NOW + 5 * HOUR + timedelta(minutes=1)) == ["card"]
    # From the evening's hour on nothing moves before the morning.
    assert await shown(NOW + 7 * HOUR + timedelta(minutes=30)) == ["card"]
    assert await shown(NOW + 23 * HOUR) == []
    assert await shown(NOW + 24 * HOUR) == ["card"]
