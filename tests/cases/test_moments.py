from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.commitments import CommitmentKind, find
from cases.hours import Hours, Span
from cases.moments import FARTHEST, moment

WARSAW = ZoneInfo("Europe/Warsaw")
HOURS = Hours(WARSAW, dict.fromkeys(range(5), (Span(time(9), time(17)),)), holidays={date(2026, 12, 25)})
NOW = datetime(2026, 11, 25, 10, 5, tzinfo=WARSAW)
"""A Wednesday."""
TODAY, THURSDAY, FRIDAY, MONDAY = "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30"
NEXT_FRIDAY = "2026-12-04"


def read(text: str, language: str, now: datetime = NOW, hours: Hours = HOURS) -> datetime | None:
    """The moment of the first date that is found in a text, as on the wall of the team."""
    found = next(each for each in find(text, language) if each.kind is CommitmentKind.DATE)
    at = moment(found.words, language, now, hours, text[: found.start], text[found.end :])
    return at.astimezone(hours.zone) if at else None


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "We will call you on Friday.", FRIDAY),
        ("en", "It is there by Friday", FRIDAY),
        ("en", "This Friday.", FRIDAY),
        ("en", "Next Friday.", NEXT_FRIDAY),
        ("en", "Next Monday.", MONDAY),
        ("en", "By Thursday", THURSDAY),
        ("en", "on Wednesday", TODAY),
        ("en", "by Monday", MONDAY),
        ("en", "by Sunday", FRIDAY),
        ("en", "today", TODAY),
        ("en", "tonight", TODAY),
        ("en", "We call tomorrow.", THURSDAY),
        ("en", "The day after tomorrow", FRIDAY),
        ("en", "by the end of the week", FRIDAY),
        ("en", "this week", FRIDAY),
        ("en", "next week", NEXT_FRIDAY),
        ("en", "this month", MONDAY),
        ("en", "next month", "2026-12-31"),
        ("en", "by 12 December", "2026-12-11"),
        ("en", "by 10 December", "2026-12-10"),
        ("en", "on December 10th", "2026-12-10"),
        ("en", "on the 10th of December", "2026-12-10"),
        ("en", "by 5 January", "2027-01-05"),
        ("en", "on 2026-11-30", MONDAY),
        ("en", "30/11/2026", MONDAY),
        ("en", "11/30/2026", MONDAY),
        ("en", "within two days", FRIDAY),
        ("en", "within 2 days", FRIDAY),
        ("en", "within 2-3 days", FRIDAY),
        ("en", "within the next 5 days", MONDAY),
        ("en", "within 2 working days", FRIDAY),
        ("en", "in 3 business days", MONDAY),
        ("en", "within a week", "2026-12-02"),
        ("en", "in two weeks", "2026-12-09"),
        ("en", "within one month", "2026-12-24"),
        ("pl", "Zadzwonimy do piątku.", FRIDAY),
        ("pl", "w piątek", FRIDAY),
        ("pl", "we czwartek", THURSDAY),
        ("pl", "w środę", TODAY),
        ("pl", "w przyszły piątek", NEXT_FRIDAY),
        ("pl", "w poniedziałek", MONDAY),
        ("pl", "jutro", THURSDAY),
        ("pl", "do jutra", THURSDAY),
        ("pl", "pojutrze", FRIDAY),
        ("pl", "dzisiaj", TODAY),
        ("pl", "do końca tygodnia", FRIDAY),
        ("pl", "w przyszłym tygodniu", NEXT_FRIDAY),
        ("pl", "do 10 grudnia", "2026-12-10"),
        ("pl", "30 listopada 2026", MONDAY),
        ("pl", "30.11.2026", MONDAY),
        ("pl", "do 30.11.", MONDAY),
        ("pl", "w ciągu dwóch dni", FRIDAY),
        ("pl", "w ciągu 3 dni roboczych", MONDAY),
        ("pl", "za 2 dni", FRIDAY),
        ("pl", "najpóźniej za 2 dni", FRIDAY),
        ("pl", "w ciągu 2 tygodni", "2026-12-09"),
        ("cs", "Ozveme se do pátku.", FRIDAY),
        ("cs", "v pátek", FRIDAY),
        ("cs", "ve čtvrtek", THURSDAY),
        ("cs", "ve středu", TODAY),
        ("cs", "příští pátek", NEXT_FRIDAY),
        ("cs", "zítra", THURSDAY),
        ("cs", "pozítří", FRIDAY),
        ("cs", "dnes", TODAY),
        ("cs", "do konce týdne", FRIDAY),
        ("cs", "příští týden", NEXT_FRIDAY),
        ("cs", "10. prosince", "2026-12-10"),
        ("cs", "30. 11. 2026", MONDAY),
        ("cs", "do dvou dnů", FRIDAY),
        ("cs", "do 3 pracovních dnů", MONDAY),
        ("cs", "během 2 dnů", FRIDAY),
        ("cs", "za 2 týdny", "2026-12-09"),
        ("hu", "Péntekig felhívjuk.", FRIDAY),
        ("hu", "pénteken", FRIDAY),
        ("hu", "csütörtökön", THURSDAY),
        ("hu", "hétfőn", MONDAY),
        ("hu", "jövő pénteken", NEXT_FRIDAY),
        ("hu", "holnap", THURSDAY),
        ("hu", "holnapután", FRIDAY),
        ("hu", "ma", TODAY),
        ("hu", "a hét végéig", FRIDAY),
        ("hu", "a jövő héten", NEXT_FRIDAY),
        ("hu", "december 10-ig", "2026-12-10"),
        ("hu", "2026. november 30-án", MONDAY),
        ("hu", "2026. 11. 30.", MONDAY),
        ("hu", "két napon belül", FRIDAY),
        ("hu", "3 munkanapon belül", MONDAY),
        ("hu", "2 nap múlva", FRIDAY),
        ("hu", "két héten belül", "2026-12-09"),
        ("pl", "It is there by Friday.", FRIDAY),
    ],
)
def test_days_end_with_the_hours(language: str, text: str, day: str) -> None:
    assert read(text, language) == datetime.fromisoformat(f"{day}T17:00").replace(tzinfo=WARSAW)


@pytest.mark.parametrize(
    ("language", "text", "at"),
    [
        ("en", "within 24 hours", "2026-11-26T10:15"),
        ("en", "in 3 hours", "2026-11-25T13:15"),
        ("en", "in 30 minutes", "2026-11-25T10:45"),
        ("en", "within 10 working hours", "2026-11-26T12:15"),
        ("pl", "w ciągu 24 godzin", "2026-11-26T10:15"),
        ("pl", "za 2 godziny", "2026-11-25T12:15"),
        ("cs", "do 24 hodin", "2026-11-26T10:15"),
        ("hu", "24 órán belül", "2026-11-26T10:15"),
        ("en", "We call on Friday at 3 pm.", "2026-11-27T15:00"),
        ("en", "We call on Friday at 12:30.", "2026-11-27T12:30"),
        ("en", "We call at 3 p.m. on Friday.", "2026-11-27T15:00"),
        ("en", "By Friday, 10:30 am", "2026-11-27T10:30"),
        ("en", "on Friday at 12 am", "2026-11-27T00:00"),
        ("en", "today, 18:00 CET", "2026-11-25T18:00"),
        ("en", "tomorrow by 9:00", "2026-11-26T09:00"),
        ("pl", "w piątek o 15:00", "2026-11-27T15:00"),
        ("pl", "w piątek do godz. 15", "2026-11-27T17:00"),
        ("pl", "jutro o 15.30", "2026-11-26T15:30"),
        ("cs", "v pátek v 15 hodin", "2026-11-27T15:00"),
        ("cs", "zítra do 15:00", "2026-11-26T15:00"),
        ("hu", "pénteken 15 órakor", "2026-11-27T15:00"),
        ("hu", "holnap 15:00-kor", "2026-11-26T15:00"),
        ("en", "on Friday 50 EUR", "2026-11-27T17:00"),
        ("en", "on Friday at 25:00", "2026-11-27T17:00"),
    ],
)
def test_times_of_day(language: str, text: str, at: str) -> None:
    assert read(text, language) == datetime.fromisoformat(at).replace(tzinfo=WARSAW)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "as soon as possible, asap"),
        ("en", "immediately"),
        ("en", "shortly"),
        ("en", "for 2 weeks"),
        ("en", "after 3 days"),
        ("en", "on Mondays"),
        ("en", "in few days"),
        ("en", "your order of 3 November"),
        ("en", "1 January 2020"),
        ("en", "by 3 November 2029"),
        ("en", "31 February 2027"),
        ("en", "5/6/2027"),
        ("en", "today at 9:00"),
        ("pl", "niezwłocznie"),
        ("pl", "po 3 dniach"),
        ("pl", "od piątku"),
        ("pl", "w ciągu kilku dni"),
        ("cs", "brzy"),
        ("cs", "po 3 dnech"),
        ("hu", "hamarosan"),
        ("hu", "3 nap"),
        ("hu", "3 nap után"),
        ("hu", "ma 9:00-kor"),
    ],
)
def test_what_is_not_sure_or_not_ahead_is_no_moment(language: str, text: str) -> None:
    assert read(text, language) is None


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=WARSAW)


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        # The hours of today are over: the day ends at midnight, and its name means the next one.
        ("2026-11-25T18:00", "today", "2026-11-25T23:59"),
        ("2026-11-25T18:00", "on Wednesday", "2026-12-02T17:00"),
        ("2026-11-28T12:00", "by Sunday", "2026-11-29T23:59"),
        # Christmas Day is a Friday and a holiday.
        ("2026-12-24T10:00", "on Friday", "2026-12-24T17:00"),
        ("2026-12-23T10:00", "within 2 working days", "2026-12-28T17:00"),
        ("2026-12-30T10:00", "on Monday", "2027-01-04T17:00"),
        ("2026-12-30T10:00", "next week", "2027-01-08T17:00"),
        ("2026-12-30T10:00", "next month", "2027-01-29T17:00"),
        ("2027-01-31T10:00", "within one month", "2027-02-26T17:00"),
        # Clocks are set forward in the night to 28 March, and back in that to 25 October.
        ("2027-03-27T12:00", "within 24 hours", "2027-03-28T13:00"),
        ("2026-10-24T12:00", "within 24 hours", "2026-10-25T11:00"),
        ("2027-03-26T12:00", "on Monday", "2027-03-29T17:00"),
        ("2027-03-26T12:00", "on Monday at 15:00", "2027-03-29T15:00"),
    ],
)
def test_late_days_holidays_years_and_clocks(now: str, text: str, expected: str) -> None:
    assert read(text, "en", at(now)) == at(expected)


def test_a_team_that_never_works_has_no_working_hours() -> None:
    never = Hours(WARSAW, {})
    assert read("within 10 working hours", "en", NOW, never) is None
    assert read("tomorrow", "en", NOW, never) == at("2026-11-26T23:59")


def test_the_day_is_that_of_the_teams_zone() -> None:
    tokyo = Hours(ZoneInfo("Asia/Tokyo"), HOURS.week)
    found = read("tomorrow", "en", datetime(2026, 11, 25, 20, tzinfo=UTC), tokyo)
    assert found == datetime(2026, 11, 27, 17, tzinfo=tokyo.zone)


MOMENTS = st.integers(0, 4 * 366 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))


@given(
    MOMENTS,
    st.sampled_from(["en", "pl", "cs", "hu", "xx"]),
    st.lists(
        st.sampled_from(
            [
                "on",
                "friday",
                "next",
                "week",
                "3",
                "dni",
                "do",
                "holnap",
                "2027-02-30",
                "29.2.",
                "december",
                "at",
                "15:00",
                "pátek",
                "within",
                "belül",
                "999",
                "months",
                "12",
                "00:30",
                "am",
                "—",
            ]
        )
        | st.text(max_size=4),
        max_size=8,
    ),
)
def test_every_moment_is_ahead_and_within_a_year(now: datetime, language: str, pieces: list[str]) -> None:
    text = " ".join(pieces)
    for each in find(text, language):
        found = moment(each.words, language, now, HOURS, text[: each.start], text[each.end :])
        assert found is None or now < found <= now + FARTHEST


@given(MOMENTS)
def test_a_day_of_the_week_is_within_eight_days(now: datetime) -> None:
    found = moment("by Friday", "en", now, HOURS)
    assert found is not None
    assert timedelta(0) < found - now < timedelta(days=8)
