"""A question that a model answers is one worker's at a time, and nobody's once it is stopped."""

from __future__ import annotations

import pytest

from storage import questions
from storage.db import Database
from tests.support.office import ANNA, NOW, Office, open_office


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def asked(office: Office) -> int:
    case, place = (await office.case()).case_id, ("C1", "2.0", "1.0")
    async with office.db.transaction() as tx:
        question = await questions.add(tx, office.workspace, case, ANNA.id, place, "Who?", NOW, ["send"])
    assert question is not None
    return question


async def kept(office: Office, question: int) -> bool:
    async with office.db.transaction() as tx:
        return await questions.answered(tx, question, {"text": "x", "blocks": []}, "p", "m", None, done=False)


async def test_whoever_stood_still_while_another_began_does_not_begin(office: Office) -> None:
    question = await asked(office)
    seen = (await office.row("SELECT begun_at FROM questions"))["begun_at"]
    began = await questions.begin(office.db, question, seen)
    assert began is not None
    assert await questions.begin(office.db, question, seen) is None
    # Its own second step is still its own.
    assert await questions.begin(office.db, question, began) is not None


async def test_what_is_answered_is_not_begun_anew_but_may_be_posted_once(office: Office) -> None:
    question = await asked(office)
    assert await kept(office, question)
    assert not await kept(office, question)
    assert await questions.begin(office.db, question, None) is None
    began = await questions.begin(office.db, question, None, kept=True)
    assert began is not None
    assert await questions.begin(office.db, question, None, kept=True) is None
    await questions.finish(office.db, question)
    assert await questions.begin(office.db, question, began, kept=True) is None


async def test_what_is_stopped_is_neither_begun_nor_kept(office: Office) -> None:
    question = await asked(office)
    async with office.db.transaction() as tx:
        await questions.stop(tx, office.workspace, "C1", "1.0")
    assert await questions.begin(office.db, question, None) is None
    assert not await kept(office, question)


async def test_only_one_finishes_it(office: Office) -> None:
    question = await asked(office)
    async with office.db.transaction() as tx:
        assert await questions.finish_in(tx, question)
        assert not await questions.finish_in(tx, question)
