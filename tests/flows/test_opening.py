from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from cases.errors import AlreadyDone, NoChannel, TextMissing
from flows import close, identify, mirror, opening, reply
from storage import cases, identities, outbox
from storage.db import Connection, Row
from tests.support.office import ANNA, BORIS, NOW, WORKSPACE, Office, post_all

SAID = [
    opening.Earlier("U9", "Ines", "A customer called & asked", "5.1", NOW - timedelta(hours=1), files=1),
    opening.Earlier(ANNA.id, "Anna", "x" * 8_000, "5.2", NOW),
]


async def from_message(office: Office, **changes: bool) -> Row:
    async with office.db.transaction() as tx:
        return await opening.from_message(
            tx, office.workspace, ("C9", "5.2"), "C1", SAID, ANNA, NOW, **changes
        )


async def test_a_message_opens_a_case_with_its_thread(office: Office, lease: Connection) -> None:
    case = await from_message(office)
    kept = await office.db.fetch(
        "SELECT direction, author_name, slack_ts, created_at FROM messages ORDER BY id"
    )
    assert [tuple(row.values()) for row in kept] == [
        ("internal", each.name, each.ts, each.at) for each in SAID
    ]
    assert await office.column("SELECT owner || ' ' || status FROM cases") == [f"{ANNA.id} open"]
    posts = []
    while rows := await outbox.claim(lease, WORKSPACE, {"C1": 1}, merge=True, limit=3_500):
        posts.append(await mirror.render(office.db, rows))
        await outbox.complete(office.db, rows[0]["post_id"], f"1.{len(posts)}")
    assert "Customer not known yet" in posts[0].text
    assert "Ines" in str(posts[1].blocks)
    assert "A customer called & asked" in str(posts[1].blocks)
    assert len(posts) > 2
    note = await mirror.note(office.db, case["id"], {"note": "opened"})
    assert f"<https://shop.slack.com/archives/C1/p11|CX-{case['number']}>" in note.text


async def test_twice_and_at_once_is_one_case(office: Office) -> None:
    outcomes = await asyncio.gather(*(from_message(office) for _ in range(5)), return_exceptions=True)
    assert await office.column("SELECT count(*) FROM cases") == [1]
    assert (await from_message(office))["number"] == 1001
    assert any(not isinstance(each, BaseException) for each in outcomes)
    assert await office.column("SELECT count(*) FROM messages") == [2]


async def test_somebody_who_may_not_own_cases_opens_one_for_others(office: Office) -> None:
    await from_message(office, owns=False)
    assert await office.column("SELECT owner FROM cases") == [None]


async def test_a_message_of_a_case_opens_no_other(office: Office, lease: Connection) -> None:
    await office.case()
    await post_all(office.db, lease)
    in_its_thread = [opening.Earlier("U9", "Ines", "Hm", "1.1", NOW)]
    with pytest.raises(AlreadyDone, match="CX-1001"):
        async with office.db.transaction() as tx:
            await opening.from_message(tx, office.workspace, ("C1", "1.7"), "C1", in_its_thread, ANNA, NOW)


async def test_from_words(office: Office) -> None:
    for _ in range(2):
        async with office.db.transaction() as tx:
            await opening.from_words(tx, office.workspace, "k", "C1", " Broken\ndoor ", ANNA, NOW)
    assert await office.column("SELECT subject FROM cases") == ["Broken door"]
    with pytest.raises(TextMissing):
        async with office.db.transaction() as tx:
            await opening.from_words(tx, office.workspace, "k2", "C1", " ", ANNA, NOW)


async def propose(office: Office, case: Row) -> None:
    row = await cases.by_id(office.db, case["id"])
    assert row is not None
    async with office.db.transaction() as tx:
        await reply.propose(tx, row, reply.Source("C1", "1.9", ANNA.id, "Hello"), ANNA, NOW)


async def test_it_is_answered_once_its_customer_is_linked(office: Office) -> None:
    case = await from_message(office)
    with pytest.raises(NoChannel):
        await propose(office, case)
    with pytest.raises(NoChannel):
        await close.tell(office.db, case["token"], "Bye", "f", ANNA, 0, NOW)
    draft = await office.preview(case["id"])
    with pytest.raises(NoChannel):
        await reply.approve(office.db, draft, ANNA, 0, NOW)
    conversation = await office.conversation(name="Maria Kowalska")
    (found,) = await identities.search(office.db, office.workspace, "kowal")
    assert await identify.link(office.db, case["id"], found["id"], ANNA, NOW)
    await propose(office, case)
    sent = await office.preview(case["id"], "We are on it.")
    await reply.approve(office.db, sent, ANNA, 0, NOW)
    answered = await office.says(conversation, "Thank you for calling back, when?")
    assert answered.case_id == case["id"]
    with pytest.raises(AlreadyDone):
        await identify.link(office.db, case["id"], found["id"], BORIS, NOW)


async def test_a_customer_with_an_open_case_keeps_it(office: Office) -> None:
    case = await from_message(office)
    other = await office.case()
    (customer,) = await office.column("SELECT customer_id FROM cases WHERE id = %(id)s", id=other.case_id)
    await identify.link(office.db, case["id"], int(str(customer)), ANNA, NOW)
    conversation = await office.conversation_of(other.case_id)
    assert await office.conversation_of(case["id"]) == conversation
    assert (await office.says(conversation, "And?")).case_id == other.case_id


async def test_an_unknown_customer_gets_a_name(office: Office) -> None:
    case = await from_message(office)
    await identify.name(office.db, case["id"], " Mr  Smith ", ANNA, NOW)
    card = await mirror.card(office.db, case["id"], "card:1")
    assert "Mr Smith" in card.text
    assert await identities.search(office.db, office.workspace, "Smith") == []


@pytest.mark.parametrize("words", ["maria", "c1", "CX-1001", "1001", "O-7"])
async def test_customers_are_found_by(office: Office, words: str) -> None:
    await office.case()
    await office.db.fetch(
        """INSERT INTO orders (workspace_id, external_id, customer_external_id, status, updated_at)
           VALUES (%(w)s, 'O-7', 'c1', 'sent', now())""",
        {"w": office.workspace},
    )
    assert [row["name"] for row in await identities.search(office.db, office.workspace, words)] == ["Maria"]
    assert await identities.search(office.db, office.workspace, "%") == []


async def test_a_customer_who_is_known_is_not_renamed(office: Office) -> None:
    """Linked to somebody who was imported and never wrote, a case keeps the place where notes lie."""
    case = await from_message(office)
    (anna,) = await office.column(
        """INSERT INTO customers (workspace_id, external_id, name, created_at)
           VALUES (%(workspace)s, 'c-7', 'Anna Nowak', %(now)s) RETURNING id""",
        workspace=office.workspace,
        now=NOW,
    )
    assert isinstance(anna, int)
    await identify.name(office.db, case["id"], "Somebody", ANNA, NOW)
    assert not await identify.link(office.db, case["id"], anna, ANNA, NOW)
    with pytest.raises(AlreadyDone):
        await identify.name(office.db, case["id"], "Bogdan", ANNA, NOW)
    assert "Anna Nowak" in await office.column("SELECT name FROM customers")
