from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from cases import text
from cases.errors import NotFound
from cases.messages import Receipt
from channels.errors import FileTaken
from flows import close, intake
from storage import cases, files, outbox
from storage.db import Connection, Database
from tests.support.office import ANNA, NOW, Office, post_all
from tests.support.waiting import until_blocked

DAY = timedelta(days=1)


async def outbox_kinds(office: Office, case: int) -> list[object]:
    return await office.column("SELECT kind FROM outbox WHERE case_id = %(case)s ORDER BY id", case=case)


async def closed_case(office: Office) -> Receipt:
    first = await office.case("It is broken")
    await close.silently(office.db, await office.token(first.case_id), "by phone", ANNA, NOW)
    return first


async def test_a_first_message_opens_a_case_with_card_and_message(office: Office) -> None:
    receipt = await office.case("Where is\nmy parcel?")
    assert (receipt.seq, receipt.duplicate, receipt.reference) == (1, False, "CX-1001")
    card = await cases.card(office.db, receipt.case_id)
    assert card is not None
    assert (card.customer, card.subject, card.status) == ("Maria", "Where is my parcel?", "new")
    assert card.opened_at == NOW
    assert await outbox_kinds(office, receipt.case_id) == ["root", "message"]
    assert await office.column("SELECT action FROM audit") == ["case.opened"]


async def test_the_next_message_joins_it(office: Office) -> None:
    first = await office.case()
    second = await office.says(await office.conversation_of(first.case_id), "Hello?")
    assert (second.case_id, second.seq) == (first.case_id, 2)
    assert await outbox_kinds(office, first.case_id) == ["root", "message", "message"]


async def test_another_conversation_has_a_case_of_its_own(office: Office) -> None:
    first, second = await office.case(), await office.case()
    assert second.case_number == first.case_number + 1


@pytest.mark.parametrize("first", [True, False], ids=["first message", "later message"])
async def test_the_same_message_from_twenty_requests_at_once_is_one(office: Office, first: bool) -> None:
    conversation = await office.conversation()
    if not first:
        await office.says(conversation, "before")
    receipts = await asyncio.gather(*(office.says(conversation, "Hi", key="k") for _ in range(20)))
    assert sum(not receipt.duplicate for receipt in receipts) == 1
    assert len({(receipt.message_uuid, receipt.seq, receipt.case_id) for receipt in receipts}) == 1
    assert await office.column("SELECT count(*) FROM messages WHERE text = 'Hi'") == [1]


@pytest.mark.parametrize("start", ["new", "open", "closed", "long closed"])
async def test_positions_have_no_gaps_whatever_comes_at_once(office: Office, start: str) -> None:
    conversation, now = await office.conversation(), NOW
    if start != "new":
        before = await office.says(conversation, "before")
    if "closed" in start:
        await close.silently(office.db, await office.token(before.case_id), "done", ANNA, NOW)
        now = NOW + (30 * DAY if start == "long closed" else DAY)
    # Each message twice, as a client that repeats them.
    keys = [f"k{place // 2}" for place in range(40)]
    receipts = await asyncio.gather(*(office.says(conversation, key, key=key, now=now) for key in keys))
    assert sum(receipt.duplicate for receipt in receipts) == 20
    seqs = await office.column(
        "SELECT seq FROM messages WHERE conversation_id = %(id)s ORDER BY seq", id=conversation
    )
    assert seqs == list(range(1, len(seqs) + 1))
    assert len({receipt.case_id for receipt in receipts}) == 1
    assert await office.column("SELECT count(*) FROM cases") == [2 if start == "long closed" else 1]
    assert await office.status(receipts[0].case_id) == ("open" if start == "closed" else "new")


async def test_outbox_rows_are_in_the_order_of_the_messages(office: Office) -> None:
    conversation = await office.conversation()
    await asyncio.gather(*(office.says(conversation, f"m{place}") for place in range(30)))
    seqs = await office.column(
        """SELECT m.seq FROM outbox o JOIN messages m ON m.id = o.message_id ORDER BY o.id"""
    )
    assert seqs == list(range(1, 31))


async def test_case_numbers_are_unique_when_customers_come_at_once(office: Office) -> None:
    receipts = await asyncio.gather(*(office.case() for _ in range(15)))
    assert sorted(receipt.case_number for receipt in receipts) == list(range(1001, 1016))


async def test_a_reply_to_a_closed_case_reopens_it(office: Office) -> None:
    first = await closed_case(office)
    conversation = await office.conversation_of(first.case_id)
    again = await office.says(conversation, "It broke again", now=NOW + 7 * DAY)
    assert again.case_id == first.case_id
    card = await cases.card(office.db, first.case_id)
    assert card is not None
    assert (card.status, card.closed_at, card.close_reason) == ("open", None, None)
    assert await outbox_kinds(office, first.case_id) == ["root", "message", "notice", "notice", "message"]
    assert await office.column("SELECT action FROM audit ORDER BY id") == [
        "case.opened",
        "case.closed_silently",
        "case.reopened",
    ]


async def test_thanks_does_not_reopen_but_is_kept(office: Office) -> None:
    first = await closed_case(office)
    thanks = await office.says(await office.conversation_of(first.case_id), "Thank you!", now=NOW + DAY)
    assert (thanks.case_id, thanks.seq) == (first.case_id, 2)
    assert await office.status(first.case_id) == "closed"
    assert (await outbox_kinds(office, first.case_id))[-1] == "message"


async def test_after_the_window_a_follow_up_is_linked(office: Office) -> None:
    first = await closed_case(office)
    later = await office.says(await office.conversation_of(first.case_id), "Broken again", now=NOW + 8 * DAY)
    assert later.case_id != first.case_id
    assert later.seq == 2
    assert await office.status(first.case_id) == "closed"
    card = await cases.card(office.db, later.case_id)
    assert card is not None
    assert (card.follows, card.status, card.subject) == (first.case_number, "new", "Broken again")
    assert card.earlier_cases == 1


@pytest.mark.parametrize("status", ["waiting_customer", "answered"])
async def test_a_message_puts_an_answered_case_back_to_open_and_its_card_is_renewed(
    office: Office, status: str
) -> None:
    first = await office.case()
    await office.db.fetch("UPDATE cases SET status = %(status)s", {"status": status})
    await office.says(await office.conversation_of(first.case_id), "And?")
    assert await office.status(first.case_id) == "open"
    assert await office.column("SELECT kind FROM slack_calls") == ["card"]


async def test_a_message_that_waits_for_the_close_reopens_the_case(office: Office) -> None:
    first = await office.case()
    conversation = await office.conversation_of(first.case_id)
    async with office.db.transaction() as closing:
        await closing.execute("UPDATE cases SET status = 'closed', closed_at = %s", [NOW])
        message = asyncio.create_task(office.says(conversation, "Wait, one more thing"))
        await until_blocked(office.db)
    assert (await message).case_id == first.case_id
    assert await office.status(first.case_id) == "open"
    assert "notice" in await outbox_kinds(office, first.case_id)


async def test_a_long_message_has_an_outbox_row_for_each_part(office: Office) -> None:
    words = "A paragraph with some words in it.\n\n" * 270
    receipt = await office.case(words)
    rows = await office.db.fetch("SELECT part, size FROM outbox WHERE kind = 'message' ORDER BY id")
    assert [row["part"] for row in rows] == [0, 1, 2]
    assert [row["size"] for row in rows] == [text.escaped_bytes(part) for part in text.split(words)]
    assert await office.column("SELECT text FROM messages WHERE id = %(id)s", id=receipt.message_id) == [
        words
    ]


async def test_files_belong_to_the_message_they_came_with(office: Office) -> None:
    conversation, file = await office.conversation(), uuid4()
    await files.add(
        office.db,
        uuid=file,
        conversation=conversation,
        name="a.jpg",
        mime="image/jpeg",
        size=5,
        sha256="00",
        now=NOW,
    )
    first = await office.says(conversation, "", files=[file])
    with pytest.raises(FileTaken):
        await office.says(conversation, "", files=[file])
    assert await office.column("SELECT message_id FROM attachments") == [first.message_id]
    card = await cases.card(office.db, first.case_id)
    assert card is not None
    assert card.subject == "A file without words"


async def test_a_file_of_somebody_else_is_not_taken(office: Office) -> None:
    file = uuid4()
    await files.add(
        office.db,
        uuid=file,
        conversation=await office.conversation(),
        name="a.jpg",
        mime="image/jpeg",
        size=5,
        sha256="00",
        now=NOW,
    )
    with pytest.raises(FileTaken):
        await office.says(await office.conversation(), "mine?", files=[file])
    assert await office.column("SELECT message_id FROM attachments") == [None]


async def test_a_conversation_that_is_not_there(office: Office) -> None:
    with pytest.raises(NotFound):
        await office.says(999, "Hello?")


@asynccontextmanager
async def failing_outbox(db: Database) -> AsyncIterator[None]:
    """Nothing can be written for Slack."""
    await db.fetch("ALTER TABLE outbox ADD CONSTRAINT broken CHECK (kind <> 'message') NOT VALID")
    yield
    await db.fetch("ALTER TABLE outbox DROP CONSTRAINT broken")


@pytest.mark.parametrize("first", [True, False])
async def test_without_its_outbox_row_nothing_is_kept_and_the_retry_counts(
    office: Office, first: bool
) -> None:
    conversation = await office.conversation()
    if not first:
        await office.says(conversation, "before")
    before = await office.column("SELECT count(*) FROM messages")
    async with failing_outbox(office.db):
        with pytest.raises(Exception, match="broken"):
            await office.says(conversation, "Hi", key="k")
    assert await office.column("SELECT count(*) FROM messages") == before
    receipt = await office.says(conversation, "Hi", key="k")
    assert not receipt.duplicate
    assert receipt.seq == (1 if first else 2)


async def test_a_burst_becomes_one_post_after_the_card(office: Office, lease: Connection) -> None:
    conversation = await office.conversation()
    for place in range(5):
        await office.says(conversation, f"m{place}")
    assert await outbox.lease(lease, office.workspace, "C1")
    posts = await post_all(office.db, lease)
    assert [[row["text"] for row in rows] for rows in posts] == [[None], [f"m{n}" for n in range(5)]]


def test_sizes_count_a_line_for_each_file() -> None:
    assert intake.part_sizes("a&b", 2) == [7 + 400]
    assert intake.part_sizes("") == [0]


async def test_thanks_with_a_file_reopens(office: Office) -> None:
    """The picture may be of the damage."""
    first = await closed_case(office)
    conversation, file = await office.conversation_of(first.case_id), uuid4()
    await files.add(
        office.db,
        uuid=file,
        conversation=conversation,
        name="a.jpg",
        mime="image/jpeg",
        size=5,
        sha256="00",
        now=NOW,
    )
    await office.says(conversation, "Thank you!", files=[file], now=NOW + DAY)
    assert await office.status(first.case_id) == "open"
