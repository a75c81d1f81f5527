"""By when a case should be done: the standard times of its steps, one after the other, in business hours.

Nothing here knows rows or files: hours, steps and what happened are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo

from cases.enums import Status
from cases.hours import Hours, NeverOpen
from cases.reader import Language

ROUND = timedelta(minutes=15)
"""Dates are told in quarters of an hour."""
_DAY = timedelta(days=1)
_LAST_MINUTE = time(23, 59)

Logged = tuple[datetime, Status]
"""Since when a case stands where."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A span of business time, as people say it: 2h, 30m, 1d; a day is as long as the team's usual one."""

    days: int = 0
    time: timedelta = timedelta(0)

    def in_hours(self, hours: Hours) -> timedelta:
        """How much that is for a team with these hours."""
        return self.time + self.days * hours.usual_day()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a process."""

    name: str
    time: Amount
    department: str | None = None
    """The key of the department that does it; None for the team itself."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When what has to happen in cases of a process."""

    calendar: str | None = None
    """The key of its hours; None for the team's."""
    steps: Sequence[Step] = ()
    first_response: Amount | None = None
    """By when the customer should have a first answer; …"""
    next_update: Amount | None = None
    """… and then another one, while the case is open."""
    legal_days: int | None = None
    """Calendar days after the one of opening by whose end the law wants it done, whatever happens."""
    texts: Mapping[Language, str] = field(default_factory=dict)
    """What tells the customer the date, which stands for ``{date}``."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the customer was told of a date."""

    first: datetime
    """The first one: against it a promise counts as kept or broken."""
    last: datetime
    kept: bool | None = None
    """None while the case is open, and where it was closed without telling the customer."""


@dataclass(frozen=True, slots=True)
class Due:
    """By when a case should be done, as its card says it."""

    forecast: datetime | None = None
    """None where its process has no steps (or too long ones), and while the clock is stopped."""
    stopped: bool = False
    """Whether the clock stands still, because the customer has the next word."""
    told: Told | None = None
    legal: datetime | None = None

    @property
    def untold(self) -> datetime | None:
        """The date that the customer does not know yet: none was told, or an earlier one."""
        if self.told is not None and self.forecast is not None and self.forecast <= self.told.last:
            return None
        return self.forecast


@dataclass(frozen=True)
class Plan:
    """The hours of a company, and the times of its processes."""

    calendars: Mapping[str, Hours]
    """By key; the first one is the team's."""
    timings: Mapping[str, Timing] = field(default_factory=dict)
    """By the key of the process."""
    departments: Mapping[str, str] = field(default_factory=dict)
    """The key of a department → that of its calendar, where it has one of its own."""

    @property
    def zone(self) -> tzinfo:
        """By whose clocks the team works."""
        return next(iter(self.calendars.values())).zone

    def hours(self, process: str) -> Hours:
        """When those work who have a case of this process."""
        key = self.timings[process].calendar if process in self.timings else None
        return self.calendars[key] if key else next(iter(self.calendars.values()))

    def department_hours(self, department: str, process: str) -> Hours:
        """When a department works on a case of this process."""
        own = self.departments.get(department)
        return self.calendars[own] if own else self.hours(process)

    def due(self, process: str, opened: datetime, log: Sequence[Logged], told: Told | None) -> Due:
        """By when a case should be done that was opened then, and stood where ``log`` says, oldest first."""
        timing = self.timings.get(process, Timing())
        legal = legal_deadline(self.hours(process), opened, timing.legal_days)
        if not timing.steps:
            return Due(told=told, legal=legal)
        start = begun(opened, log)
        pauses = waits([each for each in log if each[0] >= start])
        try:
            forecast = passed(start, self._steps(process, timing), pauses)
        except NeverOpen:
            return Due(told=told, legal=legal)
        return Due(rounded(forecast) if forecast else None, forecast is None, told, legal)

    def _steps(self, process: str, timing: Timing) -> Iterator[tuple[Hours, timedelta]]:
        for step in timing.steps:
            hours = self.department_hours(step.department or "", process)
            yield hours, step.time.in_hours(hours)


@dataclass(frozen=True, slots=True)
class Pause:
    """A time that does not count."""

    since: datetime
    until: datetime | None
    """None while it lasts."""


def begun(opened: datetime, log: Iterable[Logged]) -> datetime:
    """Since when a case is worked on: its opening, or the last time that it was opened again."""
    before = Status.NEW
    for at, status in log:
        if before is Status.CLOSED and status is not Status.CLOSED:
            opened = at
        before = status
    return opened


def waits(log: Iterable[Logged]) -> list[Pause]:
    """When a case waited on its customer."""
    found: list[Pause] = []
    since: datetime | None = None
    for at, status in log:
        if since is None and status is Status.WAITING_CUSTOMER:
            since = at
        elif since is not None and status is not Status.WAITING_CUSTOMER:
            found.append(Pause(since, max(since, at)))
            since = None
    return found if since is None else [*found, Pause(since, None)]


def passed(
    start: datetime, steps: Iterable[tuple[Hours, timedelta]], pauses: Sequence[Pause] = ()
) -> datetime | None:
    """When each step's time has passed, one after the other, each in its own hours.

    ``pauses`` are in order and apart from each other; what lies in them does not count. None while the
    last of them lasts. Raises NeverOpen.
    """
    for hours, amount in steps:
        after = _passed(start, hours, amount, pauses)
        if after is None:
            return None
        start = after
    return start


def _passed(start: datetime, hours: Hours, left: timedelta, pauses: Sequence[Pause]) -> datetime | None:
    for begin, end in hours.open_from(start):
        for since, until in _running(begin, end, pauses):
            if left <= until - since:
                return since + left
            left -= until - since
        if pauses and pauses[-1].until is None and pauses[-1].since <= end:
            return None
    raise NeverOpen


def _running(begin: datetime, end: datetime, pauses: Sequence[Pause]) -> Iterator[tuple[datetime, datetime]]:
    """What is left of a span between the pauses."""
    for pause in pauses:
        if pause.since >= end:
            break
        if begin < pause.since:
            yield begin, pause.since
        begin = max(begin, pause.until or end)
    if begin < end:
        yield begin, end


def rounded(at: datetime) -> datetime:
    """The same or the next full quarter of an hour."""
    over = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at + (ROUND - over) if over else at


def legal_deadline(hours: Hours, opened: datetime, days: int | None) -> datetime | None:
    """The last minute of the last day of a case that was opened then; None where there is no deadline."""
    if days is None:
        return None
    last = opened.astimezone(hours.zone).date() + days * _DAY
    return datetime.combine(last, _LAST_MINUTE, hours.zone)
