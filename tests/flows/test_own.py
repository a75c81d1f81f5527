from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from cases.errors import AlreadyDone, CaseClosed, NotFound
from flows import close, mirror, own, reply
from tests.support.office import ANNA, BORIS, NOW, Office


async def test_taking_makes_the_owner_and_opens_a_new_case(office: Office) -> None:
    case = await office.case()
    assert await own.take(office.db, await office.token(case.case_id), ANNA, NOW)
    row = await office.row("SELECT owner, status FROM cases")
    assert (row["owner"], row["status"]) == (ANNA.id, "open")
    assert await office.column("SELECT kind FROM slack_calls ORDER BY kind") == ["card", "note"]
    assert "case.taken" in await office.column("SELECT action FROM audit")


async def test_what_is_played_into_the_past_offers_nothing_today(office: Office) -> None:
    await own.take(office.db, await office.token((await office.case()).case_id), ANNA, NOW, note=False)
    assert await office.column("SELECT kind FROM slack_calls") == ["card"]


async def test_taking_twice_is_said_once(office: Office) -> None:
    token = await office.token((await office.case()).case_id)
    taken = await asyncio.gather(*(own.take(office.db, token, ANNA, NOW) for _ in range(10)))
    assert sum(taken) == 1
    assert await office.column("SELECT count(*) FROM outbox WHERE kind = 'notice'") == [1]


async def test_a_case_can_be_taken_over(office: Office) -> None:
    token = await office.token((await office.case()).case_id)
    await own.take(office.db, token, ANNA, NOW)
    assert await own.take(office.db, token, BORIS, NOW)
    assert await office.column("SELECT owner FROM cases") == [BORIS.id]


async def test_a_closed_case_cannot_be_taken(office: Office) -> None:
    token = await office.token((await office.case()).case_id)
    await close.silently(office.db, token, "spam", ANNA, NOW)
    with pytest.raises(CaseClosed):
        await own.take(office.db, token, ANNA, NOW)


async def test_a_case_that_is_not_there(office: Office) -> None:
    with pytest.raises(NotFound):
        await own.take(office.db, uuid4(), ANNA, NOW)


async def test_the_first_to_act_is_told_and_may_say_not_mine(office: Office) -> None:
    case = await office.case()
    token = await office.token(case.case_id)
    await own.take(office.db, token, ANNA, NOW)
    await own.take(office.db, token, BORIS, NOW)
    notes = await office.column("SELECT payload FROM slack_calls WHERE kind = 'note'")
    assert notes == [{"user": ANNA.id, "note": "owned"}]
    note = await mirror.note(office.db, case.case_id, {"note": "owned"})
    assert str(token) in str(note.blocks)
    with pytest.raises(AlreadyDone):
        await own.release(office.db, token, ANNA, NOW)
    outcomes = await asyncio.gather(
        *(own.release(office.db, token, BORIS, NOW) for _ in range(5)), return_exceptions=True
    )
    assert [type(each) for each in outcomes if each is not None] == [AlreadyDone] * 4
    assert await office.column("SELECT owner FROM cases") == [None]
    assert (await office.column("SELECT action FROM audit ORDER BY id"))[-2:] == [
        "case.taken",
        "case.released",
    ]


async def test_sending_makes_the_owner_too(office: Office) -> None:
    case = await office.case()
    await reply.approve(office.db, await office.preview(case.case_id), ANNA, 0, NOW)
    assert await office.column("SELECT owner FROM cases") == [ANNA.id]
    assert await office.column("SELECT payload->>'user' FROM slack_calls WHERE kind = 'note'") == [ANNA.id]


async def test_closing_silently_makes_the_owner_too(office: Office) -> None:
    await close.silently(office.db, await office.token((await office.case()).case_id), "spam", ANNA, NOW)
    assert await office.column("SELECT owner FROM cases") == [ANNA.id]


async def test_only_an_unowned_case_is_claimed(office: Office) -> None:
    token = await office.token((await office.case()).case_id)
    assert await own.claim(office.db, token, ANNA, NOW)
    assert not await own.claim(office.db, token, ANNA, NOW)
    with pytest.raises(AlreadyDone, match="<@U1ANNA> owns CX-1001"):
        await own.claim(office.db, token, BORIS, NOW)
