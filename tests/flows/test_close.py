from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from cases.errors import AlreadyDone, CaseClosed, CustomerWrote, CxError, NotFound, ReasonMissing, TextMissing
from cases.messages import Receipt
from flows import close, reply
from storage import cases, intake
from storage.db import Row
from tests.support.office import ANNA, BORIS, NOW, Office
from tests.support.waiting import until_blocked


@pytest.fixture
async def case(office: Office) -> Receipt:
    """An open case."""
    return await office.case()


@pytest.fixture
async def token(office: Office, case: Receipt) -> UUID:
    """What its buttons carry."""
    return await office.token(case.case_id)


async def tell(office: Office, token: UUID, words: str = "Bye.", form: str = "f1", undo: float = 0) -> Row:
    return await close.tell(office.db, token, words, form, ANNA, undo, NOW)


async def send(office: Office, draft: Row) -> reply.Sent | None:
    return await reply.send(office.db, draft["uuid"], draft["body"], NOW)


async def test_the_case_closes_when_the_customer_has_been_told(
    office: Office, case: Receipt, token: UUID
) -> None:
    draft = await tell(office, token, undo=60)
    assert await office.status(case.case_id) == "open"
    assert await send(office, draft) is None
    await office.db.fetch("UPDATE drafts SET send_at = clock_timestamp()")
    sent = await send(office, draft)
    assert sent is not None
    assert (sent.closed, sent.text, sent.channel) == (True, "Bye.", draft["channel"])
    row = await office.row("SELECT status, closed_at, close_reason FROM cases")
    assert (row["status"], row["closed_at"], row["close_reason"]) == ("closed", NOW, None)
    assert await office.column("SELECT payload FROM outbox WHERE kind = 'sent'") == [
        {"by": ANNA.id, "closing": True, "closes": True}
    ]


async def test_the_same_form_twice_closes_once(office: Office, token: UUID) -> None:
    first, second = await tell(office, token), await tell(office, token)
    assert second["id"] == first["id"]
    assert [await send(office, first) is None, await send(office, second) is None] == [False, True]
    with pytest.raises(CaseClosed):
        await tell(office, token)


async def test_two_people_closing_send_one_text(office: Office, token: UUID) -> None:
    await tell(office, token, form="f1", undo=60)
    with pytest.raises(AlreadyDone, match="on its way"):
        await tell(office, token, form="f2", undo=60)
    assert await office.column("SELECT count(*) FROM drafts") == [1]


async def test_ten_forms_at_once_send_one_text(office: Office, token: UUID) -> None:
    forms = [tell(office, token, form=f"f{place}") for place in range(10)]
    outcomes = await asyncio.gather(*forms, return_exceptions=True)
    assert sum(isinstance(outcome, AlreadyDone) for outcome in outcomes) == 9
    await reply.send_due(office.db, office.workspace, 0, NOW)
    assert await office.column("SELECT count(*) FROM messages WHERE direction = 'out'") == [1]


async def test_fault_42_a_closing_text_that_the_customer_overtook_goes_but_does_not_close(
    office: Office, case: Receipt, token: UUID
) -> None:
    """FAULTS 42, with a closing text."""
    draft = await tell(office, token)
    await office.says(await office.conversation_of(case.case_id), "Wait!")
    sent = await send(office, draft)
    assert sent is not None
    assert not sent.closed
    row = await office.row("SELECT status, closed_at FROM cases")
    assert (row["status"], row["closed_at"]) == ("open", None)


async def test_a_message_in_the_moment_of_the_form_does_not_lose_the_closing_text(
    office: Office, case: Receipt, token: UUID
) -> None:
    """The customer writes between the making of the draft and its approval."""
    await office.db.fetch(
        """CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END'"""
    )
    await office.db.fetch("CREATE TRIGGER pause AFTER INSERT ON drafts FOR EACH ROW EXECUTE FUNCTION pause()")
    conversation = await office.conversation_of(case.case_id)
    async with office.db.transaction() as pausing:
        await pausing.execute("SELECT pg_advisory_xact_lock(42)")
        closing = asyncio.create_task(tell(office, token))
        await until_blocked(office.db)
        message = asyncio.create_task(office.says(conversation, "Wait!"))
        await asyncio.wait([message], timeout=0.2)
    draft, _ = await asyncio.gather(closing, message)
    assert await office.column("SELECT state FROM drafts") == ["approved"]
    assert await send(office, draft) is not None
    assert await office.status(case.case_id) == "open"


async def test_closing_without_telling_needs_a_reason(office: Office, case: Receipt, token: UUID) -> None:
    with pytest.raises(ReasonMissing):
        await close.silently(office.db, token, " \n", ANNA, NOW)
    assert await office.status(case.case_id) == "new"


async def test_closing_without_telling_says_nothing_to_the_customer(
    office: Office, case: Receipt, token: UUID
) -> None:
    await close.silently(office.db, token, " spam ", ANNA, NOW)
    card = await cases.card(office.db, case.case_id)
    assert card is not None
    assert (card.status, card.close_reason, card.closed_at) == ("closed", "spam", NOW)
    assert await office.column("SELECT count(*) FROM messages WHERE direction = 'out'") == [0]
    assert await office.column("SELECT payload FROM outbox WHERE kind = 'notice'") == [
        {"event": "closed", "by": ANNA.id, "reason": "spam"}
    ]


async def test_a_closing_text_is_void_when_somebody_closed_silently(
    office: Office, case: Receipt, token: UUID
) -> None:
    draft = await tell(office, token)
    await close.silently(office.db, token, "spam", BORIS, NOW)
    assert await send(office, draft) is None
    assert await reply.send_due(office.db, office.workspace, 0, NOW) == []
    assert await office.column("SELECT state FROM drafts") == ["cancelled"]


async def test_ten_silent_closes_at_once_are_one(office: Office, token: UUID) -> None:
    closes = [close.silently(office.db, token, "spam", ANNA, NOW) for _ in range(10)]
    outcomes = await asyncio.gather(*closes, return_exceptions=True)
    assert sum(isinstance(outcome, CaseClosed) for outcome in outcomes) == 9
    assert await office.column("SELECT count(*) FROM outbox WHERE kind = 'notice'") == [1]


@pytest.mark.parametrize("how", ["tell", "silently"])
@pytest.mark.parametrize(("closed", "error"), [(True, CaseClosed), (False, NotFound)])
async def test_what_cannot_be_closed(
    office: Office, token: UUID, how: str, closed: bool, error: type[CxError]
) -> None:
    if closed:
        await close.silently(office.db, token, "spam", ANNA, NOW)
    else:
        token = uuid4()
    tells = tell(office, token) if how == "tell" else close.silently(office.db, token, "spam", ANNA, NOW)
    with pytest.raises(error):
        await tells


async def test_a_closing_text_without_words(office: Office, token: UUID) -> None:
    with pytest.raises(TextMissing):
        await tell(office, token, " ")


async def test_what_the_customer_wrote_while_the_form_was_open_is_read_first(office: Office) -> None:
    case = await office.case()
    token = await office.token(case.case_id)
    await office.says(await office.conversation_of(case.case_id), "Wait!")
    with pytest.raises(CustomerWrote):
        await close.tell(office.db, token, "Bye.", "f1", ANNA, 0, NOW, seen=1)
    with pytest.raises(CustomerWrote):
        await close.silently(office.db, token, "Spam", ANNA, NOW, seen=1)
    draft = await close.tell(office.db, token, "Bye.", "f1", ANNA, 0, NOW, seen=2)
    sent = await reply.send(office.db, draft["uuid"], draft["body"], NOW)
    assert sent is not None
    assert sent.closed


async def test_fault_42_what_the_customer_writes_in_that_moment_is_not_closed_over(
    office: Office, case: Receipt, token: UUID
) -> None:
    """FAULTS 42, without telling."""
    conversation = await office.conversation_of(case.case_id)
    async with office.db.transaction() as writing:
        await writing.execute(
            b"SELECT id FROM conversations WHERE id = %(id)s FOR UPDATE", {"id": conversation}
        )
        await writing.execute(b"SELECT id FROM cases WHERE id = %(id)s FOR UPDATE", {"id": case.case_id})
        closing = asyncio.create_task(close.silently(office.db, token, "Spam", ANNA, NOW, seen=1))
        await until_blocked(office.db)
        await intake.append_in(writing, conversation, "k2", "It is broken!", [13], [], NOW)
    with pytest.raises(CustomerWrote):
        await closing
    assert await office.status(case.case_id) == "new"
