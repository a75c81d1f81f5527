"""What people think of the copilot's cards: one word each, the latest."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from storage import feedback
from storage.feedback import Card
from tests.storage.test_isolation import other_office
from tests.support.office import ANNA, BORIS, NOW, Office


async def said(office: Office) -> list[tuple[object, ...]]:
    rows = await office.db.fetch("SELECT given_by, good, comment FROM feedback ORDER BY id")
    return [tuple(row.values()) for row in rows]


async def test_the_same_card_shown_again_is_the_same(office: Office) -> None:
    case = (await office.case()).case_id
    first = await feedback.card(office.db, case, Card("summary", "1:7", "summary 2", "m"), NOW)
    again = await feedback.card(office.db, case, Card("summary", "1:7", "summary 2", "m"), NOW)
    other = await feedback.card(office.db, case, Card("summary", "1:8", "summary 2", "m"), NOW)
    assert first == again != other


async def test_the_latest_word_of_each_person_counts(office: Office) -> None:
    case = (await office.case()).case_id
    card = await feedback.card(office.db, case, Card("draft", "1"), NOW)
    place = office.workspace
    assert await feedback.give(office.db, place, card, ANNA.id, NOW, good=False)
    assert await feedback.comment(office.db, place, card, ANNA.id, "x" * 2_000, NOW)
    assert await said(office) == [(ANNA.id, False, "x" * 1_000)]
    assert await feedback.give(office.db, place, card, BORIS.id, NOW, good=False)
    later = NOW + timedelta(hours=1)
    assert await feedback.give(office.db, place, card, ANNA.id, later, good=True)
    assert await said(office) == [(ANNA.id, True, ""), (BORIS.id, False, "")]
    assert not await feedback.comment(office.db, place, card, ANNA.id, "Late", later)


async def test_not_from_another_workspace_and_not_of_nothing(office: Office) -> None:
    case = (await office.case()).case_id
    card = await feedback.card(office.db, case, Card("draft", "1"), NOW)
    other = await other_office(office.db)
    assert not await feedback.give(office.db, other.workspace, card, ANNA.id, NOW, good=True)
    assert not await feedback.give(office.db, office.workspace, uuid4(), ANNA.id, NOW, good=True)
    await feedback.give(office.db, office.workspace, card, ANNA.id, NOW, good=False)
    assert not await feedback.comment(office.db, other.workspace, card, ANNA.id, "no", NOW)
    assert await said(office) == [(ANNA.id, False, "")]
