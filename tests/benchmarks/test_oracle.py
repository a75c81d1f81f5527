"""The week's oracle on what can be counted on fingers, and a judge that finds each kind of damage."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from benchmarks.simulate.oracle import expected
from benchmarks.simulate.rules import Reminder
from benchmarks.simulate.verdict import judge
from benchmarks.simulate.wall import HOUR, MINUTE, Wall
from benchmarks.simulate.world import next_week

# A Thursday; the clocks change on the Sunday after it, and the Monday is Easter Monday.
START = datetime(2027, 3, 25, 6, tzinfo=UTC)
OFFICE = {
    "time_zone": "Europe/Warsaw",
    "week": {"monday-thursday": ["09:00-17:00"], "friday": ["09:00-12:30", "13:00-16:00"]},
    "holidays": "PL",
}
ALWAYS = {"time_zone": "Europe/Warsaw", "week": {"monday-sunday": ["00:00-24:00"]}}
COMPANY: dict[str, Any] = {
    "start": START.isoformat(),
    "calendars": {"office": OFFICE, "always": ALWAYS},
    "departments": {
        "dock": {"calendar": "always", "leads": ["LEAD"]},
        "cash": {"calendar": None, "leads": []},
    },
    "processes": {"return": {"steps": [{"name": "Look", "department": "dock", "time": "1h"}]}},
    "rules": {
        "unclaimed": "30m",
        "first_response": "2h",
        "next_update": "4h",
        "department": "3h",
        "silent": "4h",
        "close": "2h",
        "repeat": "1h",
        "longest": "4h",
    },
    "supervisors": ["BOSS"],
}
DAY = 24 * 60
FRIDAY = 3 * DAY
"""Its first minute; the base is two days before the start, at six o'clock in UTC."""


def at(day: int, hour: int, minute: int, *, summer: bool = False) -> int:
    """The minute of a time in Warsaw, so many days after the Friday."""
    return FRIDAY + day * DAY + (hour - 6 - 1 - summer) * 60 + minute


def fact(minute: int, what: str, **more: Any) -> dict[str, Any]:
    return {"case": "CX-1", "at": minute * MINUTE + MINUTE // 2, "what": what, **more}


OPENED = fact(at(0, 15, 33), "opened", channel="C1", thread="1.1")
CLOSED = fact(at(4, 12, 3, summer=True), "closed", how="tell")


def reminded(*facts: dict[str, Any]) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(each.kind, each.minute, each.mentions) for each in expected(COMPANY, facts)]


def test_nobody_takes_a_case_over_a_weekend_a_change_of_the_clocks_and_a_holiday() -> None:
    assert reminded(OPENED, CLOSED) == [
        ("unclaimed", at(0, 15, 54), ()),
        # The office closes at 16:00, before 16:04, and opens on Tuesday, an hour sooner by the sun.
        ("unclaimed", at(4, 9, 4, summer=True), ()),
        ("unclaimed", at(4, 10, 4, summer=True), ("BOSS",)),
    ]


def test_what_is_late_already_when_somebody_takes_a_case_at_night_waits_for_the_morning() -> None:
    night = at(4, 22, 3, summer=True)
    taken = [fact(night, "owner", who="ANNA"), fact(night, "status", status="open")]
    found = reminded(OPENED, *taken, fact(at(5, 9, 13, summer=True), "closed", how="tell"))
    assert [each for each in found if each[0] == "first_response"] == [
        ("first_response", at(5, 9, 0, summer=True), ("ANNA",))
    ]


def test_a_department_that_never_sleeps_climbs_through_the_hour_that_is_left_out() -> None:
    asked = fact(at(1, 23, 3), "asked", ask="1", department="dock", channel="C9", thread="9.1")
    facts = [
        OPENED,
        fact(at(0, 15, 43), "owner", who="ANNA"),
        fact(at(0, 15, 53), "process", process="return"),
        asked,
        fact(at(1, 23, 3), "status", status="waiting_department"),
        CLOSED,
    ]
    desk = [each for each in expected(COMPANY, facts) if each.kind == "department"]
    start = asked["at"] // MINUTE
    assert [(each.minute - start, each.channel, each.mentions) for each in desk] == [
        (41, "C9", ()),
        (61, "C9", ()),
        (121, "C9", ()),
        (241, "C9", ("LEAD",)),
        # The supervisors have the hours of the office.
        (at(4, 9, 0, summer=True) - start, "C1", ("BOSS",)),
    ]


def test_what_customers_keep_waiting_counts_to_the_second() -> None:
    opened, seconds = at(-1, 10, 3), MINUTE // 60
    waits = fact(opened, "status", status="waiting_customer", at=(opened + 10) * MINUTE + 10 * seconds)
    writes = fact(opened, "status", status="open", at=(opened + 20) * MINUTE + 45 * seconds)
    found = reminded(
        fact(opened, "opened", channel="C1", thread="1.1"),
        fact(opened, "process", process="return"),
        waits,
        writes,
        fact(opened + 80, "closed", how="tell"),
    )
    # An hour from half past the third minute, and 10:35 while the customer had the next word.
    assert [minute for kind, minute, _ in found if kind == "step"] == [opened + 72]


def test_hours_are_counted_by_the_clock_on_the_wall() -> None:
    wall = Wall(ALWAYS, START.replace(hour=0), 20)
    sunday = wall.moment(datetime(2027, 3, 27, 23, tzinfo=UTC))
    assert wall.between(sunday, sunday + 24 * HOUR) == 24 * HOUR
    office = Wall(OFFICE, START.replace(hour=0), 20)
    friday = office.moment(datetime(2027, 3, 26, 14, 30, tzinfo=UTC))
    assert office.of(office.add(friday, HOUR)) == datetime(2027, 3, 30, 7, 30, tzinfo=UTC)
    assert office.usual_day() == 8 * HOUR


@pytest.mark.parametrize(
    "now", [datetime(2026, 11, 27, 12, tzinfo=UTC), datetime(2027, 3, 24, 12, tzinfo=UTC)]
)
def test_the_week_has_a_change_of_the_clocks_and_a_holiday_on_a_working_day(now: datetime) -> None:
    start, holiday = next_week(now)
    assert start > now
    assert start.weekday() == 3
    assert holiday.weekday() == 0
    assert (holiday - start.date()).days == 4
    assert holiday.month in {3, 4, 10, 11}
    assert isinstance(holiday, date)


def test_each_kind_of_damage_is_found() -> None:
    facts = [OPENED, CLOSED]
    right = expected(COMPANY, facts)
    good = judge(COMPANY, facts, right, right)
    assert not any([good.missed, good.doubled, good.unexpected, good.outside_hours, good.after_close])
    assert judge(COMPANY, facts, right, right[1:]).missed == right[:1]
    assert judge(COMPANY, facts, right, [*right, right[0]]).doubled == right[:1]
    night: Reminder = replace(right[0], minute=at(0, 16, 1))
    assert judge(COMPANY, facts, right, [*right, night]).outside_hours == [night]
    assert judge(COMPANY, facts, right, [*right, night]).unexpected == [night]
    late = replace(right[0], minute=CLOSED["at"] // MINUTE + 1)
    assert judge(COMPANY, facts, right, [*right, late]).after_close == [late]
    assert judge(COMPANY, [OPENED], right, right).untold == ["CX-1"]


def test_each_post_that_names_something_can_put_it_off() -> None:
    older, newer = (expected(COMPANY, [OPENED, CLOSED])[place].minute for place in (1, 2))
    for post in (older, newer):
        put_off = fact(newer + 9, "snoozed", how="hour", thread="1.1", post=post)
        found = reminded(OPENED, put_off, fact(newer + 200, "closed", how="tell"))
        assert found[3] == ("unclaimed", newer + 69, ("BOSS",))
