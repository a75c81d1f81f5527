from __future__ import annotations

import asyncio

import pytest

from storage import calls
from storage.db import Connection, Row
from tests.support.office import WORKSPACE, Office, post_all


@pytest.fixture
async def case(office: Office, lease: Connection) -> int:
    """A case whose card is posted."""
    receipt = await office.case()
    await post_all(office.db, lease)
    return receipt.case_id


async def add(office: Office, case: int, kind: str = "card") -> None:
    async with office.db.transaction() as tx:
        await calls.add(tx, office.workspace, "C1", case, kind, {})


async def claim(office: Office, kind: str = "card", limit: int = 10) -> list[Row]:
    return await calls.claim(office.db, WORKSPACE, {kind: limit})


async def age(office: Office, seconds: int) -> None:
    """Let time pass for the claims."""
    await office.db.fetch(
        "UPDATE slack_calls SET claimed_at = claimed_at - make_interval(secs => %(s)s)", {"s": seconds}
    )


async def test_cards_that_wait_are_one(office: Office, case: int) -> None:
    for _ in range(5):
        await add(office, case)
    assert len(await claim(office)) == 1


async def test_a_card_that_waits_is_not_made_before_its_newest_cause_is_there(
    office: Office, case: int
) -> None:
    await add(office, case)
    async with office.db.transaction() as tx:
        await calls.add(tx, office.workspace, "C1", case, "card", {})
        assert await claim(office) == []
    assert len(await claim(office)) == 1


async def test_other_calls_are_made_each(office: Office, case: int) -> None:
    for _ in range(3):
        await add(office, case, "reaction")
    assert len(await claim(office, "reaction")) == 3


async def test_the_cards_of_a_case_are_made_one_after_the_other(office: Office, case: int) -> None:
    await add(office, case)
    (first,) = await claim(office)
    await add(office, case)
    assert await claim(office) == []
    await calls.done(office.db, first["id"])
    (second,) = await claim(office)
    assert second["id"] != first["id"]


async def test_a_card_waits_until_it_is_posted(office: Office) -> None:
    case = await office.case()
    await add(office, case.case_id)
    await add(office, case.case_id, "preview")
    assert await claim(office) == []
    assert len(await claim(office, "preview")) == 1


async def test_ten_callers_at_once_take_each_call_once(office: Office, case: int) -> None:
    for _ in range(20):
        await add(office, case, "reaction")
    taken = await asyncio.gather(*(claim(office, "reaction", 3) for _ in range(10)))
    ids = [row["id"] for rows in taken for row in rows]
    assert len(ids) == len(set(ids)) == 20


async def test_ten_callers_at_once_take_one_card(office: Office, case: int) -> None:
    await add(office, case)
    taken = await asyncio.gather(*(claim(office) for _ in range(10)))
    assert sum(map(len, taken)) == 1


async def test_a_call_whose_taker_died_comes_back(office: Office, case: int) -> None:
    await add(office, case)
    await claim(office)
    await age(office, 14)
    assert await claim(office) == []
    await age(office, 2)
    (again,) = await claim(office)
    assert again["attempts"] == 2


async def test_a_newer_card_waits_for_the_one_whose_taker_died(office: Office, case: int) -> None:
    await add(office, case)
    (first,) = await claim(office)
    await add(office, case)
    await age(office, 16)
    assert [row["id"] for row in await claim(office)] == [first["id"]]


@pytest.mark.parametrize(("seconds", "taken"), [(0, 1), (60, 0)])
async def test_a_failed_call_is_made_again_later(
    office: Office, case: int, seconds: float, taken: int
) -> None:
    await add(office, case)
    (row,) = await claim(office)
    await calls.retry(office.db, row["id"], seconds, "ratelimited")
    assert len(await claim(office)) == taken
    assert await office.column("SELECT last_error FROM slack_calls") == ["ratelimited"]


async def test_a_failed_card_is_dropped_when_a_newer_one_waits(office: Office, case: int) -> None:
    await add(office, case)
    (old,) = await claim(office)
    await add(office, case)
    await calls.retry(office.db, old["id"], 0, "ratelimited")
    (new,) = await claim(office)
    assert new["id"] != old["id"]
    await calls.done(office.db, new["id"])
    assert await claim(office) == []


async def test_a_failed_reaction_is_not_dropped_for_another(office: Office, case: int) -> None:
    await add(office, case, "reaction")
    (old,) = await claim(office, "reaction")
    await add(office, case, "reaction")
    await calls.retry(office.db, old["id"], 0, "ratelimited")
    assert len(await claim(office, "reaction")) == 2


async def test_what_can_never_succeed_is_done_with_its_error(office: Office, case: int) -> None:
    await add(office, case)
    (row,) = await claim(office)
    await calls.done(office.db, row["id"], "message_not_found")
    await age(office, 60)
    assert await claim(office) == []
    assert await office.column("SELECT last_error FROM slack_calls") == ["message_not_found"]


async def test_a_clicked_card_is_claimed_by_its_place_unless_it_is_being_made(
    office: Office, case: int
) -> None:
    token = await office.token(case)
    assert await calls.claim_card(office.db, token, "C1", "1.1") is None, "nothing waits"
    await add(office, case)
    for place in (("C1", "9.9"), ("C2", "1.1")):
        assert await calls.claim_card(office.db, token, *place) is None
    claimed = await calls.claim_card(office.db, token, "C1", "1.1")
    assert claimed is not None
    assert claimed["case_id"] == case
    await add(office, case)
    assert await calls.claim_card(office.db, token, "C1", "1.1") is None, "one at a time"
    await calls.retry(office.db, claimed["id"], 0, "refused")
    assert len(await claim(office)) == 1, "the newer one does for both"
