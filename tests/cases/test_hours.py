"""Business hours against an oracle that looks at the wall's clock minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cases.hours import MIDNIGHT, Hours, NeverOpen, Span

MINUTE = timedelta(minutes=1)
ZONES = (
    "UTC",
    "Europe/Warsaw",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",  # set back at one to midnight
    "Africa/Cairo",  # set forward at midnight
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Atlantic/Azores",
    "America/Santiago",  # set back at midnight to the day before
)


def _spans(edges: set[int]) -> tuple[Span, ...]:
    clocks = [MIDNIGHT if edge == 96 else time(edge // 4, edge % 4 * 15) for edge in sorted(edges)]
    return tuple(Span(start, end) for start, end in zip(clocks[::2], clocks[1::2], strict=False))


# Made once: Hypothesis looks through a strategy anew each time that one is made.
spans = st.sets(st.integers(0, 24 * 4), max_size=6).map(_spans)
"""Up to three spans of a day, in order, apart from each other."""
_days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
calendars = st.builds(
    Hours,
    st.sampled_from(ZONES).map(ZoneInfo),
    st.dictionaries(st.integers(0, 6), spans),
    st.frozensets(_days, max_size=5),
    st.dictionaries(_days, spans, max_size=3),
)


moments = st.integers(0, 700 * 24 * 60).map(lambda passed: datetime(2026, 1, 1, tzinfo=UTC) + passed * MINUTE)
NEAR_CHANGES = st.sampled_from(
    [
        datetime(2026, 3, 29, tzinfo=UTC),
        datetime(2026, 10, 25, tzinfo=UTC),
        datetime(2026, 3, 8, tzinfo=UTC),
        datetime(2026, 11, 1, 4, tzinfo=UTC),
        datetime(2026, 4, 4, 14, tzinfo=UTC),
        datetime(2026, 4, 24, tzinfo=UTC),
        datetime(2026, 4, 5, 3, tzinfo=UTC),
        datetime(2026, 9, 6, 4, tzinfo=UTC),
    ]
).flatmap(lambda change: st.integers(-30 * 60, 30 * 60).map(lambda off: change + off * MINUTE))


def wall_is_open(hours: Hours, at: datetime) -> bool:
    """The oracle: what the clock on the wall shows, read anew at each minute."""
    local = at.astimezone(hours.zone)
    day, shown = local.date(), local.hour * 60 + local.minute
    if day in hours.special:
        today = hours.special[day]
    elif day in hours.holidays:
        today = ()
    else:
        today = hours.week.get(day.weekday(), ())
    for span in today:
        first = span.start.hour * 60 + span.start.minute
        last = span.end.hour * 60 + span.end.minute or 24 * 60
        if first <= shown < last:
            return True
    return False


def counted(hours: Hours, start: datetime, end: datetime) -> timedelta:
    total, at = timedelta(0), start
    while at < end:
        total += MINUTE if wall_is_open(hours, at) else timedelta(0)
        at += MINUTE
    return total


@given(calendars, moments | NEAR_CHANGES)
def test_open_is_what_the_wall_says(hours: Hours, at: datetime) -> None:
    assert hours.is_open(at) == wall_is_open(hours, at)


@given(calendars, NEAR_CHANGES | moments, st.integers(0, 2 * 24 * 60))
def test_time_between_is_counted_minute_by_minute(hours: Hours, start: datetime, length: int) -> None:
    end = start + length * MINUTE
    assert hours.between(start, end) == counted(hours, start, end)


@given(calendars, NEAR_CHANGES | moments, st.integers(0, 10 * 60))
def test_adding_ends_at_the_minute_that_the_oracle_finds(hours: Hours, start: datetime, amount: int) -> None:
    at, left, limit = start, amount, start + timedelta(days=4)
    while at < limit and not (left == 0 and (amount or wall_is_open(hours, at))):
        left -= wall_is_open(hours, at)
        at += MINUTE
    assume(at < limit)
    assert hours.add(start, amount * MINUTE) == at


@given(calendars, moments, st.timedeltas(timedelta(0), timedelta(hours=60)))
def test_what_was_added_lies_between(hours: Hours, start: datetime, amount: timedelta) -> None:
    try:
        end = hours.add(start, amount)
    except NeverOpen:
        return
    assert hours.between(start, end) == amount


@given(calendars, moments, moments, moments)
def test_parts_make_the_whole(hours: Hours, one: datetime, two: datetime, three: datetime) -> None:
    first, middle, last = sorted((one, two, three))
    assume(last - first < timedelta(days=400))
    assert hours.between(first, middle) + hours.between(middle, last) == hours.between(first, last)


@given(calendars, moments, st.integers(0, 600), st.integers(0, 600))
@example(
    Hours(ZoneInfo("UTC"), {0: (Span(time(9), time(17)),)}), datetime(2026, 1, 5, 16, tzinfo=UTC), 30, 30
)
def test_later_is_never_sooner(hours: Hours, start: datetime, less: int, more: int) -> None:
    try:
        far = hours.add(start, (less + more) * MINUTE)
    except NeverOpen:
        return
    assert hours.add(start, less * MINUTE) <= far


SHOP = Hours(
    ZoneInfo("Europe/Warsaw"),
    {day: (Span(time(9), time(17)),) for day in range(5)},
    holidays={date(2026, 12, 25)},
    special={date(2026, 12, 24): (Span(time(9), time(12)),)},
)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        # Friday 16:00 in Warsaw, four hours: until Monday 12:00.
        (datetime(2026, 11, 27, 15, tzinfo=UTC), 4, datetime(2026, 11, 30, 11, tzinfo=UTC)),
        # What ends with the hours ends on that day.
        (datetime(2026, 11, 27, 15, tzinfo=UTC), 1, datetime(2026, 11, 27, 16, tzinfo=UTC)),
        # Written at night: it begins in the morning.
        (datetime(2026, 11, 30, 2, tzinfo=UTC), 1, datetime(2026, 11, 30, 9, tzinfo=UTC)),
        # Over Christmas: Thursday until noon, then the Monday after the holiday and the weekend.
        (datetime(2026, 12, 24, 10, tzinfo=UTC), 2, datetime(2026, 12, 28, 9, tzinfo=UTC)),
        # Over the night in which clocks are set forward.
        (datetime(2026, 3, 27, 15, tzinfo=UTC), 2, datetime(2026, 3, 30, 8, tzinfo=UTC)),
    ],
)
def test_a_shop_in_warsaw(start: datetime, hours: int, end: datetime) -> None:
    assert SHOP.add(start, timedelta(hours=hours)) == end


def test_who_never_works_is_never_open() -> None:
    with pytest.raises(NeverOpen):
        Hours(ZoneInfo("UTC"), {}).next_open(datetime(2026, 1, 1, tzinfo=UTC))


def test_round_the_clock_is_plain_time() -> None:
    always = Hours(ZoneInfo("America/New_York"), {day: (Span(MIDNIGHT, MIDNIGHT),) for day in range(7)})
    start = datetime(2026, 10, 30, 12, 34, 56, tzinfo=UTC)
    assert always.add(start, timedelta(days=7)) == start + timedelta(days=7)


def test_hours_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(ValueError, match=r"17:00–09:00 ends before it begins"):
        Span(time(17), time(9))
