from __future__ import annotations

import pytest

from cases.errors import InvalidInput, NotFound
from cases.language import later
from commands.request import Request
from commands.status import Filter, parse_filter, run_status
from flows import close, own
from tests.support.office import ANNA, BORIS, NOW, Office
from tests.views import limits


def request(office: Office, text: str) -> Request:
    return Request(office.db, office.workspace, "https://shop.slack.com/", ANNA.id, f"status {text}")


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("", Filter()),
        ("mine", Filter(later("Your open cases"), owner=ANNA.id)),
        ("ME", Filter(later("Your open cases"), owner=ANNA.id)),
        ("Unclaimed", Filter(later("Unclaimed cases"), unclaimed=True)),
        ("CX-1042", Filter("CX-1042", number=1042)),
        ("cx-1042", Filter("CX-1042", number=1042)),
        ("1042", Filter("CX-1042", number=1042)),
        ("<@U2BORIS>", Filter(later("Their open cases"), owner=BORIS.id)),
        ("<@U2BORIS|boris>", Filter(later("Their open cases"), owner=BORIS.id)),
        ("<#C1|support>", Filter(later("Open cases of that channel"), channel="C1")),
        ("<#C1>", Filter(later("Open cases of that channel"), channel="C1")),
    ],
)
def test_filters(typed: str, wanted: Filter) -> None:
    assert parse_filter(typed.split(), ANNA.id) == wanted


@pytest.mark.parametrize(
    "typed",
    ["late", "@boris", "#support", "CX-", "-1", "1" * 13, "<!channel>", "<@U1><@U2>", "1042;"],
)
def test_what_is_no_filter_is_refused_with_what_is(typed: str) -> None:
    with pytest.raises(InvalidInput, match="try mine, unclaimed") as caught:
        parse_filter([typed], ANNA.id)
    assert "<" not in caught.value.sentence


async def test_the_board_shows_the_cases_with_links(office: Office) -> None:
    await office.case("Where is it?")
    await office.db.fetch("UPDATE cases SET thread_ts = '1700000000.000100'")
    shown = await run_status(request(office, ""))
    limits.check(shown)
    assert shown.text == "1 open · 1 unclaimed"
    assert "<https://shop.slack.com/archives/C1/p1700000000000100|CX-1001>" in str(shown.blocks)
    assert "Where is it?" in str(shown.blocks)


async def test_a_filtered_board_shows_only_what_fits(office: Office) -> None:
    mine, other = await office.case("mine!"), await office.case("other!")
    await own.take(office.db, await office.token(mine.case_id), ANNA, NOW)
    shown = str((await run_status(request(office, "mine"))).blocks)
    assert "mine!" in shown
    assert "other!" not in shown
    assert "Showing" not in shown
    assert "other!" in str((await run_status(request(office, f"{other.case_number}"))).blocks)


async def test_a_closed_case_is_shown_when_it_is_asked_for(office: Office) -> None:
    case = await office.case("over")
    await close.silently(office.db, await office.token(case.case_id), "spam", ANNA, NOW)
    assert "over" not in str((await run_status(request(office, ""))).blocks)
    assert "✅ Closed" in str((await run_status(request(office, "CX-1001"))).blocks)


@pytest.mark.parametrize("typed", ["CX-9", "999999999999", "0"])
async def test_a_case_that_is_not_there(office: Office, typed: str) -> None:
    with pytest.raises(NotFound, match=r"^There is no CX-\d+\.$"):
        await run_status(request(office, typed))


async def test_more_cases_than_fit_say_so(office: Office) -> None:
    for _ in range(16):
        await office.case()
    shown = await run_status(request(office, ""))
    limits.check(shown)
    assert "Showing 15 of 16" in str(shown.blocks)
