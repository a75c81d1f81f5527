"""When somebody wants to be reminded."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

MAX_TEXT = 500
"""Characters of what a reminder says."""
FARTHEST = timedelta(days=366)
SNOOZE = timedelta(hours=1)
MORNING = time(9, 0)
"""“Tomorrow” is then, where the person is."""


def tomorrow(now: datetime, zone: tzinfo) -> datetime:
    """Tomorrow at nine of ``zone``."""
    return at(now.astimezone(zone).date() + timedelta(days=1), MORNING, zone)


def at(day: date, clock: time, zone: tzinfo) -> datetime:
    """A moment on the clocks of ``zone``; of one that comes twice the first, of one left out the next."""
    return datetime.combine(day, clock, zone)
