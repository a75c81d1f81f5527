from __future__ import annotations

from uuid import uuid4

import pytest

from cases.actor import Actor
from cases.errors import InvalidInput, NotFound
from commands.dispatch import dispatch
from commands.request import Hands, Request
from flows import close, opening
from storage import cases
from storage.db import Row
from tests.flows.test_receipt import look
from tests.support.office import ANNA, BORIS, NOW, Office
from views.preview import outcome
from views.thread import Rendered


async def say(office: Office, text: str, given: list[tuple[str, str, str]] | None = None) -> Rendered:
    async def owner(user: str) -> Actor:
        return BORIS

    async def hand_over(token: str, to: str, why: str) -> bool:
        assert given is not None
        given.append((token, to, why))
        return True

    async def open_case(subject: str) -> Row:
        async with office.db.transaction() as tx:
            return await opening.from_words(tx, office.workspace, uuid4().hex, "C1", subject, ANNA, NOW)

    async def ask(case: Row, department: str, question: str) -> Rendered:
        assert given is not None
        given.append((str(case["number"]), department, question))
        return outcome("asked")

    hands = Hands(ANNA, NOW, owner, hand_over, open_case, ask)
    return await dispatch(
        Request(office.db, office.workspace, "https://shop.slack.com/", ANNA.id, text, hands)
    )


async def test_taking_and_handing_over(office: Office) -> None:
    case = await office.case()
    assert "CX-1001 is yours" in (await say(office, "take cx-1001")).text
    assert "already" in (await say(office, "take 1001")).text
    given: list[tuple[str, str, str]] = []
    await say(office, "ask 1001 logistics where  is it?", given)
    assert given.pop() == ("1001", "logistics", "where  is it?")
    await say(office, f"assign CX-1001 <@{BORIS.id}|boris> knows her well", given)
    assert given == [(str(await office.token(case.case_id)), BORIS.id, "knows her well")]


async def test_closing_and_naming_the_customer_offer_their_forms(office: Office) -> None:
    token = str(await office.token((await office.case()).case_id))
    shown = str((await say(office, "close CX-1001")).blocks)
    assert token in shown
    assert "case_close" in shown
    await say(office, "open A broken door")
    assert "menu_customer" in str((await say(office, "customer CX-1002")).blocks)


async def test_reopening_linking_and_merging(office: Office) -> None:
    case = await office.case()
    await close.silently(office.db, await office.token(case.case_id), "spam", ANNA, NOW)
    assert "open again" in (await say(office, "reopen CX-1001")).text
    opened = await say(office, "open Broken door at the front")
    assert "CX-1002 is open" in opened.text
    assert "are linked" in (await say(office, "link CX-1002 CX-1001")).text
    assert "linked already" in (await say(office, "link CX-1001 CX-1002")).text
    assert "CX-1002 goes on in CX-1001" in (await say(office, "merge CX-1002 CX-1001")).text
    card = await cases.card(office.db, case.case_id)
    assert card is not None
    assert list(card.linked) == [1002]


async def test_withdrawing_a_link(office: Office) -> None:
    await office.case()
    with pytest.raises(InvalidInput, match="No customer was given a link"):
        await say(office, "withdraw CX-1001")
    assert await look(office) == 1
    (old,) = await office.column("SELECT token FROM receipts")
    assert "works no more" in (await say(office, "withdraw CX-1001")).text
    assert await office.column("SELECT token FROM receipts") != [old]


@pytest.mark.parametrize("text", ["take", "take it", "assign CX-1001", "merge CX-1001", "open"])
async def test_what_is_missing_is_said(office: Office, text: str) -> None:
    await office.case()
    with pytest.raises(InvalidInput):
        await say(office, text)


async def test_a_case_that_is_not_there(office: Office) -> None:
    with pytest.raises(NotFound, match="CX-7"):
        await say(office, "close CX-7")
