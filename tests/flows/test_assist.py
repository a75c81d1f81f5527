"""Proposals of the copilot: sent by a person or not at all, and what became of them."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from cases.enums import Status
from cases.errors import CustomerWrote, GapsLeft, InvalidInput, NotAllowed, TextMissing
from cases.proposals import Flag, FlagKind, Proposal, Source
from flows import assist, close, mirror, reply
from storage import copilot_drafts
from storage.db import Connection, Duplicate
from tests.support.office import ANNA, BORIS, NOW, Office, post_all
from tests.views import limits

PROPOSAL = Proposal(
    "It left on Monday.",
    "It left on Monday [m1].",
    "en",
    1,
    sources=(Source("m1", "m1"),),
    flags=(Flag(FlagKind.DATE, "Monday"),),
    model="m",
)


async def keep(office: Office, case: int, proposal: Proposal = PROPOSAL, key: str = "k") -> None:
    async with office.db.transaction() as tx:
        await assist.keep(tx, case, key, ANNA.id, proposal, NOW)


async def uuid_of(office: Office) -> UUID:
    row = await office.row("SELECT uuid FROM drafts ORDER BY id DESC LIMIT 1")
    uuid: UUID = row["uuid"]
    return uuid


async def shown(office: Office) -> str:
    """The newest card, as Slack takes it."""
    row = await office.row("SELECT max(id) AS id FROM copilot_drafts")
    rendered = await mirror.proposal(office.db, row["id"], "p:x")
    limits.check(rendered)
    return str(rendered.blocks)


async def sent(office: Office) -> list[object]:
    return await office.column("SELECT text FROM messages WHERE direction = 'out'")


async def test_nobody_sends_what_no_person_took_on(office: Office) -> None:
    case = (await office.case()).case_id
    await keep(office, case)
    uuid = await uuid_of(office)
    with pytest.raises(NotAllowed):
        await reply.approve(office.db, uuid, ANNA, 0, NOW)
    await copilot_drafts.adopt(office.db, uuid, ANNA.id, ANNA.name)
    await copilot_drafts.adopt(office.db, uuid, BORIS.id, BORIS.name)
    with pytest.raises(NotAllowed):
        await reply.approve(office.db, uuid, BORIS, 0, NOW)
    row = await reply.approve(office.db, uuid, ANNA, 0, NOW)
    assert await reply.send(office.db, uuid, row["body"], NOW) is not None
    assert await sent(office) == ["It left on Monday."]
    assert "was sent as it was by <@U1ANNA>" in await shown(office)
    assert await office.status(case) == "waiting_customer"


async def test_the_card_is_complete_and_follows_what_happens(office: Office, lease: Connection) -> None:
    case = (await office.case()).case_id
    await keep(office, case, replace(PROPOSAL, reply="It left <!channel> on\u202e Monday."))
    card = await shown(office)
    assert "{'type': 'text', 'text': 'It left <!channel> on" in card
    assert "\u202e" not in card
    assert "📅 a time: Monday" in card
    assert "draft_send" in card
    await post_all(office.db, lease)
    assert await office.column("SELECT count(*) FROM slack_calls WHERE kind = 'draft'") == [0]
    uuid = await uuid_of(office)
    await assist.then(office.db, uuid, Status.ANSWERED)
    with pytest.raises(InvalidInput):
        await assist.then(office.db, uuid, "closed")
    with pytest.raises(TextMissing):
        await assist.reword(office.db, uuid, "  ", ANNA)
    await assist.reword(office.db, uuid, "On Tuesday.", ANNA)
    with pytest.raises(assist.DraftGone):
        await assist.reword(office.db, uuid, "By an old form.", ANNA)
    assert await office.column("SELECT count(*) FROM slack_calls WHERE kind = 'draft'") == [2]
    renewed = await uuid_of(office)
    row = await reply.approve(office.db, renewed, ANNA, 0, NOW)
    await reply.send(office.db, renewed, row["body"], NOW)
    assert await sent(office) == ["On Tuesday."]
    assert await office.status(case) == "answered"
    assert "was changed and sent by" in await shown(office)


async def test_a_newer_one_takes_its_place_and_the_same_wish_makes_one(office: Office) -> None:
    case = (await office.case()).case_id
    await keep(office, case)
    with pytest.raises(Duplicate):
        await keep(office, case)
    first = await uuid_of(office)
    await keep(office, case, key="again")
    assert await office.column("SELECT state FROM drafts ORDER BY id") == ["cancelled", "preview"]
    with pytest.raises(assist.DraftGone):
        await assist.discard(office.db, first, ANNA, NOW)
    await assist.discard(office.db, await uuid_of(office), BORIS, NOW)
    assert "was discarded by <@U2BORIS>" in await shown(office)
    assert await sent(office) == []


async def test_nothing_to_send_is_a_card_without_buttons(office: Office) -> None:
    case = (await office.case()).case_id
    await keep(office, case, Proposal("", "", "", 1, findings=("Lamps: five days <@U1>",), note="ungrounded"))
    card = await shown(office)
    assert "rests on nothing" in card
    assert "five days &lt;@U1&gt;" in card
    assert "draft_send" not in card
    assert await office.column("SELECT count(*) FROM drafts") == [0]


async def test_after_the_customer_wrote_the_card_has_the_button_that_still_works(office: Office) -> None:
    conversation = await office.conversation()
    case = (await office.says(conversation, "Where is it?")).case_id
    await keep(office, case)
    uuid = await uuid_of(office)
    await office.says(conversation, "Never mind")
    await copilot_drafts.adopt(office.db, uuid, ANNA.id, ANNA.name)
    with pytest.raises(CustomerWrote) as wrote:
        await reply.approve(office.db, uuid, ANNA, 0, NOW)
    assert wrote.value.draft == await uuid_of(office) != uuid
    assert await office.column("SELECT count(*) FROM slack_calls WHERE kind = 'draft'") == [2]
    assert str(wrote.value.draft) in await shown(office)


async def test_a_macro_with_gaps_cannot_be_sent_before_they_are_filled_in(office: Office) -> None:
    case = (await office.case()).case_id
    made = Proposal(
        "Dear …(customer)…, …(order)… left.",
        "",
        "en",
        1,
        sources=(Source("t:late", "Late <!here>"),),
        note="down",
    )
    await keep(office, case, made)
    card = await shown(office)
    assert "the macro “Late &lt;!here&gt;”" in card
    assert "Without a model, for" in card
    assert "cannot be reached now" in card
    assert "fill it in with *Edit* before you send: the customer's name" in card
    assert "draft_shorter" not in card
    assert "draft_language" in card
    uuid = await uuid_of(office)
    for actor in (ANNA, BORIS):
        await copilot_drafts.adopt(office.db, uuid, actor.id, actor.name)
        with pytest.raises(GapsLeft, match=r"gaps \(the customer's name, the order's number\): fill"):
            await reply.approve(office.db, uuid, actor, 0, NOW)
        with pytest.raises(GapsLeft):
            await reply.approve_and_send(office.db, uuid, actor, NOW)
    # Nobody has taken it on by that: whoever knows the order fills it in.
    await assist.reword(office.db, uuid, "Dear Maria, …(order)… left.", BORIS)
    assert "before you send: the order's number" in await shown(office)
    assert "customer's name" not in await shown(office)
    with pytest.raises(GapsLeft):
        await reply.approve(office.db, await uuid_of(office), BORIS, 0, NOW)
    await assist.reword(office.db, await uuid_of(office), "Dear Maria, #A-1 left.", BORIS)
    assert "before you send" not in await shown(office)
    row = await reply.approve(office.db, await uuid_of(office), BORIS, 0, NOW)
    assert await reply.send(office.db, row["uuid"], row["body"], NOW) is not None
    assert await sent(office) == ["Dear Maria, #A-1 left."]


async def test_gaps_go_no_other_way_either(office: Office) -> None:
    case = (await office.case()).case_id
    with pytest.raises(GapsLeft):
        await close.tell(office.db, await office.token(case), "…(order)…", "f", ANNA, 0, NOW)
    with pytest.raises(GapsLeft):
        await reply.approve(office.db, await office.preview(case, "…(order)… left"), ANNA, 0, NOW)
