"""A case is closed by naming the reply that told the customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from cases.errors import CaseClosed, CustomerWrote, ReplyMissing
from flows import close, reply, sort
from storage import cases, closings, history
from tests.support.office import ANNA, NOW, Office
from views.history import log_lines

HOUR = timedelta(hours=1)


async def told(office: Office, case: int, words: str = "It is on its way.", now: datetime = NOW) -> UUID:
    """A reply that was sent."""
    draft = await office.preview(case, words)
    await reply.approve(office.db, draft, ANNA, 0, now)
    sent = await reply.send(office.db, draft, words, now)
    assert sent is not None
    return sent.uuid


async def end(
    office: Office, case: int, by: UUID | None, *, now: datetime = NOW, seen: int | None = None
) -> None:
    await close.by_reply(office.db, await office.token(case), by, ANNA, now, seen)


async def test_it_closes_as_told_and_nothing_more_goes_out(office: Office) -> None:
    case = (await office.case()).case_id
    by = await told(office, case)
    await end(office, case, by)
    row = await office.row("SELECT status, closed_at, close_reason FROM cases")
    assert row == {"status": "closed", "closed_at": NOW, "close_reason": None}
    assert await office.column("SELECT count(*) FROM messages WHERE direction = 'out'") == [1]
    (notice,) = await office.column("SELECT payload FROM outbox WHERE kind = 'notice' AND payload ? 'words'")
    assert isinstance(notice, dict)
    assert (notice["event"], notice["by"], notice["words"]) == ("closed_told", ANNA.id, "It is on its way.")
    assert datetime.fromisoformat(notice["at"]) == NOW
    assert any("told already" in line for line in log_lines(await history.log(office.db, case)))
    with pytest.raises(CaseClosed):
        await end(office, case, by)


async def test_the_last_replies_since_it_was_opened_are_offered(office: Office) -> None:
    case = (await office.case()).case_id
    replies = [await told(office, case, f"Reply {number}") for number in range(12)]
    offered = await closings.replies(office.db, case)
    assert [row["uuid"] for row in offered] == replies[:1:-1]
    await end(office, case, replies[-1])
    row = await cases.by_token(office.db, await office.token(case))
    assert row is not None
    await sort.reopen(office.db, row, ANNA, NOW + HOUR)
    assert await closings.replies(office.db, case) == []
    with pytest.raises(ReplyMissing):
        await end(office, case, replies[-1], now=NOW + HOUR)


async def test_what_cannot_have_told_them(office: Office) -> None:
    case, other = (await office.case()).case_id, (await office.case()).case_id
    await told(office, case)
    theirs = await told(office, other)
    (own,) = await office.column(
        "SELECT uuid FROM messages WHERE direction = 'in' AND case_id = %(case)s", case=case
    )
    assert isinstance(own, UUID)
    for wrong in (None, uuid4(), theirs, own):
        with pytest.raises(ReplyMissing):
            await end(office, case, wrong)
    by = await told(office, case)
    await office.db.fetch(
        "UPDATE messages SET deleted_at = %(now)s WHERE uuid = %(by)s", {"now": NOW, "by": by}
    )
    with pytest.raises(ReplyMissing):
        await end(office, case, by)


async def test_fault_42_what_the_customer_wrote_while_the_form_was_open_is_read_first(office: Office) -> None:
    """FAULTS 42, by a reply."""
    case = (await office.case()).case_id
    by = await told(office, case)
    await office.says(await office.conversation_of(case), "It is broken!")
    with pytest.raises(CustomerWrote):
        await end(office, case, by, seen=1)
    assert await office.status(case) == "open"
    await end(office, case, by, seen=2)
    assert await office.status(case) == "closed"


@pytest.mark.parametrize(("late", "kept"), [(-HOUR, True), (HOUR, False)])
async def test_a_promise_counts_by_when_that_reply_was_sent(
    office: Office, late: timedelta, kept: bool
) -> None:
    case = (await office.case()).case_id
    promised = datetime(2026, 3, 2, 12, tzinfo=UTC)
    first = await told(office, case)
    await office.db.fetch(
        """INSERT INTO promises (workspace_id, case_id, message_id, date_at, told_at, told_by)
           SELECT workspace_id, case_id, id, %(date)s, created_at, 'x' FROM messages WHERE uuid = %(uuid)s""",
        {"date": promised, "uuid": first},
    )
    by = await told(office, case, now=promised + late)
    await end(office, case, by, now=promised + 9 * HOUR)
    assert await office.column("SELECT kept FROM promises") == [kept]
    card = await cases.card(office.db, case)
    assert card is not None
    assert card.told is not None
    assert card.told.kept is kept


async def test_closing_without_telling_is_counted(office: Office) -> None:
    for number in range(3):
        case = (await office.case()).case_id
        if number:
            await close.silently(office.db, await office.token(case), "spam", ANNA, NOW)
        else:
            await end(office, case, await told(office, case))
    assert await closings.silent(office.db, office.workspace, NOW - HOUR) == 2
    assert await closings.silent(office.db, office.workspace, NOW + HOUR) == 0
