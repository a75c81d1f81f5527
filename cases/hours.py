"""Business hours: when a team works, and how much of that lies between two moments.

A moment is open when the clock on the team's wall shows a time inside the hours of that day. Amounts are time
that really passes: on a day on which the clock is set back an open hour comes twice, and counts twice; of one
that is left out nothing counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property, lru_cache

MIDNIGHT = time(0)
_DAY = timedelta(days=1)
_FARTHEST = timedelta(days=3 * 366)
"""How far ahead anything is looked for."""
_TRANSITION = timedelta(minutes=1)
"""Zones change on whole minutes."""


class NeverOpen(ValueError):
    """These hours do not come within three years."""


@dataclass(frozen=True, slots=True)
class Span:
    """Hours without a break on the wall's clock: from ``start`` until just before ``end``.

    ``end`` at midnight is the end of the day. Hours over midnight are two spans, one on each day.
    """

    start: time
    end: time

    def __post_init__(self) -> None:
        """Raises ValueError for hours that end before they begin."""
        if self.end not in {MIDNIGHT} and self.end <= self.start:
            raise ValueError(f"{self.start:%H:%M}–{self.end:%H:%M} ends before it begins")


@dataclass(frozen=True)
class Hours:
    """When a team works."""

    zone: tzinfo
    week: Mapping[int, Sequence[Span]]
    """Day of the week (Monday is 0) → its hours, in order and apart from each other."""
    holidays: Collection[date] = frozenset()
    """Days without hours."""
    special: Mapping[date, Sequence[Span]] = field(default_factory=dict)
    """Days with hours of their own, holiday or not."""

    def of_day(self, day: date) -> Sequence[Span]:
        """The hours of a day on the wall's clock."""
        if day in self.special:
            return self.special[day]
        return () if day in self.holidays else self.week.get(day.weekday(), ())

    def usual_day(self) -> timedelta:
        """How long the team works on most of its days of the week; of two that are as many, the longer ones.

        Nothing where no day of the week is open.
        """
        return self._usual_day

    @cached_property
    def _usual_day(self) -> timedelta:
        lengths = Counter(sum(map(_length, spans), timedelta(0)) for spans in self.week.values())
        lengths.pop(timedelta(0), None)
        return max(lengths, key=lambda length: (lengths[length], length), default=timedelta(0))

    def is_open(self, at: datetime) -> bool:
        """Whether the team works at a moment."""
        local = at.astimezone(self.zone)
        now = local.time()
        return any(
            span.start <= now and (now < span.end or span.end == MIDNIGHT)
            for span in self.of_day(local.date())
        )

    def open_on(self, day: date) -> Sequence[tuple[datetime, datetime]]:
        """What is open on a day, in order, as pairs of moments in UTC; nothing where it is closed."""
        return _open(self.zone, day, tuple(self.of_day(day)))

    def ends(self, day: date) -> datetime | None:
        """When the last hours of a day end; None on a day without any."""
        hours = self.open_on(day)
        return hours[-1][1] if hours else None

    def last_beginning(self, at: datetime) -> datetime:
        """When work last begins on a day up to ``at``, that day included; raises NeverOpen."""
        day = at.astimezone(self.zone).date()
        for back in range(_FARTHEST.days):
            hours = _open(self.zone, day - back * _DAY, tuple(self.of_day(day - back * _DAY)))
            if hours and hours[0][0] <= at:
                return hours[0][0]
        raise NeverOpen

    def next_open(self, at: datetime) -> datetime:
        """``at`` where the team works then, else when it begins; raises NeverOpen."""
        for start, _end in self.open_from(at):
            return start
        raise NeverOpen

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """When ``amount`` of open time after ``start`` has passed; raises NeverOpen.

        Nothing passes while it is closed: what ends with the hours ends then, not when the next ones begin.
        With no amount at all that is ``next_open``.
        """
        left = amount
        for begin, end in self.open_from(start):
            if left <= end - begin:
                return begin + left
            left -= end - begin
        raise NeverOpen

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much open time lies between two moments; nothing where ``end`` is not after ``start``."""
        total = timedelta(0)
        for begin, until in self.open_from(start):
            if begin >= end:
                break
            total += min(until, end) - begin
        return total

    def open_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is open from ``start`` on, as pairs of moments in UTC, for three years."""
        start = start.astimezone(UTC)
        day = start.astimezone(self.zone).date()
        # Where a clock is set back at midnight a day goes on after the next one has begun.
        day -= _DAY
        last = (start + _FARTHEST).date()
        while day <= last:
            for begin, end in _open(self.zone, day, tuple(self.of_day(day))):
                if end > start:
                    yield max(begin, start), end
            day += _DAY


def _length(span: Span) -> timedelta:
    day = date.min
    end = datetime.combine(day + _DAY if span.end == MIDNIGHT else day, span.end)
    return end - datetime.combine(day, span.start)


@lru_cache(maxsize=4096)
def _open(zone: tzinfo, day: date, spans: tuple[Span, ...]) -> tuple[tuple[datetime, datetime], ...]:
    """The hours of one day in UTC."""
    found = []
    for since, until, offset in _pieces(zone, day):
        for span in spans:
            begin = _utc(day, span.start, offset)
            end = _utc(day + _DAY if span.end == MIDNIGHT else day, span.end, offset)
            begin, end = max(begin, since), min(end, until)
            if begin < end:
                found.append((begin, end))
    return tuple(sorted(found))


def _utc(day: date, clock: time, offset: timedelta) -> datetime:
    return datetime.combine(day, clock, UTC) - offset


def _pieces(zone: tzinfo, day: date) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The parts of a day between changes of the clock: from, until (UTC), offset.

    Only times of that date count: a part ends where its clock reaches midnight.
    """
    # Every moment of the date lies in here, whatever the offset: they go from -12 to +14 hours.
    at = datetime.combine(day, MIDNIGHT, UTC) - timedelta(hours=15)
    end = at + timedelta(hours=24 + 28)
    while at < end:
        offset = _offset(zone, at)
        until = _change(zone, at, end)
        begin = max(at, _utc(day, MIDNIGHT, offset))
        stop = min(until, _utc(day + _DAY, MIDNIGHT, offset))
        if begin < stop:
            yield begin, stop, offset
        at = until


def _offset(zone: tzinfo, at: datetime) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _change(zone: tzinfo, start: datetime, end: datetime) -> datetime:
    """When the clock of ``zone`` is changed next; ``end`` where it is not before that."""
    before, low = _offset(zone, start), start
    step = timedelta(hours=3)
    while low < end and _offset(zone, min(low + step, end)) == before:
        low += step
    if low >= end:
        return end
    high = min(low + step, end)
    while high - low > _TRANSITION:
        middle = low + (high - low) // 2
        middle = middle.replace(second=0, microsecond=0)
        if middle <= low:
            break
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high
