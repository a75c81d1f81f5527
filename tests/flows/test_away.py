from __future__ import annotations

from datetime import timedelta

import pytest

from cases.actor import Actor
from cases.errors import AlreadyDone, InvalidInput
from flows import away, own
from storage import cases, desk, owners
from tests.support.office import ANNA, BORIS, NOW, Office

DAY = timedelta(days=1)


async def annas(office: Office) -> int:
    case = (await office.case()).case_id
    await own.take(office.db, await office.token(case), ANNA, NOW)
    await office.db.fetch("DELETE FROM slack_calls")
    return case


async def leave(office: Office, cover: Actor | None = BORIS, until: timedelta = DAY) -> None:
    await away.leave(office.db, office.workspace, NOW + until, cover, ANNA, NOW)


async def test_the_cover_is_called_and_the_card_shows_them(office: Office) -> None:
    case = await annas(office)
    await leave(office)
    assert await owners.to_call(office.db, case) == BORIS.id
    card = await cases.card(office.db, case)
    assert card is not None
    assert (card.owner, card.cover, card.away_until) == (ANNA.id, BORIS.id, NOW + DAY)
    assert await office.column("SELECT kind FROM slack_calls") == ["card"]
    assert await cases.board(office.db, office.workspace, unclaimed=True) == []


async def test_without_a_cover_the_cases_are_unclaimed(office: Office) -> None:
    case = await annas(office)
    await leave(office, None)
    assert await owners.to_call(office.db, case) is None
    assert len(await cases.board(office.db, office.workspace, unclaimed=True)) == 1
    assert list((await cases.counts(office.db, office.workspace)).values()) == [(1, 1)]


async def test_it_ends_by_word_and_by_time(office: Office) -> None:
    case = await annas(office)
    await leave(office)
    await away.back(office.db, office.workspace, ANNA, NOW)
    with pytest.raises(AlreadyDone):
        await away.back(office.db, office.workspace, ANNA, NOW)
    await leave(office)
    assert await away.end_due(office.db, office.workspace, NOW + DAY - timedelta(seconds=1)) == 0
    assert await away.end_due(office.db, office.workspace, NOW + DAY) == 1
    assert await owners.to_call(office.db, case) == ANNA.id


async def test_it_is_changed_by_saying_it_again(office: Office) -> None:
    await annas(office)
    await leave(office)
    await leave(office, None, 2 * DAY)
    assert await office.column("SELECT until FROM absences WHERE cover IS NULL") == [NOW + 2 * DAY]


async def test_what_cannot_be(office: Office) -> None:
    for cover, until in ((None, -DAY), (None, 400 * DAY), (ANNA, DAY)):
        with pytest.raises(InvalidInput):
            await leave(office, cover, until)
    await leave(office)
    with pytest.raises(InvalidInput, match="Anna is away, too"):
        await away.leave(office.db, office.workspace, NOW + DAY, ANNA, BORIS, NOW)


async def test_who_acts_first_takes_the_case_of_somebody_away_without_a_cover(office: Office) -> None:
    case = await annas(office)
    await leave(office, None)
    assert [row["id"] for row in await desk.unclaimed(office.db, office.workspace, ["C1"])] == [case]
    assert await own.claim(office.db, await office.token(case), BORIS, NOW)
    assert await owners.to_call(office.db, case) == BORIS.id
    assert await desk.unclaimed(office.db, office.workspace, ["C1"]) == []


async def test_the_case_of_somebody_with_a_cover_is_minded(office: Office) -> None:
    case = await annas(office)
    await leave(office)
    assert await desk.unclaimed(office.db, office.workspace, ["C1"]) == []
    with pytest.raises(AlreadyDone):
        await own.claim(office.db, await office.token(case), Actor("U3CLEO", "Cleo"), NOW)


async def test_a_cover_finds_what_they_cover_among_their_cases(office: Office) -> None:
    case = await annas(office)
    await leave(office)
    assert [row["id"] for row in await desk.mine(office.db, office.workspace, BORIS.id)] == [case]
    await away.back(office.db, office.workspace, ANNA, NOW)
    assert await desk.mine(office.db, office.workspace, BORIS.id) == []
