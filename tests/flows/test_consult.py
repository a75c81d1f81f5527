"""Asking departments, on rows: what is posted where, in which order, and what becomes of the case."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cases.actor import Actor
from cases.errors import AlreadyDone, CaseClosed, CxError, InvalidInput, NotAllowed, NotFound
from cases.progress import Asked
from cases.routing import Desk
from flows import close, consult, join, mirror, restore
from storage import asks, calls, cases, inbox, outbox, promises
from storage.db import Connection, Row
from tests.support.office import ANNA, BORIS, NOW, WORKSPACE, Office, post_all

LOGISTICS = Desk("logistics", "Logistics", "", (), "parcels")
BILLING = Desk("billing", "Billing", "", (), "money")
JON = Actor("U3JON", "Jon")


@pytest.fixture
async def case(office: Office, lease: Connection) -> Row:
    """A case whose card is posted."""
    receipt = await office.case()
    await post_all(office.db, lease)
    return await opened(office, receipt.case_id)


async def opened(office: Office, case: int) -> Row:
    row = await cases.by_id(office.db, case)
    assert row is not None
    return row


async def propose(
    office: Office, case: Row, question: str = "Where is it?", desk: Desk = LOGISTICS, key: str = ""
) -> UUID:
    async with office.db.transaction() as tx:
        channel = "C" + desk.key.upper()
        return await consult.propose(tx, case, desk, channel, question, ANNA, key or uuid4().hex, NOW)


async def ask(
    office: Office, case: Row, question: str = "Where is it?", desk: Desk = LOGISTICS, key: str = ""
) -> UUID:
    token = await propose(office, case, question, desk, key)
    await consult.confirm(office.db, token, "C" + desk.key.upper(), ANNA, NOW)
    return token


async def answer(office: Office, token: UUID, words: str = "In Brno.", key: str = "") -> bool:
    async with office.db.transaction() as tx:
        return await consult.answer(tx, token, words, JON, key or uuid4().hex, NOW)


async def state(office: Office, token: UUID) -> tuple[str, str]:
    """Where the question and its case stand."""
    row = await office.row(
        """SELECT a.state, k.status FROM asks a JOIN cases k ON k.id = a.case_id WHERE a.token = %(token)s""",
        token=token,
    )
    return row["state"], row["status"]


async def lines(office: Office) -> list[Any]:
    return await office.column("SELECT payload ->> 'event' FROM outbox WHERE kind = 'ask_line' ORDER BY id")


async def test_what_was_confirmed_is_posted_as_a_root_and_where_it_stands_is_known(
    office: Office, case: Row, lease: Connection
) -> None:
    token = await ask(office, case)
    assert await state(office, token) == ("open", "waiting_department")
    (row,) = await outbox.claim(lease, WORKSPACE, {"CLOGISTICS": 9}, merge=True, limit=3_500)
    assert (row["kind"], row["is_root"], row["thread_ts"]) == ("ask", True, None)
    rendered = await mirror.render(office.db, [row])
    assert "CX-1001" in rendered.text
    await outbox.complete(office.db, row["post_id"], "7.1")
    place = await office.row("SELECT a.ts, k.thread_ts FROM asks a JOIN cases k ON k.id = a.case_id")
    assert (place["ts"], place["thread_ts"]) == ("7.1", "1.1")
    found = await asks.by_thread(office.db, WORKSPACE, "CLOGISTICS", "7.1")
    assert found is not None
    assert found["token"] == token


async def test_a_department_that_cannot_be_reached_does_not_hold_its_case_up(
    office: Office, case: Row, lease: Connection
) -> None:
    await ask(office, case)
    (row,) = await outbox.claim(lease, WORKSPACE, {"CLOGISTICS": 9}, merge=True, limit=3_500)
    await outbox.hold(office.db, row["post_id"], 1, 60, "not_in_channel")
    (line,) = await outbox.claim(lease, WORKSPACE, {"C1": 9}, merge=True, limit=3_500)
    assert (line["kind"], line["thread_ts"]) == ("ask_line", "1.1")


async def test_a_question_that_is_posted_before_its_card_is_not_taken_for_it(
    office: Office, lease: Connection
) -> None:
    await ask(office, await opened(office, (await office.case()).case_id))
    await post_all(office.db, lease, "CLOGISTICS")
    assert await office.column("SELECT thread_ts FROM cases") == [None]
    rows = [posted[0] for posted in await post_all(office.db, lease)]
    assert [row["kind"] for row in rows] == ["root", "message", "ask_line"]


async def test_two_questions_to_one_channel_are_two_roots_in_one_claim(
    office: Office, case: Row, lease: Connection
) -> None:
    await ask(office, case, "One?")
    await ask(office, case, "Two?")
    rows = await outbox.claim(lease, WORKSPACE, {"CLOGISTICS": 9}, merge=True, limit=3_500)
    assert [row["is_root"] for row in rows] == [True, True]
    assert len({row["post_id"] for row in rows}) == 2


async def test_a_second_press_posts_nothing_and_other_words_are_confirmed_anew(
    office: Office, case: Row
) -> None:
    first = await propose(office, case, "Where is it?", key="form:1")
    second = await propose(office, case, "Where exactly?", key="form:1")
    with pytest.raises(NotFound):
        await consult.confirm(office.db, first, "CLOGISTICS", ANNA, NOW)
    with pytest.raises(NotAllowed):
        await consult.confirm(office.db, second, "CLOGISTICS", BORIS, NOW)
    with pytest.raises(NotFound, match="elsewhere"):
        await consult.confirm(office.db, second, "CBILLING", ANNA, NOW)
    await consult.confirm(office.db, second, "CLOGISTICS", ANNA, NOW)
    with pytest.raises(AlreadyDone):
        await consult.confirm(office.db, second, "CLOGISTICS", ANNA, NOW)
    with pytest.raises(AlreadyDone):
        await propose(office, case, "Again?", key="form:1")
    assert await office.column("SELECT count(*) FROM outbox WHERE kind = 'ask'") == [1]
    assert await office.column("SELECT question FROM asks") == ["Where exactly?"]


async def test_a_discarded_question_is_gone(office: Office, case: Row) -> None:
    token = await propose(office, case)
    await consult.discard(office.db, token, ANNA)
    with pytest.raises(NotFound):
        await consult.confirm(office.db, token, "CLOGISTICS", ANNA, NOW)
    shown = await mirror.ask_proposed(office.db, token)
    assert "no longer waiting" in shown.text
    assert await office.status(case["id"]) == "new"


async def test_what_the_copilot_proposes_is_shown_to_its_person_alone(office: Office, case: Row) -> None:
    async with office.db.transaction() as tx:
        token = await consult.propose(
            tx, case, LOGISTICS, "CLOGISTICS", "Where?", ANNA, "k", NOW, proposed_by="copilot", whisper=True
        )
    (call,) = await calls.claim(office.db, WORKSPACE, {"note": 9})
    assert call["payload"] == {"user": ANNA.id, "note": "ask", "ask": str(token)}
    rendered = await mirror.note(office.db, case["id"], call["payload"])
    actions = [element["action_id"] for element in rendered.blocks[-1]["elements"]]
    assert actions == ["ask_post", "ask_change", "ask_discard"]
    assert await office.column("SELECT proposed_by FROM asks") == ["copilot"]


async def test_the_first_answer_ends_the_question_and_later_ones_are_added(office: Office, case: Row) -> None:
    token = await ask(office, case)
    assert await answer(office, token, "In Brno.", "slack:C:1")
    assert not await answer(office, token, "In Brno.", "slack:C:1")
    assert await state(office, token) == ("answered", "open")
    assert await answer(office, token, "It left Brno.")
    rows = await office.db.fetch("SELECT text, later FROM ask_answers ORDER BY id")
    assert [(row["text"], row["later"]) for row in rows] == [("In Brno.", False), ("It left Brno.", True)]
    assert await lines(office) == ["asked", "answer", "answer"]
    done = "SELECT action || coalesce(' ' || (detail ->> 'status'), '') FROM audit WHERE action LIKE 'ask.%%'"
    assert await office.column(done + " ORDER BY id") == [
        "ask.asked waiting_department",
        "ask.answered open",
        "ask.answered",
    ]
    with pytest.raises(AlreadyDone):
        await consult.take(office.db, token, JON, NOW)


async def test_the_case_waits_until_the_last_question_is_answered(office: Office, case: Row) -> None:
    first, second = await ask(office, case), await ask(office, case, "Paid?", BILLING)
    card = await cases.card(office.db, case["id"])
    assert card is not None
    assert [each.department for each in card.waits_on] == ["Logistics", "Billing"]
    await answer(office, first)
    assert await state(office, first) == ("answered", "waiting_department")
    await answer(office, second)
    assert await state(office, second) == ("answered", "open")


async def test_an_answer_calls_the_owner(office: Office, case: Row, lease: Connection) -> None:
    token = await ask(office, case)
    await office.db.fetch("UPDATE cases SET owner = %(who)s", {"who": ANNA.id})
    await answer(office, token, "word " * 900)
    posts = [await mirror.render(office.db, rows) for rows in await post_all(office.db, lease)]
    assert [f"<@{ANNA.id}>" in str(post.blocks[-1]) for post in posts] == [False, False, True]
    assert f"<@{JON.id}> answered:" in posts[1].text
    told = "".join(
        leaf["text"]
        for post in posts[1:]
        for block in post.blocks
        if block["type"] == "rich_text"
        for leaf in block["elements"][0]["elements"]
    )
    assert told == ("word " * 900).strip()


async def test_taking_and_asking_back_show_on_the_post(office: Office, case: Row, lease: Connection) -> None:
    token = await ask(office, case)
    assert await calls.claim(office.db, WORKSPACE, {"ask": 9}) == []
    (rows,) = await post_all(office.db, lease, "CLOGISTICS")
    assert await consult.take(office.db, token, JON, NOW)
    assert not await consult.take(office.db, token, JON, NOW)
    async with office.db.transaction() as tx:
        await consult.need_more(tx, token, "Which parcel?", JON, "form:7", NOW)
    (call,) = await calls.claim(office.db, WORKSPACE, {"ask": 9})
    channel, ts, rendered = await mirror.ask(office.db, call["ask_id"], "b")
    assert (channel, ts) == ("CLOGISTICS", "1.1")
    assert f"<@{JON.id}> looks after this" in str(rendered.blocks)
    assert "1 question back" in str(rendered.blocks)
    assert await state(office, token) == ("open", "waiting_department")
    assert len(rows) == 1


async def later(office: Office, token: UUID, at: datetime, why: str = "The carrier looks for it") -> bool:
    async with office.db.transaction() as tx:
        return await consult.later(tx, token, at, why, JON, NOW)


async def test_by_when_they_mean_to_answer_is_said_and_moves_the_forecast(
    office: Office, case: Row, lease: Connection
) -> None:
    token = await ask(office, case)
    await office.db.fetch("UPDATE cases SET owner = %(who)s", {"who": ANNA.id})
    at = NOW + timedelta(days=1)
    assert await later(office, token, at)
    assert not await later(office, token, at), "said once"
    assert await lines(office) == ["asked", "later"]
    line = [await mirror.render(office.db, rows) for rows in await post_all(office.db, lease)][-1]
    assert f"⏳ Logistics · <@{JON.id}> will answer by <!date^{int(at.timestamp())}^" in line.text
    assert "The carrier looks for it" in str(line.blocks)
    assert f"<@{ANNA.id}>" in str(line.blocks[-1])
    (_rows,) = await post_all(office.db, lease, "CLOGISTICS")
    _channel, _ts, shown = await mirror.ask(office.db, 1, "b")
    assert "⏳ To be answered by <!date^" in str(shown.blocks)
    card = await cases.card(office.db, case["id"])
    assert card is not None
    assert [each.later_at for each in card.waits_on] == [at]
    assert await promises.asks_of(office.db, case["id"]) == [Asked("logistics", NOW, None, at)]
    await answer(office, token)
    with pytest.raises(AlreadyDone):
        await later(office, token, at + timedelta(days=1))


@pytest.mark.parametrize(
    ("days", "why", "error"),
    [(1, " ", "say why"), (1, "x" * 301, "at most 300"), (-1, "So", "still to come"), (400, "So", "a year")],
)
async def test_times_that_cannot_be_said(office: Office, case: Row, days: int, why: str, error: str) -> None:
    token = await ask(office, case)
    with pytest.raises(InvalidInput, match=error):
        await later(office, token, NOW + timedelta(days=days), why)


async def test_passed_on_it_is_asked_elsewhere_and_the_case_waits(
    office: Office, case: Row, lease: Connection
) -> None:
    token = await ask(office, case)
    with pytest.raises(InvalidInput):
        await consult.reroute(office.db, token, LOGISTICS, "CLOGISTICS", JON, NOW)
    await consult.reroute(office.db, token, BILLING, "CBILLING", JON, NOW)
    assert await state(office, token) == ("rerouted", "waiting_department")
    with pytest.raises(AlreadyDone):
        await consult.reroute(office.db, token, BILLING, "CBILLING", JON, NOW)
    with pytest.raises(AlreadyDone, match="Another department"):
        await answer(office, token)
    (rows,) = await post_all(office.db, lease, "CBILLING")
    rendered = await mirror.render(office.db, rows)
    assert "Where is it?" in str(rendered.blocks)
    card = await cases.card(office.db, case["id"])
    assert card is not None
    assert [each.department for each in card.waits_on] == ["Billing"]
    assert await lines(office) == ["asked", "rerouted"]


async def test_whoever_answers_it_is_the_question_of_who_was_asked_first(office: Office, case: Row) -> None:
    token = await ask(office, case)
    await consult.reroute(office.db, token, BILLING, "CBILLING", JON, NOW)
    await propose(office, case)
    (asked,) = await promises.asks_of(office.db, case["id"])
    assert (asked.department, asked.answered_at) == ("logistics", None)
    rows = await office.db.fetch("SELECT token FROM asks WHERE department = 'billing'")
    await answer(office, rows[0]["token"])
    assert await promises.asks_of(office.db, case["id"]) == [Asked("logistics", NOW, NOW)]


async def test_nothing_is_asked_about_a_closed_case_but_answers_still_come(office: Office, case: Row) -> None:
    token, waiting = await ask(office, case), await propose(office, case)
    await close.silently(office.db, case["token"], "by phone", ANNA, NOW)
    with pytest.raises(CaseClosed):
        await propose(office, await opened(office, case["id"]))
    with pytest.raises(CaseClosed):
        await consult.confirm(office.db, waiting, "CLOGISTICS", ANNA, NOW)
    await answer(office, token)
    assert await state(office, token) == ("answered", "closed")
    assert await lines(office) == ["asked", "answer"]


async def test_questions_go_on_with_the_case(office: Office, case: Row) -> None:
    token = await ask(office, case)
    conversation = await office.conversation_of(case["id"])
    await office.db.fetch("UPDATE conversations SET case_id = NULL WHERE id = %(id)s", {"id": conversation})
    other = await office.says(conversation, "Me again")
    await join.merge(office.db, case["id"], other.case_id, ANNA, NOW)
    await answer(office, token)
    said = "SELECT case_id FROM outbox WHERE kind = 'ask_line' ORDER BY id"
    assert await office.column(said) == [case["id"], other.case_id]


async def test_a_question_that_somebody_deleted_is_asked_again(
    office: Office, case: Row, lease: Connection
) -> None:
    await ask(office, case)
    await post_all(office.db, lease, "CLOGISTICS")
    await office.db.fetch("UPDATE asks SET ts = '9.1'")
    await office.db.fetch("UPDATE posts SET ts = '9.1' WHERE ask_id IS NOT NULL")
    gone = await inbox.store(office.db, WORKSPACE, "E1", "message.message_deleted", "CLOGISTICS", "9.1", {})
    assert gone is not None
    deleted = restore.Gone(WORKSPACE, "CLOGISTICS", "9.1", tombstone=False)
    await restore.restore(office.db, gone, deleted, NOW)
    assert await office.column("SELECT ts FROM asks") == [None]
    (rows,) = await post_all(office.db, lease, "CLOGISTICS")
    assert rows[0]["is_root"]
    assert await office.column("SELECT thread_ts FROM cases") == ["1.1"]


async def test_what_belongs_to_others_is_not_passed_on(office: Office, case: Row) -> None:
    other = await office.case("Another's")
    await office.db.fetch(
        """WITH k AS (SELECT customer_id, id FROM cases), c AS (
               UPDATE customers SET external_id = 'cust-' || customers.id,
                                    email = 'C' || customers.id || '@example.org', phone = '+48 601 222 33'
                                    || customers.id
               FROM k WHERE customers.id = k.customer_id RETURNING customers.external_id)
           INSERT INTO orders (workspace_id, external_id, customer_external_id, status, updated_at)
           SELECT 1, '#H2000' || substr(external_id, 6), external_id, 'sent', now() FROM c"""
    )
    mine = (await office.row("SELECT customer_id AS id FROM cases WHERE id = %(id)s", id=case["id"]))["id"]
    theirs = (await office.row("SELECT customer_id AS id FROM cases WHERE id = %(id)s", id=other.case_id))[
        "id"
    ]
    async with office.db.transaction() as tx:
        own = (
            f"c{mine}@example.org, #H2000{mine}, cust-{mine}, +48 601 222 33{mine}, CX-1001, 12 mugs of 2026"
        )
        assert await asks.foreign(tx, case["id"], own) == []
        address, number, phone = f"c{theirs}@example.org", f"cust-{theirs}", f"+48 601 222 33{theirs}"
        said = f"{address.upper()} h2000{theirs} ({number}) {phone.replace(' ', '-')}; cx-{other.case_number}"
        found = {address, f"#H2000{theirs}", number, phone, f"CX-{other.case_number}"}
        assert set(await asks.foreign(tx, case["id"], said)) == found
    with pytest.raises(InvalidInput, match=f"c{theirs}@example.org"):
        await propose(office, case, f"Is c{theirs}@example.org the same?")


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ("  ", "write what"),
        ("x" * 2_501, "at most 2,500"),
        ("Card 4111 1111 1111 1111?", "…1111"),
        ("To DE89 3704 0044 0532 0130 00 please", "…3000"),
    ],
)
async def test_questions_that_cannot_be_asked(office: Office, case: Row, question: str, error: str) -> None:
    with pytest.raises(CxError, match=error):
        await propose(office, case, question)
    assert await office.column("SELECT count(*) FROM asks") == [0]


async def test_an_answer_has_words(office: Office, case: Row) -> None:
    token = await ask(office, case)
    with pytest.raises(InvalidInput, match="in words"):
        await answer(office, token, " ")
    with pytest.raises(NotFound):
        await answer(office, uuid4())


async def test_what_was_asked_comes_back_when_a_merge_is_taken_back(office: Office, case: Row) -> None:
    """Also the question that one was passed on as meanwhile; what the other case asked stays there."""
    other = await opened(office, (await office.case()).case_id)
    await office.db.fetch("UPDATE cases SET customer_id = (SELECT min(customer_id) FROM cases)")
    passed, answered = await ask(office, case), await ask(office, case, "And when?")
    await answer(office, answered)
    await join.merge(office.db, case["id"], other["id"], ANNA, NOW)
    theirs = await ask(office, other, "Who pays?", BILLING)
    await consult.reroute(office.db, passed, BILLING, "CBILLING", JON, NOW)
    assert set(await office.column("SELECT case_id FROM asks")) == {other["id"]}
    await join.split(office.db, other["id"], [], ANNA, NOW, back_to=case["id"])
    rows = await office.db.fetch("SELECT token, case_id FROM asks ORDER BY id")
    assert len(rows) == 4
    assert {row["case_id"] for row in rows if row["token"] != theirs} == {case["id"]}
    assert [row["case_id"] for row in rows if row["token"] == theirs] == [other["id"]]
