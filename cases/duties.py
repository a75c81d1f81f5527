"""What has to be done about a case and by when, and when whom to remind of it.

Nothing here knows rows or files: what happened, hours and times are handed in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice

from cases import progress
from cases.enums import Status
from cases.hours import Hours, NeverOpen
from cases.promises import Amount, Logged, Plan, Timing, begun, legal_deadline

STAGES = 8
"""So many moments are worked out at a time."""
BEFORE, DUE = 0, 1
"""Stages of a duty; from 2 on it is late."""
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_WEEKS = timedelta(days=60)


class Kind(StrEnum):
    """What has to be done."""

    UNCLAIMED = "unclaimed"
    FIRST_RESPONSE = "first_response"
    NEXT_UPDATE = "next_update"
    PROMISE = "promise"
    SAID = "said"
    """What a reply promised in its own words."""
    STEP = "step"
    LEGAL = "legal"
    DEPARTMENT = "department"
    DRAFT = "draft"
    SILENT = "silent"
    CLOSE = "close"


class Rung(StrEnum):
    """Who is reminded."""

    PERSON = "person"
    """The owner of the case or their cover; who took the question. Nobody yet: the next rung."""
    TEAM = "team"
    """Everybody in the channel of the case."""
    DEPARTMENT = "department"
    """Everybody in the channel of the department."""
    LEAD = "lead"
    SUPERVISOR = "supervisor"


LADDERS: Mapping[Kind, Sequence[Rung]] = {
    Kind.UNCLAIMED: (Rung.TEAM, Rung.SUPERVISOR),
    Kind.FIRST_RESPONSE: (Rung.PERSON, Rung.TEAM, Rung.SUPERVISOR),
    Kind.NEXT_UPDATE: (Rung.PERSON, Rung.TEAM, Rung.SUPERVISOR),
    Kind.PROMISE: (Rung.PERSON, Rung.TEAM, Rung.SUPERVISOR),
    Kind.SAID: (Rung.PERSON, Rung.TEAM, Rung.SUPERVISOR),
    Kind.STEP: (Rung.PERSON,),
    Kind.LEGAL: (Rung.PERSON, Rung.TEAM, Rung.SUPERVISOR),
    Kind.DEPARTMENT: (Rung.PERSON, Rung.DEPARTMENT, Rung.LEAD, Rung.SUPERVISOR),
    Kind.DRAFT: (Rung.PERSON,),
    Kind.SILENT: (Rung.PERSON,),
    Kind.CLOSE: (Rung.PERSON, Rung.SUPERVISOR),
}
"""Who is reminded before it is due and then, and whom it climbs to while it is late."""
UNWARNED = frozenset({Kind.SILENT, Kind.CLOSE, Kind.STEP})
"""Nobody is reminded of these before they are due."""
OURS = frozenset({Status.NEW, Status.OPEN, Status.WAITING_DEPARTMENT})
"""Where the customer waits for us."""


def rung(kind: Kind, stage: int) -> Rung:
    """Who is reminded at a stage."""
    ladder = LADDERS[kind]
    return ladder[min(max(stage, DUE), len(ladder)) - 1]


@dataclass(frozen=True, slots=True)
class Rules:
    """By when things have to be done where a process says nothing else; None = nobody is reminded of it."""

    unclaimed: Amount | None = Amount(time=timedelta(hours=1))
    first_response: Amount | None = Amount(time=timedelta(hours=4))
    next_update: Amount | None = Amount(days=2)
    department: Amount | None = Amount(days=1)
    draft: Amount | None = Amount(time=timedelta(hours=4))
    silent: Amount | None = Amount(days=3)
    close: Amount | None = Amount(days=1)
    repeat: Amount = Amount(time=timedelta(hours=2))
    """After what is due, until it is spoken of once more; …"""
    longest: Amount = Amount(days=2)
    """… then after twice as long each time, up to this."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to a department that is open."""

    id: int
    department: str
    asked_at: datetime
    due_on: date | None = None
    later_at: datetime | None = None
    """By when the department says that it will answer."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an open case."""

    process: str
    status: Status
    opened_at: datetime
    customer: bool = True
    """Whether there is a customer who can be written to."""
    log: Sequence[Logged] = ()
    """Since when it stood where, oldest first."""
    nobody_since: datetime | None = None
    """Since when nobody minds it; None where somebody does."""
    last_reply_at: datetime | None = None
    told: tuple[int, datetime, datetime] | None = None
    """The promise in force: its id, when the customer was told, and the date."""
    said: Sequence[tuple[int, datetime, datetime]] = ()
    """What replies promised and is open: ids, when it was said, and by when."""
    asked: Sequence[Asked] = ()
    questions: Sequence[progress.Asked] = ()
    """All that departments were asked, also what they have answered."""
    drafts: Sequence[tuple[int, datetime]] = ()
    """Drafts of the copilot that wait: id and when they were made."""
    nudged: bool = False
    """Whether the customer was asked by itself since they wrote last, or somebody kept that back."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that has to be done about a case."""

    kind: Kind
    since: datetime
    due: datetime
    ref: int = 0
    """Which one it is of those of its kind."""
    department: str | None = None
    nudge: datetime | None = None
    """When the customer is asked once more by itself, before anybody is reminded."""


@dataclass(frozen=True)
class Policy:
    """What a company says, as far as it matters here."""

    plan: Plan
    rules: Rules = field(default_factory=Rules)
    fingerprint: str = ""
    """What differs where another policy is meant."""
    nudges: Collection[str] = ()
    """The processes that ask silent customers once more by themselves."""

    def duties(self, facts: Facts) -> Iterator[Duty]:
        """What has to be done about a case that is not closed; nothing of it that would never be due."""
        for look in (self._waiting, self._dated, self._asked, self._step, self._drafts, self._after):
            try:
                yield from look(facts)
            except NeverOpen:
                continue

    def _waiting(self, facts: Facts) -> Iterator[Duty]:
        """The customer waits: for somebody, for the first answer, or for the next one."""
        timing, start = self._timing(facts), begun(facts.opened_at, facts.log)
        if facts.nobody_since is not None:
            yield from self._after_amount(
                facts, Kind.UNCLAIMED, max(facts.nobody_since, start), self.rules.unclaimed
            )
        elif not facts.customer:
            return
        elif facts.status in OURS and (facts.last_reply_at is None or facts.last_reply_at < start):
            amount = timing.first_response or self.rules.first_response
            yield from self._after_amount(facts, Kind.FIRST_RESPONSE, start, amount)
        elif facts.status in OURS and facts.last_reply_at is not None:
            since = max(facts.last_reply_at, ours_since(facts))
            amount = timing.next_update or self.rules.next_update
            yield from self._after_amount(facts, Kind.NEXT_UPDATE, since, amount)

    def _dated(self, facts: Facts) -> Iterator[Duty]:
        """The customer was told a date; a reply promised something by one; the law sets one."""
        if facts.told is not None and facts.status in OURS:
            promise, since, due = facts.told
            yield Duty(Kind.PROMISE, since, due, promise)
        for ref, since, due in facts.said:
            yield Duty(Kind.SAID, since, due, ref)
        hours, days = self.plan.hours(facts.process), self._timing(facts).legal_days
        legal = legal_deadline(hours, facts.opened_at, days)
        if legal is not None:
            yield Duty(Kind.LEGAL, facts.opened_at, legal)

    def _asked(self, facts: Facts) -> Iterator[Duty]:
        for ask in facts.asked:
            due = self._answer_due(facts, ask)
            if due is not None:
                yield Duty(Kind.DEPARTMENT, ask.asked_at, due, ask.id, ask.department)

    def _answer_due(self, facts: Facts, ask: Asked) -> datetime | None:
        hours = self.plan.department_hours(ask.department, facts.process)
        if ask.later_at is not None:
            return ask.later_at
        if ask.due_on is not None:
            return max(end_of(hours, ask.due_on), ask.asked_at)
        steps = self._timing(facts).steps
        times = (step.time for step in steps if step.department == ask.department)
        amount = next(times, self.rules.department)
        return hours.add(ask.asked_at, amount.in_hours(hours)) if amount else None

    def _step(self, facts: Facts) -> Iterator[Duty]:
        """The next step of the process should be done by its standard time; the clock stops for customers."""
        if facts.status is Status.WAITING_CUSTOMER:
            return
        due = self.plan.due(facts.process, facts.opened_at, facts.log, None, facts.questions, facts.opened_at)
        if due.next is None or due.next.ends is None:
            return
        theirs = [each.later_at for each in facts.asked if each.department == due.next.step.department]
        ends = max([due.next.ends, *(at for at in theirs if at is not None)])
        yield Duty(Kind.STEP, facts.opened_at, ends, due.next.number)

    def _drafts(self, facts: Facts) -> Iterator[Duty]:
        for draft, made in facts.drafts:
            yield from self._after_amount(facts, Kind.DRAFT, made, self.rules.draft, draft)

    def _after(self, facts: Facts) -> Iterator[Duty]:
        """It is the customer's turn, or nobody's."""
        since = max(standing_since(facts), facts.last_reply_at or facts.opened_at)
        if facts.customer and facts.status is Status.WAITING_CUSTOMER:
            itself = facts.process in self.nudges and not facts.nudged
            for duty in self._after_amount(facts, Kind.SILENT, since, self.rules.silent):
                yield replace(duty, nudge=duty.due) if itself else duty
        if facts.status is Status.ANSWERED:
            yield from self._after_amount(facts, Kind.CLOSE, standing_since(facts), self.rules.close)

    def _after_amount(
        self, facts: Facts, kind: Kind, since: datetime, amount: Amount | None, ref: int = 0
    ) -> Iterator[Duty]:
        if amount is not None:
            hours = self.plan.hours(facts.process)
            yield Duty(kind, since, hours.add(since, amount.in_hours(hours)), ref)

    def _timing(self, facts: Facts) -> Timing:
        return self.plan.timings.get(facts.process, Timing())

    def moments(self, duty: Duty, process: str, first: int = BEFORE, skipped: int = 0) -> list[datetime]:
        """When people are reminded of it: at the stage ``first`` and those after it, ``STAGES`` in all.

        In order, each in the working hours of whoever is reminded. Fewer where those hours end for good.
        ``skipped`` stages were over when people first heard of it: who is reminded climbs that much later.
        """
        found: list[datetime] = []
        try:
            for stage, at in islice(self._stages(duty, process), first + skipped + STAGES):
                hours = self._hours_of(rung(duty.kind, stage - skipped), duty, process)
                found.append(hours.next_open(max([at, *found[-1:]])))
        except NeverOpen:
            pass
        return found[first + skipped :]

    def opens(self, kind: Kind, stage: int, department: str | None, process: str, at: datetime) -> datetime:
        """``at`` where who is reminded at ``stage`` works then, else when they begin; raises NeverOpen."""
        duty = Duty(kind, at, at, department=department)
        return self._hours_of(rung(kind, stage), duty, process).next_open(at)

    def _stages(self, duty: Duty, process: str) -> Iterator[tuple[int, datetime]]:
        hours = self._hours_of(LADDERS[duty.kind][0], duty, process)
        if duty.nudge is not None:
            # It may have to wait for the customer's morning, and sent it changes what has to be done.
            duty = replace(duty, due=hours.add(duty.due, hours.usual_day()))
        yield BEFORE, full_minute(duty.due if duty.kind in UNWARNED else warned_at(duty, hours))
        yield DUE, full_minute(self._told_at(duty, hours))
        at, gap, longest = duty.due, self.rules.repeat.in_hours(hours), self.rules.longest.in_hours(hours)
        stage = DUE
        while True:
            gap = min(gap, longest)
            at, stage, gap = hours.add(at, gap), stage + 1, gap * 2
            yield stage, full_minute(at)

    @staticmethod
    def _told_at(duty: Duty, hours: Hours) -> datetime:
        """When people hear that it is due: of the law's deadline while they can still keep it."""
        if duty.kind is not Kind.LEGAL:
            return duty.due
        return max(duty.since, hours.last_beginning(duty.due))

    def _hours_of(self, who: Rung, duty: Duty, process: str) -> Hours:
        if duty.department is None or who is Rung.SUPERVISOR:
            return self.plan.hours(process)
        return self.plan.department_hours(duty.department, process)


def ours_since(facts: Facts) -> datetime:
    """Since when the customer waits for us."""
    since = begun(facts.opened_at, facts.log)
    before = Status.NEW
    for at, status in facts.log:
        if status in OURS and before not in OURS:
            since = max(since, at)
        before = status
    return since


def standing_since(facts: Facts) -> datetime:
    """Since when it stands where it does."""
    since = facts.opened_at
    for at, status in reversed(facts.log):
        if status is not facts.status:
            break
        since = at
    return since


def warned_at(duty: Duty, hours: Hours) -> datetime:
    """When two thirds of the time are over."""
    if duty.kind is Kind.LEGAL:
        return duty.since + (duty.due - duty.since) * 2 / 3
    return hours.add(duty.since, hours.between(duty.since, duty.due) * 2 / 3)


def end_of(hours: Hours, day: date) -> datetime:
    """When work ends on a day, or on the last one before it on which there is some; raises NeverOpen."""
    for back in range(_WEEKS.days):
        ends = hours.ends(day - back * _DAY)
        if ends is not None:
            return ends
    raise NeverOpen


def full_minute(at: datetime) -> datetime:
    """The same or the next full minute."""
    over = timedelta(seconds=at.second, microseconds=at.microsecond)
    return at + (_MINUTE - over) if over else at
