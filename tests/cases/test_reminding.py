"""When people want to be reminded, on their own clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from cases.reminding import at, tomorrow

WARSAW = ZoneInfo("Europe/Warsaw")


def test_tomorrow_is_nine_where_the_person_is_also_over_a_change_of_clocks() -> None:
    late = datetime(2026, 3, 27, 23, 30, tzinfo=UTC)  # Already Saturday in Warsaw.
    assert tomorrow(late, WARSAW).astimezone(UTC) == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)
    assert tomorrow(late, UTC) == datetime(2026, 3, 28, 9, 0, tzinfo=UTC)


def test_a_time_that_the_clocks_leave_out_is_the_next_one() -> None:
    chosen = at(date(2026, 3, 29), time(2, 30), WARSAW)
    assert chosen.astimezone(UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
