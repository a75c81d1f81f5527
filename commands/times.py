"""Times as people type them after a word of ``/cx``, in the reader's zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from cases import reminding
from cases.errors import InvalidInput
from cases.reader import reader

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"([1-9]\d{0,3})(m|h|d)")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class NoTime(InvalidInput):
    """Please say when: 1h, tomorrow, friday 14:00, 2026-03-05 or 16:30."""


def day_named(word: str, today: date) -> date | None:
    """The day that a word names: 2026-03-05, friday, tomorrow; None for anything else."""
    word = word.lower()
    if word in {"today", "tomorrow"}:
        return today + timedelta(days=word == "tomorrow")
    if word in _DAYS:
        return today + timedelta(days=(_DAYS.index(word) - today.weekday() - 1) % 7 + 1)
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def when_named(words: Sequence[str], now: datetime) -> tuple[datetime, Sequence[str]]:
    """The moment with which ``words`` begin, and those that follow; raises NoTime.

    A span such as 2h, a time that comes next, or a day with a time; without one, nine in the morning.
    """
    if not words:
        raise NoTime
    if span := _SPAN.fullmatch(words[0].lower()):
        return now + timedelta(**{_UNITS[span[2]]: int(span[1])}), words[1:]
    zone = reader().zone
    today = now.astimezone(zone).date()
    if clock := _clock(words[0]):
        at = reminding.at(today, clock, zone)
        return at if at > now else reminding.at(today + timedelta(days=1), clock, zone), words[1:]
    day = day_named(words[0], today)
    if day is None:
        raise NoTime
    clock = _clock(words[1]) if len(words) > 1 else None
    return reminding.at(day, clock or reminding.MORNING, zone), words[2 if clock else 1 :]


def _clock(word: str) -> time | None:
    found = _CLOCK.fullmatch(word)
    return time(int(found[1]), int(found[2])) if found else None
