"""A question that cannot be answered: waited for as long as that makes sense, then people are told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest
from procrastinate.jobs import Job

from bot.answering import Answering
from bot.steps import Patience
from bot.workspace import Workspace
from cases.clock import SystemClock
from cases.errors import Unavailable
from cases.proposals import Proposal
from copilot.speaking import Answer
from copilot.work import Copilot
from storage import questions
from storage.db import Database
from tests.support.contention import CONVERSATION, assert_all_went_on, line_up
from tests.support.office import ANNA, NOW, Office, open_office
from views.thread import Rendered


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def test_people_are_told_once_that_there_will_be_no_answer(office: Office) -> None:
    case, place = (await office.case()).case_id, ("C1", "2.0", "1.0")
    async with office.db.transaction() as tx:
        question = await questions.add(tx, office.workspace, case, ANNA.id, place, "Who?", NOW)
    assert question is not None
    row = await questions.unanswered(office.db, question)
    assert row is not None
    # Slack is not asked for it: it may be away.
    nobody = cast("Workspace", None)
    for _twice in range(2):
        await Answering(office.db, Copilot(office.db), SystemClock(), nobody, row).give_up()
    assert await questions.unanswered(office.db, question) is None
    (said,) = await office.column("SELECT payload::text FROM outbox WHERE kind = 'answer'")
    assert "please ask it once more" in str(said)


async def test_it_is_posted_with_what_it_proposes_while_the_customer_writes(office: Office) -> None:
    case, place = (await office.case()).case_id, ("C1", "2.0", "1.0")
    conversation = await office.conversation_of(case)
    async with office.db.transaction() as tx:
        question = await questions.add(tx, office.workspace, case, ANNA.id, place, "What now?", NOW)
    assert question is not None
    row = await questions.unanswered(office.db, question)
    assert row is not None
    answering = Answering(office.db, Copilot(office.db), SystemClock(), cast("Workspace", None), row)
    reply = Proposal(reply="It comes.", cited="It comes. [m1]", language="en", seen=1)
    outcomes = await line_up(
        office.db,
        CONVERSATION,
        {"id": conversation},
        office.says(conversation, "hello"),
        answering._keep(
            Rendered("Write that.", []), Answer("Write that.", "", "", reply=reply), None, unclear=False
        ),
    )
    await assert_all_went_on(office.db, outcomes)
    assert await office.column("SELECT count(*) FROM drafts WHERE case_id = %(id)s", id=case) == [1]


@pytest.mark.parametrize(
    ("error", "attempts", "seconds"),
    [
        (Unavailable(), 0, 2),
        (OSError(), 9, 60),
        (Unavailable(), 1_440, None),
        (KeyError(), 4, 32),
        (KeyError(), 5, None),
    ],
)
def test_an_outage_is_waited_for_and_a_mistake_is_not(
    error: Exception, attempts: int, seconds: int | None
) -> None:
    job = Job(id=1, queue="q", lock=None, queueing_lock=None, task_name="answer", attempts=attempts)
    decision = Patience().get_retry_decision(exception=error, job=job)
    assert (decision is None) == (seconds is None)
    if decision is not None and seconds is not None:
        assert decision.retry_at is not None
        assert seconds - 2 <= (decision.retry_at - datetime.now(UTC)).total_seconds() <= seconds + 2
