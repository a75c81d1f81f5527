"""By when a case should be done: the standard times of its steps, one after the other, in business hours.

Steps that are done count with the time that they took; one that is late moves all that follow it. Nothing
here knows rows or files: hours, steps and what happened are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, tzinfo

from cases.commitments import Sum
from cases.enums import Status
from cases.hours import Hours, NeverOpen
from cases.passing import Pause, passed, waits
from cases.progress import Asked, Left, Progress, progress
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
    question: str | None = None
    """What the department is asked by itself when it is the step's turn; None where people ask."""
    shown: Mapping[Language, str] = field(default_factory=dict)
    """What customers read of it on the page of their case; nothing where this is empty."""


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
class NextStep:
    """The first step of a case that is not done."""

    number: int
    """From 1."""
    count: int
    """How many steps there are."""
    step: Step
    department: str = ""
    """What its department is called; empty for the team itself."""
    ends: datetime | None = None
    """When its standard time has passed; None while the clock is stopped before that."""
    late: datetime | None = None
    """Since when it is late: its ``ends``, where that is over; None while it is in time."""
    asked: bool = False
    """Whether its department has a question that it has not answered."""


@dataclass(frozen=True, slots=True)
class Due:
    """By when a case should be done, as its card says it."""

    forecast: datetime | None = None
    """None where its process has no steps (or too long ones), while the clock is stopped, and once the
    case is answered."""
    stopped: bool = False
    """Whether the clock stands still, because the customer has the next word."""
    told: Told | None = None
    legal: datetime | None = None
    next: NextStep | None = None
    """None without steps, and once all of them are done."""
    done: bool = False
    """Whether nothing is owed any more: the case is answered."""

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
    limits: Mapping[str, Sum] = field(default_factory=dict)
    """By the key of the process: what agents may decide alone."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The key of a department → what it is called."""

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

    def due(
        self,
        process: str,
        opened: datetime,
        log: Sequence[Logged],
        told: Told | None,
        asks: Sequence[Asked],
        now: datetime,
    ) -> Due:
        """By when a case should be done that was opened then, and stood where ``log`` says, oldest first.

        ``asks`` is what departments were asked about it.
        """
        timing = self.timings.get(process, Timing())
        known = Due(told=told, legal=legal_deadline(self.hours(process), opened, timing.legal_days))
        if not timing.steps:
            return known
        if log and log[-1][1] in {Status.ANSWERED, Status.CLOSED}:
            return replace(known, done=True)
        start = begun(opened, log)
        pauses = waits([each for each in log if each[0] >= start])
        at = progress([step.department for step in timing.steps], start, asks)
        try:
            return self._forecast(process, at, pauses, now, known)
        except NeverOpen:
            return known

    def _forecast(
        self, process: str, at: Progress, pauses: Sequence[Pause], now: datetime, known: Due
    ) -> Due:
        team = self.hours(process)
        stopped = bool(pauses) and pauses[-1].until is None
        if not at.left:
            # All that is left to do is to tell the customer.
            end = None if stopped else team.next_open(max(at.since, now))
            return replace(known, forecast=rounded(end) if end else None, stopped=stopped)
        following = self._next(process, at, pauses, now)
        known = replace(known, next=following)
        if following.ends is None or (following.late and stopped):
            return replace(known, stopped=True)
        hours = self.department_hours(following.step.department or "", process)
        end = hours.next_open(now) if following.late else following.ends
        forecast = self._rest(process, at.left, end, pauses)
        return replace(known, forecast=rounded(forecast) if forecast else None, stopped=forecast is None)

    def _next(self, process: str, at: Progress, pauses: Sequence[Pause], now: datetime) -> NextStep:
        steps, (left, *_rest) = self.timings[process].steps, at.left
        step = steps[left.place]
        ends = passed(at.since, [self._time(process, step)], pauses)
        late = ends if ends is not None and ends < now else None
        name = self.names.get(step.department or "", step.department or "")
        return NextStep(left.place + 1, len(steps), step, name, ends, late, left.asked)

    def _rest(
        self, process: str, left: Sequence[Left], end: datetime, pauses: Sequence[Pause]
    ) -> datetime | None:
        """When all is done whose next step ends then, or when its department said; None while it stands."""
        found: datetime | None = max(end, left[0].later_at or end)
        for each in left[1:]:
            assert found is not None
            found = passed(found, [self._time(process, self.timings[process].steps[each.place])], pauses)
            if found is None:
                break
            found = max(found, each.later_at or found)
        return found

    def _time(self, process: str, step: Step) -> tuple[Hours, timedelta]:
        hours = self.department_hours(step.department or "", process)
        return hours, step.time.in_hours(hours)


@dataclass(frozen=True, slots=True)
class PlanAt:
    """A plan and a moment: what all dates are computed from."""

    plan: Plan
    now: datetime


def begun(opened: datetime, log: Iterable[Logged]) -> datetime:
    """Since when a case is worked on: its opening, or the last time that it was opened again."""
    before = Status.NEW
    for at, status in log:
        if before is Status.CLOSED and status is not Status.CLOSED:
            opened = at
        before = status
    return opened


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
