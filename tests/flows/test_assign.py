from __future__ import annotations

import pytest

from cases.errors import CaseClosed, InvalidInput
from flows import assign, close
from storage import cases
from tests.support.office import ANNA, BORIS, NOW, Office


async def hand_over(office: Office, case: int, why: str = "") -> bool:
    row = await cases.by_token(office.db, await office.token(case))
    assert row is not None
    async with office.db.transaction() as tx:
        return await assign.hand_over(tx, row, BORIS, why, ANNA, NOW)


async def test_a_case_is_handed_over_once_and_the_thread_says_why(office: Office) -> None:
    case = (await office.case()).case_id
    assert await hand_over(office, case, " She calls at 5. ")
    assert not await hand_over(office, case, "Again")
    row = await office.row("SELECT owner, status FROM cases")
    assert (row["owner"], row["status"]) == (BORIS.id, "open")
    told = {"event": "assigned", "by": ANNA.id, "to": BORIS.id, "why": "She calls at 5."}
    assert await office.column("SELECT payload FROM outbox WHERE kind = 'notice'") == [told]
    assert await office.column("SELECT detail FROM audit WHERE action = 'case.assigned'") == [told]


async def test_what_cannot_be_handed_over(office: Office) -> None:
    case = (await office.case()).case_id
    with pytest.raises(InvalidInput, match="at most 500"):
        await hand_over(office, case, "x" * 501)
    await close.silently(office.db, await office.token(case), "spam", ANNA, NOW)
    with pytest.raises(CaseClosed):
        await hand_over(office, case)
