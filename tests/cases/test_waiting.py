"""For whom a case waited, against an oracle that asks each minute who it is."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.enums import Status
from cases.hours import Hours, Span
from cases.promises import Logged, Plan, Timing
from cases.waiting import Held, Spent, Waited, waited
from tests.cases.test_hours import MINUTE, NEAR_CHANGES, calendars, wall_is_open

OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
NINE_TO_FIVE = Hours(UTC, {day: (Span(time(9), time(17)),) for day in range(5)})
MORNINGS = Hours(UTC, {day: (Span(time(8), time(12)),) for day in range(7)})
PLAN = Plan(
    {"team": NINE_TO_FIVE, "mornings": MORNINGS}, departments={"b": "mornings"}, names={"b": "Billing"}
)


def at(hours: float) -> datetime:
    return OPENED + hours * HOUR


def test_each_hour_belongs_to_whoever_is_waited_for() -> None:
    log = [(OPENED, Status.NEW), (at(2), Status.WAITING_CUSTOMER), (at(5), Status.OPEN)]
    found = waited(PLAN, "", OPENED, log, [Held("a", at(1), at(6))], at(8))
    assert found.agent == Spent(3 * HOUR, 3 * HOUR)
    assert found.customer == Spent(3 * HOUR, 3 * HOUR), "a question does not make the customer answer"
    assert found.departments == {"a": Spent(2 * HOUR, 2 * HOUR)}


def test_departments_that_are_asked_at_once_have_all_of_their_own_hours() -> None:
    asked = [Held("a", OPENED, at(24)), Held("b", OPENED, at(24))]
    found = waited(PLAN, "", OPENED, [], asked, at(24))
    assert found == Waited(
        departments={"a": Spent(8 * HOUR, 24 * HOUR), "b": Spent(4 * HOUR, 24 * HOUR)}, names=PLAN.names
    )


def test_while_it_is_closed_nobody_is_waited_for() -> None:
    log = [(at(1), Status.CLOSED), (at(4), Status.OPEN)]
    asked = [Held("a", at(0.5))]
    found = waited(PLAN, "", OPENED, log, asked, at(5))
    assert found.agent == Spent(HOUR / 2, HOUR / 2)
    assert found.departments == {"a": Spent(1.5 * HOUR, 1.5 * HOUR)}


@st.composite
def stories(draw: st.DrawFn) -> tuple[datetime, list[Logged], list[Held], datetime]:
    """What happened in up to two days."""
    opened = draw(NEAR_CHANGES)
    length = draw(st.integers(0, 2 * 24 * 60))
    minutes = st.integers(0, length)
    changes = sorted(draw(st.lists(st.tuples(minutes, st.sampled_from(Status)), max_size=5)))
    held = []
    for _each in range(draw(st.integers(0, 3))):
        since = draw(st.integers(-60, length))
        until = draw(st.none() | st.integers(max(since, 0), length))
        end = None if until is None else opened + until * MINUTE
        held.append(Held(draw(st.sampled_from("ab")), opened + since * MINUTE, end))
    log = [(opened + minute * MINUTE, status) for minute, status in changes]
    return opened, log, held, opened + length * MINUTE


@settings(max_examples=50)
@given(stories(), calendars, calendars)
def test_it_is_what_each_minute_says(
    story: tuple[datetime, list[Logged], list[Held], datetime], team: Hours, other: Hours
) -> None:
    opened, log, held, now = story
    plan = Plan({"team": team, "other": other}, {"return": Timing()}, {"b": "other"})
    expected: dict[str, Spent] = defaultdict(Spent)
    minute = opened
    while minute < now:
        stands = [Status.NEW, *(status for since, status in log if since <= minute)][-1]
        asked = {
            each.department
            for each in held
            if each.since <= minute and (each.until is None or minute < each.until)
        }
        whom = {"customer"} if stands is Status.WAITING_CUSTOMER else asked or {"agent"}
        for each in whom if stands is not Status.CLOSED else ():
            hours = other if each == "b" else team
            working = MINUTE if wall_is_open(hours, minute) else timedelta(0)
            expected[each] += Spent(working, MINUTE)
        minute += MINUTE
    found = waited(plan, "return", opened, log, held, now)
    named = {"customer": found.customer, "agent": found.agent, **found.departments}
    assert {who: spent for who, spent in named.items() if spent != Spent()} == dict(expected)


def test_a_zone_of_its_own_counts_by_its_own_clock() -> None:
    away = Hours(ZoneInfo("America/New_York"), {0: (Span(time(9), time(17)),)})
    found = waited(Plan({"team": away}), "", OPENED, [], [], at(8))
    assert found.agent == Spent(3 * HOUR, 8 * HOUR)
