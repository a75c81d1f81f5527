"""Working hours minute by minute: for each minute of some weeks, is anybody at work?

Moments and amounts are whole microseconds, moments since ``base``. Nothing is clever here, so that it can
be believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays

_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


class Wall:
    """One calendar, from ``base`` on."""

    def __init__(self, calendar: Mapping[str, Any], base: datetime, days: int) -> None:
        self.base = base
        self.zone = ZoneInfo(calendar["time_zone"])
        self._calendar = calendar
        self._week = dict(_each_day(calendar["week"]))
        years = [base.year, base.year + 1]
        country = calendar.get("holidays")
        self._holidays = set(holidays.country_holidays(country, years=years)) if country else set()
        self._spans: dict[date, list[tuple[int, int]]] = {}
        self.open = [self._is_open(minute) for minute in range(days * 24 * 60)]

    def _is_open(self, minute: int) -> bool:
        local = (self.base + timedelta(minutes=minute)).astimezone(self.zone)
        day, clock = local.date(), local.hour * 60 + local.minute
        if day not in self._spans:
            self._spans[day] = [(_minutes(since), _minutes(until)) for since, until in self.hours(day)]
        return any(since <= clock < until for since, until in self._spans[day])

    def hours(self, day: date) -> list[tuple[str, str]]:
        """What is open on a day by the clock on the wall."""
        if day.isoformat() in self._calendar.get("special", {}):
            spans = self._calendar["special"][day.isoformat()]
        elif day.isoformat() in self._calendar.get("closed", ()) or day in self._holidays:
            spans = []
        else:
            spans = self._week.get(day.weekday(), [])
        return [(span.split("-")[0], span.split("-")[1]) for span in spans]

    def usual_day(self) -> int:
        """The length that most days of the week have."""
        lengths = Counter(sum(map(_length, spans)) for spans in self._week.values())
        return max(lengths, key=lambda length: (lengths[length], length))

    def amount(self, words: str) -> int:
        """What a file says: 30m, 2h, 1d."""
        sizes = {"m": MINUTE, "h": HOUR, "d": self.usual_day()}
        return sum(int(word[:-1]) * sizes[word[-1]] for word in words.split())

    def is_open(self, at: int) -> bool:
        """Whether anybody works then."""
        return self.open[at // MINUTE]

    def next_open(self, at: int) -> int:
        """The same moment, or when work begins."""
        while not self.is_open(at):
            at = (at // MINUTE + 1) * MINUTE
        return at

    def add(self, at: int, amount: int, pauses: Sequence[tuple[int, int]] = ()) -> int:
        """When so much open time after a moment is over; what lies in ``pauses`` does not count."""
        while True:
            end = (at // MINUTE + 1) * MINUTE
            for edge in (edge for pause in pauses for edge in pause):
                end = edge if at < edge < end else end
            if self.is_open(at) and not any(since <= at < until for since, until in pauses):
                if amount <= end - at:
                    return at + amount
                amount -= end - at
            at = end

    def between(self, since: int, until: int) -> int:
        """How much open time lies between two moments."""
        total = 0
        while since < until:
            end = min((since // MINUTE + 1) * MINUTE, until)
            total += (end - since) if self.is_open(since) else 0
            since = end
        return total

    def moment(self, at: datetime) -> int:
        """Microseconds since ``base``."""
        return (at - self.base) // timedelta(microseconds=1)

    def of(self, at: int) -> datetime:
        """The moment as a date."""
        return self.base + timedelta(microseconds=at)

    def end_of(self, day: date) -> int:
        """When work ends on a day, or on the last one before it that has some."""
        while not self.hours(day):
            day -= timedelta(days=1)
        return self.clock(day, self.hours(day)[-1][1])

    def clock(self, day: date, clock: str) -> int:
        """A time of a day by the clock on the wall."""
        at = datetime.fromisoformat(f"{day}T{clock.replace('24:00', '00:00')}").replace(tzinfo=self.zone)
        return self.moment((at + timedelta(days=clock == "24:00")).astimezone(UTC))


def _each_day(week: Mapping[str, Sequence[str]]) -> list[tuple[int, list[str]]]:
    found = []
    for days, spans in week.items():
        first, _, last = days.partition("-")
        named = range(_DAYS.index(first), _DAYS.index(last or first) + 1)
        found += [(day, list(spans)) for day in named]
    return found


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _length(span: str) -> int:
    since, until = span.split("-")
    return (_minutes(until) - _minutes(since)) * MINUTE


def walls(calendars: Mapping[str, Any], base: datetime, days: int) -> dict[str, Wall]:
    """All calendars, the team's first."""
    return {key: Wall(calendar, base, days) for key, calendar in calendars.items()}
