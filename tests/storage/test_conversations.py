from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from flows import reply
from storage import calls, changes, conversations, heads
from storage.conversations import Visitor
from tests.support.office import ANNA, NOW, Office

DAY = timedelta(days=1)
SIGNED = Visitor("chat", "shop:c1", "c1", "Maria", "maria@example.org", verified=True)
ANONYMOUS = Visitor("visitor", "abcd1234", None, "Visitor abcd", None, verified=False)


@pytest.mark.parametrize("visitor", [SIGNED, ANONYMOUS], ids=["signed in", "anonymous"])
async def test_a_visitor_at_twenty_doors_at_once_is_one(office: Office, visitor: Visitor) -> None:
    ids = await asyncio.gather(
        *(conversations.identity(office.db, office.workspace, visitor, NOW) for _ in range(20))
    )
    assert len(set(ids)) == 1
    assert await office.column("SELECT count(*) FROM customers") == [1]


async def test_a_signed_in_visitor_is_the_imported_customer(office: Office) -> None:
    await office.db.fetch(
        """INSERT INTO customers (workspace_id, external_id, name, created_at)
           VALUES (%(workspace)s, 'c1', 'Maria Imported', %(now)s)""",
        {"workspace": office.workspace, "now": NOW},
    )
    await conversations.identity(office.db, office.workspace, SIGNED, NOW)
    assert await office.column("SELECT name FROM customers") == ["Maria Imported"]


async def test_somebody_unverified_is_nobody_we_know(office: Office) -> None:
    await conversations.identity(office.db, office.workspace, SIGNED, NOW)
    liar = replace(SIGNED, kind="visitor", value="x", verified=False)
    await conversations.identity(office.db, office.workspace, liar, NOW)
    assert await office.column("SELECT external_id FROM customers ORDER BY id") == ["c1", None]


async def test_a_visitors_latest_conversation_is_per_site(office: Office) -> None:
    identity = await conversations.identity(office.db, office.workspace, SIGNED, NOW)
    assert await conversations.latest(office.db, identity, "shop") is None
    await conversations.start(office.db, office.workspace, identity, "shop", "C1", NOW)
    second = await conversations.start(office.db, office.workspace, identity, "shop", "C1", NOW)
    await conversations.start(office.db, office.workspace, identity, "other", "C1", NOW)
    assert await conversations.latest(office.db, identity, "shop") == second


async def test_the_customer_sees_both_sides_in_order_but_nothing_internal(office: Office) -> None:
    case = await office.case("Where is it?")
    conversation = await office.conversation_of(case.case_id)
    draft = await office.preview(case.case_id, "On its way.")
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    await reply.send_due(office.db, office.workspace, 0, NOW)
    await office.db.fetch(
        """INSERT INTO messages (workspace_id, case_id, conversation_id, direction, author_name, text,
                                 created_at)
           SELECT workspace_id, case_id, conversation_id, 'internal', 'Anna', 'psst', %(now)s
           FROM messages WHERE seq = 1""",
        {"now": NOW},
    )
    rows = await conversations.transcript(office.db, conversation)
    assert [(row["seq"], row["direction"], row["author_name"], row["text"]) for row in rows] == [
        (1, "in", "Maria", "Where is it?"),
        (2, "out", "Anna", "On its way."),
    ]
    assert [row["seq"] for row in await conversations.transcript(office.db, conversation, after=1)] == [2]
    assert [row["seq"] for row in await conversations.transcript(office.db, conversation, limit=1)] == [1]


async def test_the_status_follows_the_case(office: Office) -> None:
    conversation = await office.conversation()
    empty = await conversations.status(office.db, conversation)
    assert empty is not None
    assert (empty["number"], empty["status"], empty["answering"]) == (None, None, False)
    case = await office.says(conversation, "Hi")
    draft = await office.preview(case.case_id)
    await reply.approve(office.db, draft, ANNA, 60, NOW)
    row = await conversations.status(office.db, conversation)
    assert row is not None
    assert (row["number"], row["status"], row["answering"]) == (case.case_number, "open", True)
    assert await conversations.status(office.db, 999) is None


@pytest.mark.parametrize(
    ("marks", "delivered", "read"),
    [
        ([{"delivered": 2}], 2, 0),
        ([{"read": 2}], 2, 2),
        ([{"delivered": 3}, {"delivered": 1}], 3, 0),
        ([{"read": 3}, {"read": 1}], 3, 3),
        ([{"read": 99}], 3, 3),
        ([{"delivered": -5, "read": -5}], 0, 0),
    ],
    ids=str,
)
async def test_what_was_received_and_read_only_grows_up_to_what_was_said(
    office: Office, marks: list[dict[str, int]], delivered: int, read: int
) -> None:
    conversation = await office.conversation()
    for place in range(3):
        await office.says(conversation, str(place))
    for mark in marks:
        await conversations.mark(office.db, conversation, NOW, **mark)
    row = await office.row("SELECT delivered_seq, read_seq FROM conversations")
    assert (row["delivered_seq"], row["read_seq"]) == (delivered, read)


async def test_a_head_changes_with_each_message_and_status(office: Office) -> None:
    conversation = await office.conversation()
    seen = [await heads.heads(office.db, [conversation])]
    case = await office.says(conversation, "Hi")
    seen.append(await heads.heads(office.db, [conversation]))
    await office.db.fetch(
        "UPDATE cases SET status = 'closed', closed_at = now() WHERE id = %(id)s", {"id": case.case_id}
    )
    seen.append(await heads.heads(office.db, [conversation]))
    assert [head[conversation] for head in seen] == ["0 0 new", "1 0 new", "1 0 closed"]
    assert await heads.heads(office.db, []) == {}


async def test_what_was_received_and_read_is_shown_once_for_each_of_our_messages(office: Office) -> None:
    case = await office.case()
    conversation = await office.conversation_of(case.case_id)
    for words in ("One", "Two"):
        draft = await office.preview(case.case_id, words)
        row = await reply.approve(office.db, draft, ANNA, 0, NOW)
        assert await reply.send(office.db, draft, row["body"], NOW)
    assert await conversations.mark(office.db, conversation, NOW, delivered=3)
    assert await conversations.mark(office.db, conversation, NOW + DAY, read=2)
    assert not await conversations.mark(office.db, conversation, NOW + DAY, delivered=3, read=2)
    rows = await office.db.fetch("SELECT * FROM messages ORDER BY seq")
    assert [(row["delivered_at"], row["read_at"]) for row in rows] == [
        (None, None),
        (NOW, NOW + DAY),
        (NOW, None),
    ]
    shown: list[object] = [row["id"] for row in rows[1:]]
    waiting = "SELECT message_id FROM slack_calls WHERE kind = 'receipt' ORDER BY message_id"
    assert await office.column(waiting) == shown
    assert await calls.claim(office.db, office.workspace, {"receipt": 5}) == [], "it waits for a moment"
    state = await changes.receipt(office.db, rows[1]["id"])
    assert state is not None
    assert (state["source_ts"], state["read_at"]) == ("1.5", NOW + DAY)
