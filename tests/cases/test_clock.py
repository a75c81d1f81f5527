from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cases.clock import SystemClock


def test_the_clock_can_be_turned() -> None:
    ahead = SystemClock(timedelta(days=3))
    assert timedelta(days=3) <= ahead.now() - datetime.now(UTC) + timedelta(seconds=1)
    ahead.offset = timedelta(0)
    assert abs(ahead.now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_its_times_are_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
