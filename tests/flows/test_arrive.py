from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from cases.arrivals import Arrival, Handle, phone_digits
from cases.enums import Channel
from cases.files import Stored
from cases.messages import Receipt
from flows import arrive, intake, mirror, switch
from storage import arrivals, cases
from tests.support.office import ANNA, NOW, Office, post_all

MAIL = Arrival(
    workspace_id=1,
    channel=Channel.MAIL,
    site="support",
    slack_channel="C1",
    who=Handle("email", "mia@x.example"),
    verified=True,
    client_message_id="<1@x.example>",
    text="Where is my parcel?",
    name="Mia Mayer",
    email="mia@x.example",
    subject="My parcel",
)


async def arrives(office: Office, arrival: Arrival, after: timedelta = timedelta()) -> Receipt:
    arrival = replace(arrival, workspace_id=office.workspace)
    return await arrive.receive(office.db, arrival, NOW + after, intake.accept)


async def import_mia(office: Office) -> int:
    row = await office.row(
        """INSERT INTO customers (workspace_id, external_id, name, email, email_proven, phone, created_at)
           VALUES (%(w)s, 'mia', 'Mia M.', 'Mia@X.example', true, '+48 600 700 800', %(now)s) RETURNING id""",
        w=office.workspace,
        now=NOW,
    )
    return int(row["id"])


async def customer_of(office: Office, case: int) -> int:
    return int((await office.row("SELECT customer_id FROM cases WHERE id = %(c)s", c=case))["customer_id"])


async def test_a_mail_opens_a_case_of_its_writer(office: Office) -> None:
    receipt = await arrives(office, MAIL)
    card = await cases.card(office.db, receipt.case_id)
    assert card is not None
    assert (card.subject, card.customer, card.channel, card.site) == (
        "My parcel",
        "Mia Mayer",
        Channel.MAIL,
        "support",
    )
    assert card.customer_verified
    assert card.handle == "mia@x.example"


async def test_repeated_it_has_one_effect(office: Office) -> None:
    first = await arrives(office, MAIL)
    again = await arrives(office, replace(MAIL, text="Changed", thread_key="other"))
    assert again == replace(first, duplicate=True)
    assert await office.column("SELECT count(*) FROM messages") == [1]
    assert await office.column("SELECT count(*) FROM conversations") == [1]


async def test_at_once_it_has_one_effect(office: Office) -> None:
    receipts = await asyncio.gather(*(arrives(office, MAIL) for _ in range(5)))
    assert {receipt.message_id for receipt in receipts} == {receipts[0].message_id}
    assert sorted(receipt.duplicate for receipt in receipts) == [False, True, True, True, True]


async def test_two_first_messages_at_once_are_of_one_customer(office: Office) -> None:
    two = replace(MAIL, client_message_id="<2@x.example>")
    receipts = await asyncio.gather(arrives(office, MAIL), arrives(office, two))
    assert len({receipt.case_id for receipt in receipts}) == 2
    assert await office.column("SELECT count(*) FROM customers") == [1]


async def test_the_exchange_goes_on_by_its_name_or_by_what_the_channel_found(office: Office) -> None:
    first = await arrives(office, replace(MAIL, thread_key="chat-7"))
    second = await arrives(office, replace(MAIL, client_message_id="2", thread_key="chat-7"))
    (conversation,) = await office.column("SELECT id FROM conversations")
    assert isinstance(conversation, int)
    third = await arrives(office, replace(MAIL, client_message_id="3", conversation_id=conversation))
    assert (second.case_id, third.case_id) == (first.case_id, first.case_id)
    assert (second.seq, third.seq) == (2, 3)


async def test_a_stranger_cannot_join_an_exchange(office: Office) -> None:
    first = await arrives(office, MAIL)
    (conversation,) = await office.column("SELECT id FROM conversations")
    assert isinstance(conversation, int)
    eve = replace(
        MAIL,
        who=Handle("email", "eve@y.example"),
        email="eve@y.example",
        client_message_id="e",
        conversation_id=conversation,
    )
    second = await arrives(office, eve)
    assert second.case_id != first.case_id
    assert await customer_of(office, second.case_id) != await customer_of(office, first.case_id)
    (warnings,) = await office.column("SELECT warnings FROM arrivals WHERE key = 'e'")
    assert warnings == ["It answers a conversation with somebody else, so it has a case of its own."]


async def test_from_their_other_address_it_is_the_same_case(office: Office) -> None:
    mia = await import_mia(office)
    first = await arrives(office, MAIL)
    conversation = await office.conversation_of(first.case_id)
    await office.db.fetch(
        """INSERT INTO identities (workspace_id, customer_id, kind, value, verified, created_at)
           VALUES (%(w)s, %(mia)s, 'email', 'mia@work.example', true, %(now)s)""",
        {"w": office.workspace, "mia": mia, "now": NOW},
    )
    other = replace(
        MAIL,
        who=Handle("email", "mia@work.example"),
        email="mia@work.example",
        client_message_id="w",
        conversation_id=conversation,
    )
    second = await arrives(office, other)
    assert second.case_id == first.case_id
    # The answer goes where she wrote last.
    assert await office.conversation_of(first.case_id) != conversation


async def test_a_proven_address_of_a_known_customer_is_theirs(office: Office) -> None:
    mia = await import_mia(office)
    receipt = await arrives(office, MAIL)
    assert await customer_of(office, receipt.case_id) == mia
    call = replace(
        MAIL,
        channel=Channel.API,
        who=Handle("phone", "48600700800"),
        email=None,
        phone="0048 600 700 800",
        client_message_id="p",
    )
    assert await customer_of(office, (await arrives(office, call)).case_id) == mia


@pytest.mark.parametrize("many", [False, True])
async def test_an_address_that_is_not_proven_is_only_suggested(office: Office, many: bool) -> None:
    mia = await import_mia(office)
    if many:
        await office.db.fetch("UPDATE customers SET email = 'mia@x.example'")
        await office.db.fetch(
            """INSERT INTO customers (workspace_id, name, email, email_proven, created_at)
               VALUES (%(w)s, 'Max', 'mia@x.example', true, %(now)s)""",
            {"w": office.workspace, "now": NOW},
        )
    receipt = await arrives(office, replace(MAIL, verified=False))
    assert await customer_of(office, receipt.case_id) != mia
    card = await cases.card(office.db, receipt.case_id)
    assert card is not None
    assert not card.customer_verified
    if many:
        assert card.suggestion is None
        return
    assert card.suggestion is not None
    assert (card.suggestion.name, card.suggestion.address) == ("Mia M.", "mia@x.example")
    rendered = await mirror.card(office.db, receipt.case_id, "b")
    assert "whose address is mia@x.example" in str(rendered.blocks)


async def test_proven_later_it_is_still_for_people_to_decide(office: Office) -> None:
    mia = await import_mia(office)
    await arrives(office, replace(MAIL, verified=False))
    receipt = await arrives(office, replace(MAIL, client_message_id="2"))
    assert await customer_of(office, receipt.case_id) != mia
    assert await office.column("SELECT verified FROM identities") == [True]


async def test_replies_go_where_the_customer_last_wrote(office: Office) -> None:
    await import_mia(office)
    mail = await arrives(office, MAIL)
    chat = replace(
        MAIL,
        channel=Channel.API,
        site="helpdesk",
        who=Handle("api", "helpdesk:mia"),
        client_message_id="a",
    )
    api = await arrives(office, chat)
    by_mail, by_api = await office.conversation_of(mail.case_id), await office.conversation_of(api.case_id)
    case = await cases.by_id(office.db, mail.case_id)
    assert case is not None
    await switch.switch(office.db, case["id"], by_api, ANNA, NOW)
    assert await office.conversation_of(mail.case_id) == by_api
    await arrives(office, replace(MAIL, client_message_id="2", conversation_id=by_mail))
    assert await office.conversation_of(mail.case_id) == by_mail


async def test_a_reply_to_a_closed_case_reopens_it_or_follows_it(office: Office) -> None:
    first = await arrives(office, replace(MAIL, thread_key="t"))
    case = await cases.by_id(office.db, first.case_id)
    assert case is not None
    await office.db.fetch("UPDATE cases SET status = 'closed', closed_at = %(now)s", {"now": NOW})
    again = replace(MAIL, client_message_id="2", thread_key="t")
    assert (await arrives(office, again, timedelta(days=2))).case_id == first.case_id
    assert await office.status(first.case_id) == "open"
    await office.db.fetch(
        """INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
           SELECT workspace_id, %(now)s, 'U1', 'case.closed', id, '{"status": "closed"}' FROM cases""",
        {"now": NOW},
    )
    await office.db.fetch("UPDATE cases SET status = 'closed', closed_at = %(now)s", {"now": NOW})
    late = await arrives(
        office, replace(MAIL, client_message_id="3", thread_key="t", subject="Now this"), timedelta(days=9)
    )
    assert late.case_id != first.case_id
    follows = await office.row("SELECT follows_case_id, subject FROM cases WHERE id = %(c)s", c=late.case_id)
    assert (follows["follows_case_id"], follows["subject"]) == (first.case_id, "Now this")


async def test_files_come_along(office: Office) -> None:
    file = Stored(uuid4(), "photo.png", "image/png", 12, "0" * 64)
    receipt = await arrives(office, replace(MAIL, files=[file], text=""))
    assert await office.column("SELECT name FROM attachments WHERE message_id IS NOT NULL") == ["photo.png"]
    kinds = await office.column(
        "SELECT kind FROM outbox WHERE case_id = %(c)s ORDER BY id", c=receipt.case_id
    )
    assert kinds == ["root", "message", "files"]


async def test_what_is_odd_is_said_beside_it_and_nowhere_else(office: Office) -> None:
    await arrivals.introduce(office.db, office.workspace, "mail", "support", "help@shop.example")
    receipt = await arrives(office, replace(MAIL, warnings=["Reply-To differs from From."]))
    lease = await office.db.dedicated()
    posts = await post_all(office.db, lease)
    await lease.close()
    rendered = await mirror.render(office.db, posts[1])
    assert rendered.icon == ":email:"
    assert "⚠️ Reply-To differs from From." in str(rendered.blocks)
    assert await office.column("SELECT text FROM messages") == ["Where is my parcel?"]
    card = await mirror.card(office.db, receipt.case_id, "b")
    assert "📧 Mail · help@shop.example" in str(card.blocks)


async def test_a_place_with_its_own_icon_has_that_on_the_card_too(office: Office) -> None:
    await arrivals.introduce(office.db, office.workspace, "mail", "support", "Text", icon=":iphone:")
    receipt = await arrives(office, MAIL)
    card = await mirror.card(office.db, receipt.case_id, "b")
    assert ":iphone: Mail · Text" in str(card.blocks)


@pytest.mark.parametrize(
    ("number", "digits"),
    [("+48 600-700", "48600700"), ("0048600700", "48600700"), (None, ""), ("none", "")],
)
def test_phone_numbers_are_compared_by_their_digits(number: str | None, digits: str) -> None:
    assert phone_digits(number) == digits
