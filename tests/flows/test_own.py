from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from cases.errors import CaseClosed, NotFound
from flows import close, own
from tests.support.office import ANNA, BORIS, NOW, Office


async def test_taking_makes_the_owner_and_opens_a_new_case(office: Office) -> None:
    case = await office.case()
    assert await own.take(office.db, await office.token(case.case_id), ANNA, NOW)
    row = await office.row("SELECT owner, status FROM cases")
    assert (row["owner"], row["status"]) == (ANNA.id, "open")
    assert await office.column("SELECT kind FROM slack_calls") == ["card"]
    assert "case.taken" in await office.column("SELECT action FROM audit")


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
