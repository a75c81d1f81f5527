"""``/cx mine``, ``/cx find``, ``/cx case``."""

from __future__ import annotations

import pytest

from cases.errors import InvalidInput, NotFound
from commands.dispatch import dispatch
from commands.request import Request
from storage import owners, search
from tests.support.office import ANNA, NOW, Office
from tests.views import limits

URL = "https://shop.slack.com/"


async def say(office: Office, text: str) -> str:
    """What the person is answered."""
    rendered = await dispatch(Request(office.db, office.workspace, URL, ANNA.id, text))
    limits.check(rendered)
    return str(rendered.blocks)


async def test_my_cases(office: Office) -> None:
    assert "You own no open case" in await say(office, "mine")
    case = await office.case("Where is my lamp?")
    await owners.take(office.db, case.case_id, ANNA.id, NOW)
    assert case.reference in await say(office, "mine")


async def test_found_cases_show_where_the_words_stand(office: Office) -> None:
    for number in range(12):
        await office.case(f"{'So ' * 30}it is <broken> & number {number}")
    await search.index(office.db)
    shown = await say(office, "find it BROKEN")
    assert "it is &lt;broken&gt; &amp; number" in shown
    assert "and 2 more" in shown
    assert "No case has these words" in await say(office, "find kettle")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("find", InvalidInput),
        ("find & !", InvalidInput),
        ("case", InvalidInput),
        ("case lamp", InvalidInput),
        ("case CX-9", NotFound),
    ],
)
async def test_what_cannot_be_answered_is_said(office: Office, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await say(office, text)


async def test_one_case_in_short(office: Office) -> None:
    case = await office.case("Where is my *lamp*?")
    for word in (case.reference, case.reference.lower(), str(case.case_number)):
        shown = await say(office, f"case {word}")
        assert "Where is my *lamp*?" in shown
        assert "nobody yet" in shown
        assert "0 orders · 0 earlier cases" in shown


@pytest.mark.parametrize(("typed", "meant"), [("mien", "mine"), ("fidn lamp", "find"), ("caze 1", "case")])
async def test_a_typo_suggests_the_nearest_word(office: Office, typed: str, meant: str) -> None:
    assert f"Did you mean `/cx {meant}`?" in await say(office, typed)
