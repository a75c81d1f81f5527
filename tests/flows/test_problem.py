from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from cases.enums import DraftKind
from cases.errors import AlreadyDone, CaseClosed, CxError, InvalidInput, NotAllowed, TextMissing
from cases.messages import Receipt
from flows import close, join, opening, problem, reply
from storage import cases, problems
from storage.db import Row
from tests.support.contention import deadlocks
from tests.support.office import ANNA, BORIS, NOW, Office


async def row_of(office: Office, case: int) -> Row:
    found = await cases.by_token(office.db, await office.token(case))
    assert found is not None
    return found


async def outage(office: Office, count: int, key: str = "k") -> tuple[Row, list[Receipt]]:
    """A problem with so many cases of as many customers."""
    all_cases = [await office.case() for _ in range(count)]
    first = await row_of(office, all_cases[0].case_id)
    made = await problem.make(office.db, first, "The shop is down", key, ANNA, NOW)
    for case in all_cases[1:]:
        await problem.add(office.db, made["token"], await row_of(office, case.case_id), ANNA, NOW)
    return made, all_cases


async def shown(office: Office, made: Row, kind: DraftKind = DraftKind.REPLY) -> UUID:
    return await problem.prepare(office.db, made["token"], "It works again.", kind, ANNA, NOW)


async def outcome(office: Office, made: Row) -> dict[int, tuple[str | None, str | None]]:
    rows = await problems.cases_of(office.db, made["id"])
    return {row["id"]: (row["draft"], row["left_out"]) for row in rows}


async def test_a_case_is_part_of_one_open_problem(office: Office) -> None:
    case, other = await office.case(), await office.case()
    row = await row_of(office, case.case_id)
    made = await asyncio.gather(*(problem.make(office.db, row, " Down ", "k", ANNA, NOW) for _ in range(4)))
    assert {(one["number"], one["title"]) for one in made} == {(1, "Down")}
    second = await problem.make(office.db, await row_of(office, other.case_id), "Late", "l", ANNA, NOW)
    await problem.add(office.db, made[0]["token"], row, BORIS, NOW)
    with pytest.raises(AlreadyDone, match="CX-1001 is part of another problem"):
        await problem.add(office.db, second["token"], row, ANNA, NOW)
    with pytest.raises(AlreadyDone):
        await problem.make(office.db, row, "Another one", "m", ANNA, NOW)
    with pytest.raises(InvalidInput):
        await problem.make(office.db, row, " ", "n", ANNA, NOW)
    card = await cases.card(office.db, case.case_id)
    assert card is not None
    assert (card.problem, card.problem_title) == (1, "Down")
    await problem.remove(office.db, row, ANNA, NOW)
    await problem.add(office.db, second["token"], row, ANNA, NOW)
    await problem.solve(office.db, second["token"], ANNA, NOW)
    with pytest.raises(AlreadyDone, match="PR-2 is solved already"):
        await problem.add(office.db, second["token"], row, ANNA, NOW)
    assert await problems.of_case(office.db, case.case_id) is None
    await close.silently(office.db, await office.token(case.case_id), "x", ANNA, NOW)
    with pytest.raises(CaseClosed):
        await problem.make(office.db, await row_of(office, case.case_id), "Again", "o", ANNA, NOW)


async def test_a_merged_case_passes_its_problem_on(office: Office) -> None:
    made, (first, _) = await outage(office, 2)
    other = await office.case()
    other_row = await row_of(office, other.case_id)
    await office.db.fetch(
        "UPDATE cases SET customer_id = %(customer)s WHERE id = %(id)s",
        {"id": other.case_id, "customer": (await row_of(office, first.case_id))["customer_id"]},
    )
    await join.merge(office.db, first.case_id, other_row["id"], ANNA, NOW)
    assert await problems.of_case(office.db, first.case_id) is None
    found = await problems.of_case(office.db, other.case_id)
    assert found is not None
    assert found["id"] == made["id"]
    assert {row["id"] for row in await problems.cases_of(office.db, made["id"])} >= {other.case_id}


async def test_one_approval_sends_to_each_and_names_who_is_left_out(office: Office) -> None:
    made, (one, wrote, closed, two) = await outage(office, 4)
    async with office.db.transaction() as tx:
        by_hand = await opening.from_words(tx, office.workspace, "k", "C1", "Phone call", ANNA, NOW)
    await problem.add(office.db, made["token"], await row_of(office, by_hand["id"]), ANNA, NOW)
    token = await shown(office, made)
    await office.says(await office.conversation_of(wrote.case_id), "Hello?")
    await close.silently(office.db, await office.token(closed.case_id), "x", BORIS, NOW)
    with pytest.raises(NotAllowed):
        await problem.approve(office.db, token, BORIS, 0, NOW)
    pressed = await asyncio.gather(*(problem.approve(office.db, token, ANNA, 0, NOW) for _ in range(3)))
    (done,) = [each for each in pressed if not each.again]
    assert len(done.drafts) == 2
    for draft in done.drafts:
        assert await reply.send(office.db, draft["uuid"], draft["body"], NOW) is not None
    assert await outcome(office, made) == {
        one.case_id: ("sent", None),
        wrote.case_id: (None, "wrote"),
        closed.case_id: (None, "closed"),
        two.case_id: ("sent", None),
        by_hand["id"]: (None, "no_channel"),
    }
    assert await office.column("SELECT count(*) FROM approvals") == [2]
    said = await office.column("SELECT case_id FROM outbox WHERE kind = 'sent' ORDER BY case_id")
    assert said == [one.case_id, two.case_id]
    with pytest.raises(TextMissing):
        await problem.prepare(office.db, made["token"], " ", DraftKind.REPLY, ANNA, NOW)


async def test_two_cases_in_one_conversation_get_the_text_once(office: Office) -> None:
    made, (first, second) = await outage(office, 2)
    await office.db.fetch(
        "UPDATE cases SET conversation_id = %(v)s WHERE id = %(id)s",
        {"v": await office.conversation_of(first.case_id), "id": second.case_id},
    )
    done = await problem.approve(office.db, await shown(office, made), ANNA, 0, NOW)
    assert [draft["case_id"] for draft in done.drafts] == [second.case_id]
    assert (await outcome(office, made))[first.case_id] == (None, "twice")


async def test_solving_closes_all_and_is_undone_in_time(office: Office) -> None:
    made, all_cases = await outage(office, 2)
    token = await shown(office, made, DraftKind.CLOSING)
    await problem.approve(office.db, token, ANNA, 60, NOW)
    assert await problems.of_case(office.db, all_cases[0].case_id) is None
    await problem.take_back(office.db, token, ANNA, NOW)
    assert await problems.of_case(office.db, all_cases[0].case_id) is not None
    again = await problem.approve(office.db, await shown(office, made, DraftKind.CLOSING), ANNA, 0, NOW)
    for draft in again.drafts:
        await reply.send(office.db, draft["uuid"], draft["body"], NOW)
    assert [await office.status(case.case_id) for case in all_cases] == ["closed", "closed"]
    with pytest.raises(AlreadyDone):
        await problem.take_back(office.db, token, ANNA, NOW)
    assert "case.problem_solved" in await office.column("SELECT action FROM audit")


async def test_it_stays_open_while_somebody_is_left(office: Office) -> None:
    made, (_, wrote) = await outage(office, 2)
    token = await shown(office, made, DraftKind.CLOSING)
    await office.says(await office.conversation_of(wrote.case_id), "Hello?")
    await problem.approve(office.db, token, ANNA, 0, NOW)
    assert await problems.of_case(office.db, wrote.case_id) is not None


async def test_everybody_at_once_does_not_deadlock(office: Office) -> None:
    for batch in range(3):
        made, all_cases = await outage(office, 4, f"{batch}")
        homes = [await office.conversation_of(case.case_id) for case in all_cases]
        rows = [await row_of(office, case.case_id) for case in all_cases]
        tokens = [await shown(office, made) for _ in range(2)]
        tokens.append(await shown(office, made, DraftKind.CLOSING))
        acts = [office.says(home, f"{batch}") for home in homes]
        sends = [problem.approve(office.db, token, ANNA, 60, NOW) for token in tokens]
        adds = [problem.add(office.db, made["token"], row, ANNA, NOW) for row in rows]
        takes = [problem.remove(office.db, row, BORIS, NOW) for row in rows]
        closing = [
            close.tell(office.db, row["token"], "Bye", f"{batch}{row['id']}", BORIS, 60, NOW) for row in rows
        ]
        outcomes = await asyncio.gather(*sends, *acts, *adds, *takes, *closing, return_exceptions=True)
        assert [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, CxError)] == []
    assert await deadlocks(office.db) == 0
