"""We write first: the case goes on by mail, and answers come back into it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cases.arrivals import Handle
from cases.errors import AlreadyDone, CaseClosed
from cases.mailboxes import Mailbox, MailServer, OpenMailbox, Security
from flows import begin, close, customers, deliver, identify, mirror, opening, reply, switch
from flows.begin import Beginning, NoAddress, OurAddress, SomebodyElses
from storage import cases, identities, mails, reaching
from storage.db import Connection
from tests.flows.test_arrive import MAIL, arrives, customer_of, import_mia
from tests.flows.test_receipt import BY_MAIL, look, why
from tests.support.office import ANNA, BORIS, NOW, Office, post_all

HERE = MailServer("localhost", 25, Security.NONE)
SUPPORT = OpenMailbox(
    Mailbox("support", "support@shop.example", "Harbour & Hill", "support", HERE, HERE), "C1"
)
TO = "mia@x.example"


def to(address: str = TO, subject: str = "") -> Beginning:
    return Beginning(SUPPORT, address, subject)


async def chat_of_mia(office: Office) -> int:
    """A case of the web chat, of somebody whom the company's systems know with her address."""
    receipt = await office.case()
    await office.db.fetch(
        "UPDATE customers SET external_id = 'mia', email = 'Mia@X.example', email_proven = true"
    )
    return receipt.case_id


async def test_a_chat_goes_on_by_mail_to_an_address_that_we_know(office: Office, lease: Connection) -> None:
    case = await chat_of_mia(office)
    (known,) = await reaching.addresses(office.db, case)
    assert (known["address"], known["proven"]) == (TO, True)
    await begin.by_mail(office.db, case, to(), ANNA, NOW)
    card = await cases.card(office.db, case)
    assert card is not None
    assert (card.channel, card.site, card.handle, card.customer_verified) == ("mail", "support", TO, True)
    assert await reaching.addresses(office.db, case) == [], "it goes there already"
    shown = str([(await mirror.render(office.db, post)).blocks for post in await post_all(office.db, lease)])
    assert f"<@{ANNA.id}> goes on by mail to {TO}: replies go there now, from Harbour &amp; Hill." in shown
    assert "not proven" not in shown
    (logged,) = await office.column("SELECT detail FROM audit WHERE action = 'case.switched'")
    assert TO not in str(logged), "the log knows ids only"


async def test_pressed_twice_it_begins_once(office: Office) -> None:
    case = await chat_of_mia(office)
    both = [begin.by_mail(office.db, case, to(), who, NOW) for who in (ANNA, BORIS)]
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert [type(one) for one in outcomes if one is not None] == [AlreadyDone]
    chat, by_mail = await office.column("SELECT id FROM conversations ORDER BY id")
    async with office.db.transaction() as tx:
        await identities.switch(tx, case, int(str(chat)), ANNA.id, NOW, moves=False)
    await begin.by_mail(office.db, case, to(subject="Your\r\nBcc: lamp"), ANNA, NOW)
    assert await office.conversation_of(case) == by_mail, "there and back it is the same exchange"
    assert await office.column("SELECT subject FROM conversations ORDER BY id") == [None, "Your Bcc: lamp"]


async def test_an_answer_from_there_comes_into_the_case(office: Office) -> None:
    case = (await office.case()).case_id
    await begin.by_mail(office.db, case, to("Mia@X.Example "), ANNA, NOW)
    conversation = await office.conversation_of(case)
    answer = replace(MAIL, verified=False, conversation_id=conversation)
    assert (await arrives(office, answer)).case_id == case
    assert (await arrives(office, replace(answer, verified=True, client_message_id="2"))).case_id == case
    assert await office.conversation_of(case) == conversation
    eve = replace(answer, who=Handle("email", "eve@y.example"), client_message_id="e")
    assert (await arrives(office, eve)).case_id != case
    row = await office.row("SELECT verified, told_by FROM identities WHERE kind = 'told'")
    assert (row["verified"], row["told_by"]) == (False, ANNA.id)


@pytest.mark.parametrize("proven", [True, False])
async def test_whoever_else_writes_from_there_is_a_stranger_as_before(office: Office, proven: bool) -> None:
    case = (await office.case()).case_id
    await begin.by_mail(office.db, case, to(), ANNA, NOW)
    fresh = await arrives(office, replace(MAIL, verified=proven))
    assert await customer_of(office, fresh.case_id) != await customer_of(office, case)
    card = await cases.card(office.db, fresh.case_id)
    assert card is not None
    assert card.suggestion is not None
    assert card.suggestion.address == TO, "people decide"
    answer = replace(MAIL, client_message_id="2", conversation_id=await office.conversation_of(case))
    assert (await arrives(office, answer)).case_id == case, "but what answers us does"


async def test_an_address_of_somebody_else_is_refused(office: Office) -> None:
    case = (await office.case()).case_id
    await arrives(office, replace(MAIL, verified=False))
    with pytest.raises(SomebodyElses, match="merge the customers"):
        await begin.by_mail(office.db, case, to(), ANNA, NOW)
    await office.db.fetch("UPDATE customers SET email_proven = true WHERE email = 'mia@x.example'")
    await office.db.fetch("UPDATE customers SET email = 'tom@x.example' WHERE email = 'mia@x.example'")
    with pytest.raises(SomebodyElses):
        await begin.by_mail(office.db, case, to("tom@x.example"), ANNA, NOW)
    assert await office.column("SELECT value FROM identities WHERE kind = 'told'") == []


async def test_whose_an_address_is_is_asked_each_time(office: Office) -> None:
    """It was told of one customer by mistake; later it turns out to be another's."""
    wrong, right = [(await office.case()).case_id for _ in range(2)]
    await begin.by_mail(office.db, wrong, to(), ANNA, NOW)
    chat = await office.column("SELECT id FROM conversations WHERE channel = 'webchat' ORDER BY id")
    await switch.switch(office.db, wrong, int(str(chat[0])), ANNA, NOW)
    await office.db.fetch(
        "UPDATE customers SET email = 'Mia@x.example', email_proven = true WHERE id = %(mia)s",
        {"mia": await customer_of(office, right)},
    )
    with pytest.raises(SomebodyElses):
        await begin.by_mail(office.db, wrong, to(), ANNA, NOW)
    await begin.by_mail(office.db, right, to(), ANNA, NOW)
    told = await office.db.fetch(
        "SELECT customer_id, verified FROM identities WHERE kind = 'told' ORDER BY id"
    )
    assert [tuple(row.values()) for row in told] == [
        (await customer_of(office, wrong), False),
        (await customer_of(office, right), True),
    ]


async def test_an_address_that_was_told_of_two_survives_their_merging(office: Office) -> None:
    first, second = [(await office.case()).case_id for _ in range(2)]
    for case in (first, second):
        await begin.by_mail(office.db, case, to(), ANNA, NOW)
    merged, into = [await customer_of(office, case) for case in (first, second)]
    await customers.merge(office.db, merged, into, ANNA, NOW)
    answer = replace(MAIL, verified=False, conversation_id=await office.conversation_of(first))
    assert (await arrives(office, answer)).case_id == first
    with pytest.raises(AlreadyDone):
        await begin.by_mail(office.db, second, to(), ANNA, NOW)


@pytest.mark.parametrize(
    "address", ["", "mia", "a@b@c", "mia@x.example\nBcc: eve@y.example", "Mia <mia@x.example>"]
)
async def test_what_is_no_address_is_refused(office: Office, address: str) -> None:
    case = (await office.case()).case_id
    with pytest.raises(NoAddress):
        await begin.by_mail(office.db, case, to(address), ANNA, NOW)


async def test_neither_to_ourselves_nor_where_a_case_is_closed_or_goes_already(office: Office) -> None:
    case = (await office.case()).case_id
    ours = SUPPORT.mailbox.addresses
    for address in ("support@shop.example", "support+x@shop.example"):
        with pytest.raises(OurAddress):
            await begin.by_mail(office.db, case, to(address), ANNA, NOW, ours)
    mail = (await arrives(office, MAIL)).case_id
    with pytest.raises(AlreadyDone):
        await begin.by_mail(office.db, mail, to(), ANNA, NOW)
    await begin.by_mail(office.db, mail, to("mia@work.example"), ANNA, NOW)
    await close.silently(office.db, await office.token(case), "done", ANNA, NOW)
    with pytest.raises(CaseClosed):
        await begin.by_mail(office.db, case, to("new@x.example"), ANNA, NOW)


async def test_a_case_that_was_opened_by_hand_gets_a_way_to_its_customer(office: Office) -> None:
    async with office.db.transaction() as tx:
        row = await opening.from_words(tx, office.workspace, "k", "C1", "She phoned", ANNA, NOW)
    await begin.by_mail(office.db, row["id"], to(), ANNA, NOW)
    card = await cases.card(office.db, row["id"])
    assert card is not None
    assert (card.customer, card.channel) == (TO, "mail")
    answer = replace(MAIL, conversation_id=await office.conversation_of(row["id"]))
    assert (await arrives(office, answer)).case_id == row["id"]


async def test_a_known_customer_can_be_told_an_own_address_after_merging(office: Office) -> None:
    mia = await import_mia(office)
    case = (await office.case()).case_id
    with pytest.raises(SomebodyElses):
        await begin.by_mail(office.db, case, to(), ANNA, NOW)
    await office.db.fetch("UPDATE cases SET customer_id = %(mia)s", {"mia": mia})
    await begin.by_mail(office.db, case, to(), ANNA, NOW)
    row = await office.row("SELECT verified, told_by FROM identities WHERE kind = 'told'")
    assert (row["verified"], row["told_by"]) == (True, None), "our own systems have it"


async def may_go_by_itself(office: Office, case: int) -> bool:
    row = await office.row(
        "SELECT automatic_ok FROM conversations WHERE id = %(id)s", id=await office.conversation_of(case)
    )
    return bool(row["automatic_ok"])


async def answered(office: Office, case: int) -> None:
    """A person's reply goes out."""
    draft = await office.preview(case)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    assert await reply.send(office.db, draft, "It is on its way.", NOW) is not None


async def test_nothing_goes_by_itself_before_our_first_reply(office: Office) -> None:
    case = (await office.case()).case_id
    await begin.by_mail(office.db, case, to(), ANNA, NOW)
    assert not await may_go_by_itself(office, case)
    assert await look(office, receipting=BY_MAIL) == 0, "nobody wrote from there"
    await answered(office, case)
    assert await may_go_by_itself(office, case)
    away = replace(MAIL, conversation_id=await office.conversation_of(case), may_answer=False)
    assert (await arrives(office, away)).case_id == case
    await answered(office, case)
    assert not await may_go_by_itself(office, case), "a machine wrote there last"


async def test_an_answer_from_there_has_things_go_by_themselves(office: Office) -> None:
    case = (await office.case()).case_id
    await begin.by_mail(office.db, case, to(), ANNA, NOW)
    await arrives(office, replace(MAIL, conversation_id=await office.conversation_of(case)))
    assert await may_go_by_itself(office, case)


async def test_a_case_that_goes_on_in_an_old_exchange_has_no_receipt_there(office: Office) -> None:
    old = await arrives(office, MAIL)
    exchange = await office.conversation_of(old.case_id)
    await close.silently(office.db, await office.token(old.case_id), "done", ANNA, NOW)
    case = (await office.case()).case_id
    mia = await customer_of(office, old.case_id)
    await office.db.fetch("UPDATE cases SET customer_id = %(mia)s", {"mia": mia})
    await switch.switch(office.db, case, exchange, ANNA, NOW)
    assert await look(office, receipting=BY_MAIL) == 0


async def test_a_told_address_is_neither_offered_as_a_channel_nor_taken_blindly(office: Office) -> None:
    proven = await arrives(office, MAIL)
    exchange = await office.conversation_of(proven.case_id)
    await begin.by_mail(office.db, proven.case_id, to("typo@x.example"), ANNA, NOW)
    mia = await customer_of(office, proven.case_id)
    chat = (await office.case()).case_id
    await office.db.fetch("UPDATE cases SET customer_id = %(mia)s", {"mia": mia})
    assert [row["id"] for row in await identities.elsewhere(office.db, chat)] == [exchange]
    offered = {row["address"]: row["proven"] for row in await reaching.addresses(office.db, chat)}
    assert offered == {TO: True, "typo@x.example": False}, "it is, but as what it is"
    async with office.db.transaction() as tx:
        row = await opening.from_words(tx, office.workspace, "k", "C1", "She phoned", ANNA, NOW)
    assert await identify.link(office.db, row["id"], mia, ANNA, NOW)
    assert await office.conversation_of(row["id"]) == exchange


async def test_after_a_split_no_told_address_is_taken_blindly(office: Office) -> None:
    proven, other = await arrives(office, MAIL), await office.case()
    exchange = await office.conversation_of(proven.case_id)
    await begin.by_mail(office.db, proven.case_id, to("typo@x.example"), ANNA, NOW)
    both = (await customer_of(office, proven.case_id), await customer_of(office, other.case_id))
    async with office.db.transaction() as tx:
        row = await opening.from_words(tx, office.workspace, "k", "C1", "She phoned", ANNA, NOW)
    await identify.link(office.db, row["id"], both[0], ANNA, NOW)
    await customers.merge(office.db, *both, ANNA, NOW)
    await switch.switch(office.db, row["id"], await office.conversation_of(other.case_id), ANNA, NOW)
    (merge,) = await office.column("SELECT id FROM customer_merges")
    await customers.split(office.db, int(str(merge)), both, ANNA, NOW)
    assert await office.conversation_of(row["id"]) == exchange


async def test_the_first_mail_of_another_case_has_its_own_subject(office: Office) -> None:
    first = (await office.case("One")).case_id
    await begin.by_mail(office.db, first, to(subject="As was typed"), ANNA, NOW)
    exchange = await office.conversation_of(first)
    await answered(office, first)
    other = (await office.case("Two")).case_id
    await office.db.fetch("UPDATE cases SET customer_id = (SELECT min(customer_id) FROM cases)")
    await switch.switch(office.db, other, exchange, ANNA, NOW)
    await answered(office, other)
    sent = await office.column("SELECT id FROM deliveries ORDER BY id")
    mails = [await deliver.outbound(office.db, int(str(each)), lambda uuid: Path(str(uuid))) for each in sent]
    assert [mail.subject for mail in mails] == ["As was typed", "Two"]


async def test_a_told_address_and_its_writer_have_one_receipt_together(office: Office) -> None:
    """FAULTS 29: by messages that nobody has proven one goes to an address, ever."""
    case = (await office.case()).case_id
    await begin.by_mail(office.db, case, to(), ANNA, NOW)
    unproven = replace(MAIL, verified=False)
    answer = replace(unproven, conversation_id=await office.conversation_of(case))
    await close.silently(office.db, await office.token(case), "done", ANNA, NOW)
    await office.db.fetch("UPDATE cases SET closed_at = closed_at - interval '1 year'")
    assert (await arrives(office, answer)).case_id != case
    assert await look(office, receipting=BY_MAIL) == 1
    await arrives(office, replace(unproven, client_message_id="<2@x.example>"))
    assert await look(office, receipting=BY_MAIL) == 0
    assert await why(office) == ["sent", "unverified"]


async def test_a_machine_at_a_told_address_is_theirs_in_the_exchange_that_we_began(office: Office) -> None:
    case = (await arrives(office, MAIL)).case_id
    old = await office.conversation_of(case)
    await begin.by_mail(office.db, case, to("mia@work.example"), ANNA, NOW)
    theirs = []
    for exchange in (old, await office.conversation_of(case)):
        found = await mails.thread(office.db, office.workspace, "mia@work.example", [], [exchange])
        assert found is not None
        theirs.append(found["theirs"])
    assert theirs == [False, True]


async def merged_by_mistake(office: Office, other: int, into: int) -> Callable[[], Awaitable[None]]:
    """Merge the customers of two cases; what splits them again."""
    both = (await customer_of(office, other), await customer_of(office, into))
    await customers.merge(office.db, *both, ANNA, NOW)
    (merge,) = await office.column("SELECT id FROM customer_merges")
    return lambda: customers.split(office.db, int(str(merge)), both, ANNA, NOW)


async def told_of(office: Office, case: int) -> list[object]:
    """The addresses that were told of a case's customer."""
    rows: list[object] = await office.column(
        """SELECT value FROM identities
           WHERE kind = 'told' AND customer_id = %(id)s AND told_of = %(id)s ORDER BY id""",
        id=await customer_of(office, case),
    )
    return rows


@pytest.mark.parametrize("since", ["mia@x.example", "moved@x.example"])
async def test_after_a_split_no_case_writes_to_the_address_of_the_other(office: Office, since: str) -> None:
    """Also where theirs has changed since: whose it was is known."""
    mias = await chat_of_mia(office)
    case = (await office.case()).case_id
    chat = await office.conversation_of(case)
    split = await merged_by_mistake(office, mias, case)
    await begin.by_mail(office.db, case, to(), ANNA, NOW)
    exchange = await office.conversation_of(case)
    await office.db.fetch("UPDATE customers SET email = %(now)s WHERE external_id = 'mia'", {"now": since})
    await split()
    assert await office.conversation_of(case) == chat
    assert (await told_of(office, mias), await told_of(office, case)) == ([TO], [])
    answer = await arrives(office, replace(MAIL, conversation_id=exchange))
    assert await customer_of(office, answer.case_id) == await customer_of(office, mias)
    await begin.by_mail(office.db, mias, to(), ANNA, NOW)


async def test_after_a_split_a_case_opened_by_hand_is_not_the_other_s(office: Office) -> None:
    mias = await chat_of_mia(office)
    async with office.db.transaction() as tx:
        row = await opening.from_words(tx, office.workspace, "k", "C1", "She phoned", ANNA, NOW)
    case, whose = row["id"], await customer_of(office, row["id"])
    by_hand = await office.conversation_of(case)
    split = await merged_by_mistake(office, mias, case)
    await begin.by_mail(office.db, case, to(), ANNA, NOW)
    await split()
    assert (await customer_of(office, case), await office.conversation_of(case)) == (whose, by_hand)


@pytest.mark.parametrize("staying_too", [True, False])
async def test_after_a_split_an_address_is_of_whom_it_was_told(office: Office, staying_too: bool) -> None:
    """In whose case that was first, whoever's went on there later."""
    moving, staying = [(await office.case()).case_id for _ in range(2)]
    chat = await office.conversation_of(staying)
    split = await merged_by_mistake(office, moving, staying)
    await begin.by_mail(office.db, moving, to(), ANNA, NOW)
    exchange = await office.conversation_of(moving)
    if staying_too:
        await begin.by_mail(office.db, staying, to(), ANNA, NOW)
    await split()
    assert (await told_of(office, moving), await told_of(office, staying)) == ([TO], [])
    assert await office.conversation_of(moving) == exchange
    assert await office.conversation_of(staying) == chat
    answer = await arrives(office, replace(MAIL, verified=False, conversation_id=exchange))
    assert answer.case_id == moving


async def test_after_a_split_what_was_told_of_who_stays_is_theirs(office: Office) -> None:
    """Told before, told in a case of theirs, or their own address, told in one of the other's."""
    moving, staying, more = [(await office.case()).case_id for _ in range(3)]
    mia = await customer_of(office, staying)
    await office.db.fetch(
        "UPDATE cases SET customer_id = %(mia)s WHERE id = %(more)s", {"mia": mia, "more": more}
    )
    await begin.by_mail(office.db, staying, to("before@x.example"), ANNA, NOW)
    await office.db.fetch(
        "UPDATE customers SET email = %(to)s, email_proven = true WHERE id = %(mia)s", {"to": TO, "mia": mia}
    )
    split = await merged_by_mistake(office, moving, staying)
    await begin.by_mail(office.db, more, to("since@x.example"), ANNA, NOW)
    await begin.by_mail(office.db, moving, to("before@x.example"), ANNA, NOW)
    await begin.by_mail(office.db, moving, to(), ANNA, NOW)
    chat, *_ = await office.column("SELECT id FROM conversations ORDER BY id")
    await split()
    assert await told_of(office, staying) == ["before@x.example", "since@x.example", TO]
    assert await told_of(office, moving) == []
    assert await office.conversation_of(moving) == chat


async def test_what_turned_out_to_be_theirs_while_they_were_one_goes_with_them(office: Office) -> None:
    mias = await chat_of_mia(office)
    case = (await office.case()).case_id
    chat = await office.conversation_of(case)
    split = await merged_by_mistake(office, mias, case)
    await begin.by_mail(office.db, case, to("new@x.example"), ANNA, NOW)
    await office.db.fetch("UPDATE customers SET email = 'New@x.example' WHERE external_id = 'mia'")
    await split()
    assert (await told_of(office, mias), await told_of(office, case)) == (["new@x.example"], [])
    assert await office.conversation_of(case) == chat


async def test_an_address_that_is_another_s_now_is_not_taken_blindly(office: Office) -> None:
    mias = await chat_of_mia(office)
    await begin.by_mail(office.db, mias, to(), ANNA, NOW)
    chat, by_mail = await office.column("SELECT id FROM conversations ORDER BY id")
    mia = await customer_of(office, mias)
    async with office.db.transaction() as tx:
        await identities.switch(tx, mias, int(str(chat)), ANNA.id, NOW, moves=False)
        assert await identities.newest_conversation(tx, mia) == {"id": by_mail}
    assert [row["id"] for row in await identities.elsewhere(office.db, mias)] == [by_mail]
    other = await office.case()
    await office.db.fetch(
        "UPDATE customers SET email = 'MIA@x.example', email_proven = true WHERE id = %(id)s",
        {"id": await customer_of(office, other.case_id)},
    )
    async with office.db.transaction() as tx:
        assert await identities.newest_conversation(tx, mia) == {"id": chat}
    assert await identities.elsewhere(office.db, mias) == []
