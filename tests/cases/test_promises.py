"""By when a case should be done, against an oracle that passes time minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cases.enums import Status
from cases.hours import MIDNIGHT, Hours, NeverOpen, Span
from cases.promises import Amount, Due, Pause, Plan, Step, Timing, Told, passed, rounded, waits
from tests.cases.test_hours import MINUTE, NEAR_CHANGES, calendars, moments, wall_is_open

LIMIT = timedelta(days=2)


@st.composite
def pauses(draw: st.DrawFn, start: datetime) -> list[Pause]:
    """Up to three, in order and apart from each other; the last one may still last."""
    edges = draw(st.lists(st.integers(-600, 2 * 24 * 60), max_size=6, unique=True).map(sorted))
    ends = [start + edge * MINUTE for edge in edges]
    found = [Pause(since, until) for since, until in zip(ends[::2], ends[1::2], strict=False)]
    return [*found, Pause(ends[-1], None)] if len(ends) % 2 else found


def counts(hours: Hours, at: datetime, stopped: Sequence[Pause]) -> bool:
    paused = any(one.since <= at and (one.until is None or at < one.until) for one in stopped)
    return not paused and wall_is_open(hours, at)


def oracle(start: datetime, steps: Sequence[tuple[Hours, int]], stopped: Sequence[Pause]) -> datetime | None:
    """When all steps are done, each minute looked at by itself; None when they are not within the limit."""
    at = start
    for hours, amount in steps:
        left = amount
        while left and at < start + LIMIT:
            left -= counts(hours, at, stopped)
            at += MINUTE
        if left:
            return None
    return at


@given(st.data(), NEAR_CHANGES | moments, st.lists(st.tuples(calendars(), st.integers(1, 300)), max_size=3))
def test_steps_pass_one_after_the_other(
    data: st.DataObject, start: datetime, steps: list[tuple[Hours, int]]
) -> None:
    stopped = data.draw(pauses(start))
    expected = oracle(start, steps, stopped)
    endless = bool(stopped) and stopped[-1].until is None
    assume(expected is not None or endless)
    try:
        found = passed(start, [(hours, amount * MINUTE) for hours, amount in steps], stopped)
    except NeverOpen:
        assert expected is None
        return
    if expected is None:
        assert found is None or found > start + LIMIT - MINUTE
    else:
        assert found == expected


@given(st.data(), moments, calendars(), st.integers(1, 300))
def test_a_pause_never_brings_the_date_nearer(
    data: st.DataObject, start: datetime, hours: Hours, amount: int
) -> None:
    assume(oracle(start, [(hours, amount)], ()) is not None)
    stopped = data.draw(pauses(start))
    assume(not stopped or stopped[-1].until is not None)
    plain = passed(start, [(hours, amount * MINUTE)])
    later = passed(start, [(hours, amount * MINUTE)], stopped)
    assert plain is not None
    assert later is not None
    assert plain <= later


WEEK = {day: (Span(time(9), time(17)),) for day in range(5)}
TEAM = Hours(ZoneInfo("Europe/Warsaw"), WEEK, holidays={date(2026, 11, 11)})
DOCK = Hours(ZoneInfo("Europe/Warsaw"), {day: (Span(time(6), time(12)),) for day in range(6)})
FRIDAY = datetime(2026, 11, 27, 13, tzinfo=UTC)  # 14:00 in Warsaw


def warsaw(*at: int) -> datetime:
    return datetime(*at, tzinfo=ZoneInfo("Europe/Warsaw"))  # type: ignore[misc, arg-type]


def plan(*steps: Step, **more: object) -> Plan:
    timing = Timing(steps=steps, **more)  # type: ignore[arg-type]
    return Plan({"team": TEAM, "dock": DOCK}, {"return": timing}, {"logistics": "dock"})


LOOK = Step("Look", Amount(time=timedelta(hours=2)))
SEND = Step("Send", Amount(time=timedelta(hours=3)), "logistics")


def test_each_step_has_the_hours_of_its_department() -> None:
    due = plan(LOOK, SEND).due("return", FRIDAY, (), None)
    # Two hours of the team's Friday, then three of the dock's Saturday.
    assert due.forecast == warsaw(2026, 11, 28, 9)


def test_a_process_may_have_hours_of_its_own() -> None:
    due = plan(LOOK, calendar="dock").due("return", FRIDAY, (), None)
    assert due.forecast == warsaw(2026, 11, 28, 8)


def test_a_day_is_as_long_as_the_usual_one() -> None:
    assert TEAM.usual_day() == timedelta(hours=8)
    short_friday = Hours(ZoneInfo("UTC"), WEEK | {4: (Span(time(9), time(12)),)})
    assert short_friday.usual_day() == timedelta(hours=8)
    round_the_clock = Hours(ZoneInfo("UTC"), dict.fromkeys(range(7), (Span(MIDNIGHT, MIDNIGHT),)))
    assert round_the_clock.usual_day() == timedelta(days=1)
    as_many = Hours(ZoneInfo("UTC"), {0: (Span(time(9), time(12)),), 1: (Span(time(9), time(17)),)})
    assert as_many.usual_day() == timedelta(hours=8)
    due = plan(Step("Look", Amount(1, timedelta(hours=1)))).due("return", FRIDAY, (), None)
    assert due.forecast == warsaw(2026, 11, 30, 15)


def test_the_clock_stands_still_while_the_customer_has_the_next_word() -> None:
    asked = (FRIDAY + timedelta(hours=1), Status.WAITING_CUSTOMER)
    waiting = plan(LOOK).due("return", FRIDAY, [asked], None)
    assert waiting == Due(stopped=True)
    back = (warsaw(2026, 11, 30, 10), Status.OPEN)
    assert plan(LOOK).due("return", FRIDAY, [asked, back], None).forecast == warsaw(2026, 11, 30, 11)


def test_what_was_due_before_they_had_the_next_word_stays_so() -> None:
    asked = (warsaw(2026, 11, 30, 10), Status.WAITING_CUSTOMER)
    assert plan(LOOK).due("return", FRIDAY, [asked], None).forecast == warsaw(2026, 11, 27, 16)


def test_a_wait_that_begins_later_does_not_matter_to_what_ends_before() -> None:
    asked = (warsaw(2026, 11, 30, 16), Status.WAITING_CUSTOMER)
    long = Step("Long", Amount(time=timedelta(hours=5)))
    assert plan(long).due("return", FRIDAY, [asked], None).forecast == warsaw(2026, 11, 30, 11)


def test_a_department_is_no_pause() -> None:
    log = [(FRIDAY, Status.WAITING_DEPARTMENT), (warsaw(2026, 12, 4, 10), Status.OPEN)]
    assert plan(LOOK).due("return", FRIDAY, log, None).forecast == warsaw(2026, 11, 27, 16)


def test_a_reopened_case_has_its_whole_time_again() -> None:
    log = [
        (FRIDAY, Status.WAITING_CUSTOMER),
        (FRIDAY, Status.CLOSED),
        (warsaw(2026, 12, 1, 9), Status.OPEN),
    ]
    assert plan(LOOK).due("return", FRIDAY, log, None).forecast == warsaw(2026, 12, 1, 11)


def test_the_legal_deadline_counts_calendar_days_and_never_pauses() -> None:
    log = [(FRIDAY, Status.WAITING_CUSTOMER)]
    due = plan(LOOK, legal_days=14).due("return", FRIDAY, log, None)
    assert due.stopped
    assert due.legal == warsaw(2026, 12, 11, 23, 59)


def test_without_steps_there_is_no_date() -> None:
    assert plan().due("return", FRIDAY, (), None) == Due()
    assert plan(LOOK).due("general", FRIDAY, (), None) == Due()
    never = Step("Never", Amount(days=900))
    assert plan(never).due("return", FRIDAY, (), None) == Due()


def test_what_the_customer_does_not_know_yet() -> None:
    at = warsaw(2026, 11, 30, 10)
    hour = timedelta(hours=1)
    assert Due(at).untold == at
    assert Due(at, told=Told(at, at)).untold is None
    assert Due(at, told=Told(at + hour, at + hour)).untold is None
    assert Due(at, told=Told(at - hour, at - hour)).untold == at
    assert Due(at, told=Told(at - hour, at)).untold is None


def test_clocks_that_disagree_make_no_pause() -> None:
    at = FRIDAY
    log = [(at, Status.WAITING_CUSTOMER), (at - MINUTE, Status.OPEN), (at + MINUTE, Status.OPEN)]
    assert waits(log) == [Pause(at, at)]


@pytest.mark.parametrize(("minute", "second", "told"), [(0, 0, 0), (0, 1, 15), (14, 0, 15), (45, 0, 45)])
def test_dates_are_full_quarters(minute: int, second: int, told: int) -> None:
    assert rounded(datetime(2026, 1, 5, 9, minute, second, 7 if second else 0, tzinfo=UTC)) == datetime(
        2026, 1, 5, 9, told, tzinfo=UTC
    )
