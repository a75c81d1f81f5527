from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.commitments import CommitmentKind, read_sum
from cases.hours import Hours, Span
from cases.ledger import MOST, NOTHING, About, Before, Entry, Note, Rules, sentence
from cases.promises import Plan
from cases.reader import Language

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 27, 17, tzinfo=UTC)
HOURS = Hours(UTC, dict.fromkeys(range(5), (Span(time(9), time(17)),)))
EUR = (Decimal(50), "EUR")
RULES = Rules(Plan({"team": HOURS}, limits={"return": EUR}), Language.EN, NOW)


def read(text: str, before: Before = NOTHING, **more: object) -> list[Entry]:
    about = About(text, **{"process": "return", "language": None} | more)  # type: ignore[arg-type]
    return RULES.entries(about, before)


def test_each_with_its_kind_its_place_and_its_moment() -> None:
    text = "We refund 20 EUR and call you on Friday."
    assert read(text) == [
        Entry(CommitmentKind.POLICY, "refund", 3),
        Entry(CommitmentKind.MONEY, "20 EUR", 10, sum=(Decimal(20), "EUR")),
        Entry(CommitmentKind.DATE, "on Friday", 30, due=FRIDAY),
    ]


def test_dates_side_by_side_are_one_and_the_same_moment_is_there_once() -> None:
    (entry,) = read("We call on Friday, 27 November, so until Friday.")
    assert (entry.words, entry.due) == ("on Friday, 27 November", FRIDAY)


def test_the_time_of_day_beside_it_counts() -> None:
    (entry,) = read("We call on Friday, 27 November 2026, 14:00.")
    assert entry.due == FRIDAY.replace(hour=14)


def test_what_cannot_be_read_has_no_moment() -> None:
    (entry,) = read("We call shortly.")
    assert entry.due is None


def test_a_date_that_is_told_is_a_promise_by_itself() -> None:
    assert read("We are done with it by Friday.", tells=FRIDAY) == []


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("50 EUR", ()),
        ("50.01 EUR", (Note.OVER,)),
        ("60 USD", (Note.UNSURE,)),
        ("10%", (Note.UNSURE,)),
    ],
)
def test_what_agents_may_decide_alone(text: str, notes: tuple[Note, ...]) -> None:
    (entry,) = read(text)
    assert entry.notes == notes


def test_without_a_limit_nothing_is_too_much() -> None:
    (entry,) = read("1000 EUR", process="general")
    assert entry.notes == ()


def test_another_sum_or_a_later_date_than_before() -> None:
    before = Before(FRIDAY, [(Decimal(40), "EUR"), (Decimal(30), "EUR"), (Decimal(9), "PLN")])
    assert [entry.notes for entry in read("41 EUR, 30 EUR, 40 CZK", before)] == [
        (Note.OTHER_SUM,),
        (),
        (Note.UNSURE,),
    ]
    assert before.other((Decimal(41), "EUR")) == (Decimal(40), "EUR")
    assert [entry.notes for entry in read("by Friday, or on Monday", before)] == [(), (Note.LATER,)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50 EUR", (Decimal(50), "EUR")),
        (" 1 200 zł ", (Decimal(1200), "PLN")),
        ("50", None),
        ("50 EUR or so", None),
        ("up to 50 EUR", None),
        ("50%", None),
    ],
)
def test_a_sum_alone(text: str, expected: object) -> None:
    assert read_sum(text) == expected


def test_many_words_hide_nothing_that_needs_a_second_look() -> None:
    found = read("refund " * 40 + "900 EUR on Friday")
    assert [entry.words for entry in found[-2:]] == ["900 EUR", "on Friday"]
    assert len(found) == MOST


def test_the_sentence_around_it() -> None:
    text = "Dear Maria,\nwe are sorry. We will call you on 27. 11. 2026 at noon! Kind regards"
    assert sentence(text, text.index("27")) == "We will call you on 27. 11. 2026 at noon!"
    assert sentence("On Friday", 3) == "On Friday"
    assert len(sentence("x " * 900 + "on Friday", 1800)) <= 200


@given(
    st.lists(st.sampled_from(["on Friday", ", ", "27 November", "60 EUR", "refund", "\n", "."]), max_size=60)
)
def test_entries_are_few_and_stand_where_they_say(pieces: list[str]) -> None:
    text = " ".join(pieces)
    entries = read(text)
    assert len(entries) <= MOST
    for each in entries:
        assert text[each.place :].startswith(each.words)
        assert sentence(text, each.place) != ""
