"""By when a case should be done, against an oracle that passes time minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cases.enums import Status
from cases.hours import MIDNIGHT, Hours, NeverOpen, Span
from cases.passing import Pause, passed, waits
from cases.progress import Asked
from cases.promises import Amount, Due, Logged, NextStep, Plan, Step, Timing, Told, rounded
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


@given(st.data(), NEAR_CHANGES | moments, st.lists(st.tuples(calendars, st.integers(1, 300)), max_size=3))
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


# Many calendars hardly open: what they cannot show is left out.
@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data(), moments, calendars, st.integers(1, 300))
def test_a_pause_never_brings_the_date_nearer(
    data: st.DataObject, start: datetime, hours: Hours, amount: int
) -> None:
    assume(oracle(start, [(hours, amount)], ()) is not None)
    stopped = data.draw(pauses(start))
    assume(not stopped or stopped[-1].until is not None)
    plain = passed(start, [(hours, amount * MINUTE)])
    assert plain is not None
    try:
        later = passed(start, [(hours, amount * MINUTE)], stopped)
    except NeverOpen:
        # The pause lay over the few hours that the team ever has.
        within = start + timedelta(days=3 * 365)
        lost = [hours.between(max(one.since, start), one.until or within) for one in stopped]
        assert hours.between(start, within) - sum(lost, timedelta(0)) < amount * MINUTE
        return
    assert later is not None
    assert plain <= later


def test_hours_that_all_lie_in_a_pause_never_come() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    once = Hours(ZoneInfo("UTC"), {}, special={start.date(): (Span(MIDNIGHT, time(0, 15)),)})
    assert passed(start, [(once, 15 * MINUTE)]) == start + 15 * MINUTE
    with pytest.raises(NeverOpen):
        passed(start, [(once, MINUTE)], [Pause(start, start + 15 * MINUTE)])


@st.composite
def events(draw: st.DrawFn, start: datetime) -> tuple[list[Asked], list[Logged], datetime]:
    """Up to four questions, what the customer was waited for, and a moment after all of that."""
    now = start + draw(st.integers(0, 900)) * MINUTE
    span = int((now - start) / MINUTE)

    def moment(since: int) -> int:
        return draw(st.integers(since, max(since, span)))

    asks = []
    for _each in range(draw(st.integers(0, 4))):
        asked = draw(st.integers(-60, span))
        answered = draw(st.none() | st.integers(max(asked, 0), max(asked, span)))
        later = draw(st.none() | st.integers(0, 1_500))
        asks.append(
            Asked(
                draw(st.sampled_from(["a", "b", "other"])),
                start + asked * MINUTE,
                None if answered is None else start + answered * MINUTE,
                None if later is None else start + later * MINUTE,
            )
        )
    edges = sorted({moment(0) for _each in range(draw(st.integers(0, 4)))})
    turns = [Status.WAITING_CUSTOMER, Status.OPEN] * 2
    return asks, [(start + edge * MINUTE, turn) for edge, turn in zip(edges, turns, strict=False)], now


def meant_for(place: int, parts: Sequence[Part], asks: Sequence[Asked]) -> list[Asked]:
    """The questions of a step, told without looking at the others."""
    department = parts[place][2]
    own = sorted((ask for ask in asks if ask.department == department), key=lambda ask: ask.asked_at)
    before = sum(part[2] == department for part in parts[:place])
    is_last = not any(part[2] == department for part in parts[place + 1 :])
    return own[before:] if is_last else own[before : before + 1]


def ended(place: int, parts: Sequence[Part], asks: Sequence[Asked]) -> datetime | None:
    """When a step was done, if it is."""
    if parts[place][2]:
        found = [ask.answered_at for ask in meant_for(place, parts, asks) if ask.answered_at]
    else:
        later = [each for each in range(place + 1, len(parts)) if parts[each][2]]
        found = [ask.asked_at for each in later for ask in meant_for(each, parts, asks)]
    return min(found, default=None)


def walk(
    start: datetime, parts: Sequence[Part], asks: Sequence[Asked], stopped: Sequence[Pause], now: datetime
) -> tuple[int, datetime | None, datetime | None]:
    """The step at which a case stands, since when that is late, and when all is done, minute by minute."""
    endless = bool(stopped) and stopped[-1].until is None
    at, stands, late = start, len(parts), None
    for place, (hours, amount, _department) in enumerate(parts):
        end = ended(place, parts, asks)
        if end is not None:
            at = at if stands < len(parts) else max(at, end)
            continue
        found = oracle(at, [(hours, amount)], stopped)
        if found is None:
            return min(stands, place), late, None
        at = found
        if stands == len(parts):
            stands, late = place, at if at < now else None
            while late and at < now + LIMIT and (at < now or not wall_is_open(hours, at)):
                at += MINUTE
            if late and (endless or not wall_is_open(hours, at)):
                return stands, late, None
        at = max([at, *(ask.later_at for ask in meant_for(place, parts, asks) if ask.later_at)])
    return stands, late, at


Part = tuple[Hours, int, str | None]
"""A step: its hours, how many minutes it takes, and its department."""


@given(
    st.data(),
    NEAR_CHANGES | moments,
    st.lists(
        st.tuples(calendars, st.integers(1, 200), st.sampled_from([None, "a", "b"])),
        min_size=1,
        max_size=4,
    ),
)
def test_what_is_done_counts_as_it_was_and_what_is_late_moves_the_rest(
    data: st.DataObject, start: datetime, drawn: list[Part]
) -> None:
    # A department has the same hours in all of its steps, as has the team.
    hours = {department: calendar for calendar, _minutes, department in drawn}
    parts = [(hours[department], minutes, department) for _calendar, minutes, department in drawn]
    asks, log, now = data.draw(events(start))
    steps = [Step("Step", Amount(time=minutes * MINUTE), department) for _hours, minutes, department in parts]
    own: dict[str, str] = {key: key for key in ("a", "b") if key in hours}
    known = {"": hours.get(None, parts[0][0])} | {key: hours[key] for key in own}
    planned = Plan(known, {"return": Timing(steps=steps)}, own)
    stopped = waits(log)
    since_begun = [ask for ask in asks if ask.asked_at >= start]
    stands, late, expected = walk(start, parts, since_begun, stopped, now)
    due = planned.due("return", start, log, None, asks, now)
    if stands == len(parts):
        assert due.next is None
        assert due.forecast is None or due.forecast >= max(now, expected or now)
        return
    assume(expected is not None or (stopped and stopped[-1].until is None))
    if due == Due():
        assert expected is None, "hours that never come"
        return
    assert due.next is not None
    assert (due.next.number, due.next.late) == (stands + 1, late)
    assert due.forecast == (rounded(expected) if expected else None)
    assert due.stopped == (expected is None)


WEEK = {day: (Span(time(9), time(17)),) for day in range(5)}
TEAM = Hours(ZoneInfo("Europe/Warsaw"), WEEK, holidays={date(2026, 11, 11)})
DOCK = Hours(ZoneInfo("Europe/Warsaw"), {day: (Span(time(6), time(12)),) for day in range(6)})
FRIDAY = datetime(2026, 11, 27, 13, tzinfo=UTC)  # 14:00 in Warsaw


def warsaw(*at: int) -> datetime:
    return datetime(*at, tzinfo=ZoneInfo("Europe/Warsaw"))  # type: ignore[misc, arg-type]


@dataclass(frozen=True)
class Planned:
    """A plan of which it is asked at a moment, as soon as the case is there unless that is said."""

    plan: Plan

    def due(
        self,
        process: str,
        opened: datetime,
        log: Sequence[Logged],
        told: Told | None,
        asks: Sequence[Asked] = (),
        now: datetime = FRIDAY,
    ) -> Due:
        return self.plan.due(process, opened, log, told, asks, now)


def plan(*steps: Step, **more: object) -> Planned:
    timing = Timing(steps=steps, **more)  # type: ignore[arg-type]
    names = {"logistics": "Logistics"}
    return Planned(Plan({"team": TEAM, "dock": DOCK}, {"return": timing}, {"logistics": "dock"}, names=names))


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
    assert (waiting.forecast, waiting.stopped) == (None, True)
    assert waiting.next == NextStep(1, 1, LOOK)
    back = (warsaw(2026, 11, 30, 10), Status.OPEN)
    assert plan(LOOK).due("return", FRIDAY, [asked, back], None).forecast == warsaw(2026, 11, 30, 11)


def test_what_is_late_when_they_have_the_next_word_stays_late_but_has_no_date() -> None:
    asked = (warsaw(2026, 11, 30, 10), Status.WAITING_CUSTOMER)
    due = plan(LOOK).due("return", FRIDAY, [asked], None, now=warsaw(2026, 11, 30, 11))
    assert (due.forecast, due.stopped) == (None, True)
    assert due.next is not None
    assert due.next.late == warsaw(2026, 11, 27, 16)


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


def test_a_late_step_moves_all_that_follow_it() -> None:
    asked = Asked("logistics", FRIDAY)
    late = warsaw(2026, 12, 1, 8)
    due = plan(SEND, LOOK).due("return", FRIDAY, (), None, [asked], late)
    # Three hours of the dock from Saturday at six on; then two of the team's Tuesday, which begins at nine.
    assert due.next == NextStep(
        1, 2, SEND, "Logistics", warsaw(2026, 11, 28, 9), warsaw(2026, 11, 28, 9), asked=True
    )
    assert due.forecast == warsaw(2026, 12, 1, 11)


def test_what_is_late_at_night_ends_in_the_morning_at_the_earliest() -> None:
    due = plan(LOOK).due("return", FRIDAY, (), None, now=warsaw(2026, 11, 30, 3))
    assert due.forecast == warsaw(2026, 11, 30, 9)


def test_a_step_ends_when_it_really_did_and_not_before_its_department_said() -> None:
    asks = [
        Asked("logistics", FRIDAY, answered_at=FRIDAY + timedelta(minutes=30)),
        Asked("billing", FRIDAY, later_at=warsaw(2026, 12, 3, 9)),
    ]
    pay = Step("Pay", Amount(time=timedelta(hours=1)), "billing")
    due = plan(LOOK, SEND, pay, LOOK).due("return", FRIDAY, (), None, asks, FRIDAY + timedelta(hours=1))
    assert due.next is not None
    assert (due.next.number, due.next.late) == (3, None)
    assert due.forecast == warsaw(2026, 12, 3, 11)


def test_a_department_with_two_steps_answers_twice() -> None:
    once = [Asked("logistics", FRIDAY, answered_at=FRIDAY)]
    due = plan(SEND, SEND).due("return", FRIDAY, (), None, once)
    assert due.next is not None
    assert due.next.number == 2
    twice = [*once, Asked("logistics", FRIDAY, answered_at=FRIDAY + timedelta(hours=1))]
    due = plan(SEND, SEND).due("return", FRIDAY, (), None, twice, FRIDAY + timedelta(hours=1))
    assert (due.next, due.forecast) == (None, FRIDAY + timedelta(hours=1))


def test_what_was_asked_before_a_case_was_opened_again_does_not_count() -> None:
    log = [(FRIDAY, Status.CLOSED), (FRIDAY + timedelta(hours=1), Status.OPEN)]
    due = plan(SEND).due("return", FRIDAY, log, None, [Asked("logistics", FRIDAY, answered_at=FRIDAY)])
    assert due.next is not None
    assert due.next.number == 1
    assert not due.next.asked


def test_an_answered_case_owes_nothing() -> None:
    assert plan(LOOK).due("return", FRIDAY, [(FRIDAY, Status.ANSWERED)], None) == Due(done=True)
