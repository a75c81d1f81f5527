from __future__ import annotations

import pytest

from cases.errors import AlreadyDone, InvalidInput
from flows import close, sort
from storage import cases
from storage.db import Row
from tests.support.office import ANNA, BORIS, NOW, Office


async def opened(office: Office) -> Row:
    row = await cases.by_token(office.db, await office.token((await office.case()).case_id))
    assert row is not None
    return row


async def test_priority_and_tags_are_on_the_card(office: Office) -> None:
    case = await opened(office)
    assert await sort.set_priority(office.db, case, "urgent", ANNA, NOW)
    assert not await sort.set_priority(office.db, case, "urgent", ANNA, NOW)
    assert await sort.set_tags(office.db, case, "#VIP, parcel vip", ANNA, NOW)
    assert not await sort.set_tags(office.db, case, "parcel vip", ANNA, NOW)
    card = await cases.card(office.db, case["id"])
    assert card is not None
    assert (card.priority, list(card.tags)) == ("urgent", ["parcel", "vip"])
    assert await office.column("SELECT count(*) FROM audit WHERE action LIKE 'case.%%'") == [3]


@pytest.mark.parametrize("tags", ["x" * 31, " ".join("abcdefghi")])
async def test_tags_that_are_too_much(office: Office, tags: str) -> None:
    with pytest.raises(InvalidInput):
        await sort.set_tags(office.db, await opened(office), tags, ANNA, NOW)


async def test_an_unknown_priority(office: Office) -> None:
    with pytest.raises(InvalidInput, match="low, normal, high, urgent"):
        await sort.set_priority(office.db, await opened(office), "asap", ANNA, NOW)


async def test_a_closed_case_is_reopened_by_hand_once(office: Office) -> None:
    case = await opened(office)
    with pytest.raises(AlreadyDone):
        await sort.reopen(office.db, case, ANNA, NOW)
    await close.silently(office.db, case["token"], "by phone", ANNA, NOW)
    await sort.reopen(office.db, case, BORIS, NOW)
    with pytest.raises(AlreadyDone):
        await sort.reopen(office.db, case, BORIS, NOW)
    assert await office.status(case["id"]) == "open"
    assert await office.column("SELECT payload->>'by' FROM outbox WHERE payload->>'event' = 'reopened'") == [
        BORIS.id
    ]


async def test_whose_turn_it_is_can_be_said(office: Office) -> None:
    """“I'll look into it” was sent, and the next word is ours."""
    case = await opened(office)
    await sort.set_status(office.db, case, "new", "waiting_customer", ANNA, NOW)
    await sort.set_status(office.db, case, "waiting_customer", "open", ANNA, NOW)
    assert await office.status(case["id"]) == "open"
    said = "SELECT detail ->> 'status' FROM audit WHERE action = 'case.status_said' ORDER BY id"
    assert await office.column(said) == ["waiting_customer", "open"]
    assert "card" in await office.column("SELECT kind FROM slack_calls")


async def test_who_did_not_see_the_customers_last_words_does_not_say_whose_turn_it_is(office: Office) -> None:
    case = await opened(office)
    await sort.set_status(office.db, case, "new", "answered", ANNA, NOW)
    await office.says(await office.conversation_of(case["id"]), "It broke again")
    with pytest.raises(AlreadyDone, match="moved on"):
        await sort.set_status(office.db, case, "answered", "waiting_customer", BORIS, NOW)
    assert await office.status(case["id"]) == "open"


async def test_taking_a_new_case_does_not_change_whose_turn_it_was_seen_to_be(office: Office) -> None:
    case = await opened(office)
    await office.db.fetch("UPDATE cases SET status = 'open' WHERE id = %s", [case["id"]])
    await sort.set_status(office.db, case, "new", "waiting_customer", ANNA, NOW)
    assert await office.status(case["id"]) == "waiting_customer"


async def test_a_case_that_was_answered_since_is_not_taken_for_the_new_one(office: Office) -> None:
    case = await opened(office)
    await office.db.fetch("UPDATE cases SET status = 'open', last_reply_at = %s", [NOW])
    with pytest.raises(AlreadyDone, match="moved on"):
        await sort.set_status(office.db, case, "new", "waiting_customer", ANNA, NOW)


async def test_what_a_case_is_already_needs_no_act(office: Office) -> None:
    case = await opened(office)
    await sort.set_status(office.db, case, "new", "answered", ANNA, NOW)
    now = await cases.by_token(office.db, case["token"])
    assert now is not None
    await sort.set_status(office.db, now, "new", "answered", BORIS, NOW)
    said = "SELECT actor FROM audit WHERE action = 'case.status_said'"
    assert await office.column(said) == [ANNA.id]


@pytest.mark.parametrize("status", ["closed", "new", "waiting_department", "?"])
async def test_closing_is_not_a_status_to_be_said(office: Office, status: str) -> None:
    case = await opened(office)
    with pytest.raises(InvalidInput):
        await sort.set_status(office.db, case, "new", status, ANNA, NOW)
