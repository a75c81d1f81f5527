"""Who locks several things does it in the order that everybody keeps: each test lines up two who did not."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from cases.arrivals import Arrival, Handle
from cases.enums import Channel
from cases.errors import CxError
from cases.files import Attached, Files
from flows import arrive, close, correct, customers, intake, join, own, problem, reply, switch
from storage import cases, corrections, joining, locks
from storage.calls import show_card
from storage.db import Database
from tests.flows.test_customers import customer_of
from tests.flows.test_join import second_case
from tests.flows.test_problem import outage
from tests.support.contention import CONVERSATION, assert_all_went_on, deadlocks, line_up
from tests.support.office import ANNA, NOW, Office
from tests.support.waiting import until_blocked

CASE = "SELECT FROM cases WHERE id = %(id)s FOR NO KEY UPDATE"
CARD = """
SELECT FROM slack_calls WHERE case_id = %(case)s AND kind = 'card' AND done_at IS NULL FOR UPDATE
"""
SLOW = """
CREATE FUNCTION dwell() RETURNS trigger LANGUAGE plpgsql
AS 'BEGIN IF {when} THEN PERFORM pg_sleep(0.4); END IF; RETURN NEW; END'
"""


async def slow(db: Database, table: str, when: str = "true") -> None:
    """From now on whoever writes into ``table`` dwells there."""
    await db.fetch(SLOW.format(when=when))
    await db.fetch(f"CREATE TRIGGER dwell BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION dwell()")


async def refer(db: Database, case: int, conversation: int) -> None:
    """What the foreign keys of a note do."""
    async with db.transaction() as tx:
        await tx.execute("SELECT FROM cases WHERE id = %s FOR KEY SHARE", [case])
        await tx.execute("SELECT FROM conversations WHERE id = %s FOR KEY SHARE", [conversation])


async def cards(db: Database, *cases: int) -> None:
    for case in cases:
        async with db.transaction() as tx:
            await show_card(tx, case)


async def test_a_case_that_was_just_changed_is_written_to_looked_at_and_taken(office: Office) -> None:
    """A statement that locks a case and then writes it may not wait between the two."""
    case = await office.case()
    conversation, token = await office.conversation_of(case.case_id), await office.token(case.case_id)
    await slow(office.db, "outbox", "NEW.kind = ''message''")
    outcomes = await line_up(
        office.db,
        "UPDATE cases SET tags = tags WHERE id = %(id)s",
        {"id": case.case_id},
        office.says(conversation, "hello"),
        refer(office.db, case.case_id, conversation),
        own.take(office.db, token, ANNA, NOW),
    )
    await assert_all_went_on(office.db, outcomes)


def mail(office: Office, key: str, *, proven: bool = False, **more: Any) -> Arrival:
    """A mail of Maria's, in exchange T unless ``more`` says otherwise."""
    given = {"site": "support", "thread_key": "T"} | more
    return Arrival(
        workspace_id=office.workspace,
        channel=Channel.MAIL,
        slack_channel="C1",
        who=Handle("email", "maria@x.test"),
        verified=proven,
        client_message_id=key,
        text="Hi",
        name="Maria",
        **given,
    )


@pytest.mark.parametrize("first_proven", [False, True])
async def test_a_mail_comes_while_its_writer_is_merged(office: Office, first_proven: bool) -> None:
    """Whoever merges waits for the writer's conversation; or holds it, and waits for the other's."""
    first = await arrive.receive(office.db, mail(office, "1"), NOW, intake.accept)
    other = await office.case()
    theirs, others = [await customer_of(office, case.case_id) for case in (first, other)]
    outcomes = await line_up(
        office.db,
        CONVERSATION,
        {"id": await office.conversation_of((other if first_proven else first).case_id)},
        customers.merge(office.db, theirs, others, ANNA, NOW),
        arrive.receive(office.db, mail(office, "2", proven=first_proven), NOW, intake.accept),
    )
    await assert_all_went_on(office.db, outcomes)
    assert await office.column("SELECT verified FROM identities WHERE kind = 'email'") == [first_proven]


async def test_a_mail_answers_over_another_mailbox_while_its_writer_is_merged(office: Office) -> None:
    """Whoever merges holds the writer's case, and waits for the other's."""
    first = await arrive.receive(office.db, mail(office, "1"), NOW, intake.accept)
    other = await office.case()
    theirs, others = [await customer_of(office, case.case_id) for case in (first, other)]
    conversation = await office.conversation_of(first.case_id)
    answer = mail(office, "2", site="sales", thread_key=None, conversation_id=conversation)
    outcomes = await line_up(
        office.db,
        CASE,
        {"id": other.case_id},
        customers.merge(office.db, theirs, others, ANNA, NOW),
        arrive.receive(office.db, answer, NOW, intake.accept),
    )
    await assert_all_went_on(office.db, outcomes)
    assert await office.column("SELECT DISTINCT case_id FROM messages WHERE text = 'Hi'") == [first.case_id]


async def test_a_correction_is_sent_while_its_message_is_edited_again(office: Office) -> None:
    case = await office.case()
    draft = await office.preview(case.case_id)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    await reply.send(office.db, draft, "It is on its way.", NOW)

    async def edit(words: str, ts: str) -> None:
        async with office.db.transaction() as tx:
            about = await corrections.original(tx, office.workspace, "C1", "1.5")
            assert about is not None
            await correct.follow_edit(tx, about, words, ts, NOW)

    await edit("New", "2")
    (offer,) = await office.column("SELECT uuid FROM drafts WHERE kind = 'correction'")
    outcomes = await line_up(
        office.db,
        CONVERSATION,
        {"id": await office.conversation_of(case.case_id)},
        correct.send(office.db, UUID(str(offer)), ANNA, NOW),
        edit("Newer", "3"),
    )
    await assert_all_went_on(office.db, outcomes)


@pytest.mark.parametrize("again", [True, False])
async def test_what_was_sent_is_edited_or_written_anew_after_its_case_went_on_elsewhere(
    office: Office, again: bool
) -> None:
    """It went over the later one of two conversations; now replies go over the first again."""
    case = await office.case()
    first = await office.conversation_of(case.case_id)
    merged, second = await second_case(office, case)
    await join.merge(office.db, merged.case_id, case.case_id, ANNA, NOW)
    await switch.switch(office.db, case.case_id, second, ANNA, NOW)
    draft = await office.preview(case.case_id)
    await reply.approve(office.db, draft, ANNA, 0, NOW)
    await reply.send(office.db, draft, "It is on its way.", NOW)
    await switch.switch(office.db, case.case_id, first, ANNA, NOW)

    async def edit(ts: str) -> None:
        async with office.db.transaction() as tx:
            about = await corrections.original(tx, office.workspace, "C1", "1.5")
            assert about is not None
            await correct.follow_edit(tx, about, f"It is on its way: {ts}", ts, NOW)

    await edit("2")
    (offer,) = await office.column("SELECT uuid FROM drafts WHERE kind = 'correction'")
    work = edit("3") if again else correct.anew(office.db, UUID(str(offer)), "It is.", ANNA, NOW)
    async with office.db.transaction() as changing:
        await changing.execute(CONVERSATION, {"id": first})
        waiting = asyncio.create_task(work)
        await until_blocked(office.db)
        await locks.lock_cases(changing, [case.case_id])
    await waiting
    assert await deadlocks(office.db) == 0


async def test_a_preview_is_sent_while_it_is_made_anew(office: Office) -> None:
    case = await office.case()
    row = await cases.by_token(office.db, await office.token(case.case_id))
    assert row is not None

    async def propose(name: str) -> None:
        file = Attached(uuid=uuid4(), name=name, mime="image/png", size=3, sha256="a" * 64, slack_file=name)
        source = reply.Source("C1", "1.7", ANNA.id, "Here", Files(attached=[file], left_out=[]))
        async with office.db.transaction() as tx:
            await reply.propose(tx, row | {"channel": "webchat"}, source, ANNA, NOW)

    await propose("one.png")
    (draft,) = await office.column("SELECT uuid FROM drafts")
    outcomes = await line_up(
        office.db,
        CONVERSATION,
        {"id": await office.conversation_of(case.case_id)},
        reply.approve_and_send(office.db, UUID(str(draft)), ANNA, NOW),
        propose("two.png"),
    )
    await assert_all_went_on(office.db, outcomes, refused=CxError)


async def test_cases_of_a_problem_are_linked_while_it_is_solved(office: Office) -> None:
    made, both = await outage(office, 2)
    first, second = [each.case_id for each in both]
    await office.db.fetch("UPDATE slack_calls SET done_at = now() WHERE kind = 'card'")
    await cards(office.db, first, second)
    outcomes = await line_up(
        office.db,
        CARD,
        {"case": first},
        problem.solve(office.db, made["token"], ANNA, NOW),
        join.link(office.db, second, first, ANNA, NOW),
    )
    await assert_all_went_on(office.db, outcomes)


async def test_a_case_is_closed_that_went_on_elsewhere_meanwhile(office: Office) -> None:
    """Whoever waits for a case finds it in another conversation, in which the customer writes."""
    first = await office.case()
    second, conversation = await second_case(office, first)
    token = await office.token(first.case_id)
    await office.db.fetch(
        "UPDATE cases SET last_customer_at = last_customer_at + interval '1 minute' WHERE id = %(id)s",
        {"id": second.case_id},
    )
    await slow(office.db, "drafts")
    async with office.db.transaction() as merging:  # as ``join.merge`` does
        await locks.lock_cases(merging, [second.case_id, first.case_id])
        await joining.merge(merging, second.case_id, first.case_id, ANNA.id, NOW, waits=True)
        await joining.say(merging, second.case_id, "merged", first.case_id, ANNA.id, NOW, status="closed")
        closing = asyncio.create_task(close.tell(office.db, token, "Bye", "f", ANNA, 60, NOW))
        await until_blocked(office.db)
    await asyncio.sleep(0.2)
    await office.says(conversation, "hello")
    await closing
    assert await deadlocks(office.db) == 0
