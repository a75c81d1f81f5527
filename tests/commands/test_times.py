from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cases.reader import Reader, use
from commands.times import NoTime, when_named

NOW = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)  # a Monday, half past three in Warsaw


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2h", "2026-03-02 17:30"),
        ("45M", "2026-03-02 16:15"),
        ("3d", "2026-03-05 15:30"),
        ("16:00", "2026-03-02 16:00"),
        ("9:05", "2026-03-03 09:05"),
        ("tomorrow", "2026-03-03 09:00"),
        ("Today 18:00", "2026-03-02 18:00"),
        ("friday 14:00", "2026-03-06 14:00"),
        ("monday", "2026-03-09 09:00"),
        ("2026-03-29 02:30", "2026-03-29 03:30"),
        ("2026-04-01", "2026-04-01 09:00"),
    ],
)
def test_a_moment_and_what_follows(typed: str, expected: str) -> None:
    with use(Reader(zone=ZoneInfo("Europe/Warsaw"))):
        found, rest = when_named([*typed.split(), "call", "9:00"], NOW)
    shown = found.astimezone(UTC).astimezone(ZoneInfo("Europe/Warsaw"))
    assert f"{shown:%Y-%m-%d %H:%M}" == expected
    assert rest == ["call", "9:00"]


@pytest.mark.parametrize(
    "typed",
    ["", "soon", "25:00", "0h", "2026-13-01", "99999h", "call me", "1.5h", "-1h", "2026-12-05T14:00 call"],
)
def test_what_is_no_time(typed: str) -> None:
    with pytest.raises(NoTime):
        when_named(typed.split(), NOW)
