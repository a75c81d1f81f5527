from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases.actor import Actor
from cases.errors import InvalidInput
from cases.reader import Reader, use
from commands.away import parse_until
from commands.dispatch import dispatch
from commands.request import Hands, Request
from tests.support.office import ANNA, BORIS, NOW, Office


@pytest.mark.parametrize(
    ("word", "ends"),
    [
        ("today", datetime(2026, 3, 2, 23, tzinfo=UTC)),
        ("Tomorrow", datetime(2026, 3, 3, 23, tzinfo=UTC)),
        ("friday", datetime(2026, 3, 6, 23, tzinfo=UTC)),
        ("monday", datetime(2026, 3, 9, 23, tzinfo=UTC)),
        ("2026-04-01", datetime(2026, 4, 1, 22, tzinfo=UTC)),
    ],
)
def test_a_day_ends_where_the_reader_is(word: str, ends: datetime) -> None:
    with use(Reader(zone=ZoneInfo("Europe/Prague"))):
        assert parse_until(word, NOW) == ends


def test_what_is_no_day() -> None:
    with pytest.raises(InvalidInput, match="name a day"):
        parse_until("soon", NOW)


async def nobody(*_: str) -> Any:
    raise AssertionError("not asked for")


async def say(office: Office, text: str) -> str:
    async def owner(user: str) -> Actor:
        assert user == BORIS.id
        return BORIS

    hands = Hands(ANNA, NOW, owner, nobody, nobody, nobody)  # type: ignore[arg-type]
    request = Request(office.db, office.workspace, "https://shop.slack.com/", ANNA.id, f"away {text}", hands)
    return (await dispatch(request)).text


async def test_leaving_with_a_cover_and_coming_back(office: Office) -> None:
    assert f"<@{BORIS.id}> covers" in await say(office, f"until friday cover <@{BORIS.id}|boris>")
    assert await office.column("SELECT cover FROM absences") == [BORIS.id]
    assert "unclaimed" in await say(office, "until friday")
    assert "Welcome back" in await say(office, "off")
    for wrong in ("", "until friday cover nobody", "until friday and then some"):
        with pytest.raises(InvalidInput):
            await say(office, wrong)
