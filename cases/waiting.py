"""For whom a case waited, and how long: its customer, us, each department.

Computed from what happened, as dates are: nothing is stored that a change of hours would make wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from cases.enums import Status
from cases.promises import Logged, Plan

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Held:
    """A question while one department had it: until it answered, or passed it on."""

    department: str
    """Its key."""
    since: datetime
    until: datetime | None = None
    """None while it has it."""


@dataclass(frozen=True, slots=True)
class Spent:
    """How long somebody was waited for."""

    working: timedelta = _NOTHING
    """In their working hours; of the customer in those of the team."""
    clock: timedelta = _NOTHING
    """All of it."""

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.working + other.working, self.clock + other.clock)


@dataclass(frozen=True, slots=True)
class Waited:
    """How long a case that is or was open waited for whom.

    It waits for its customer while they have the next word, else for each department that has a question,
    else for us. So these times make up the whole, but for departments that were asked at once: each of them
    has all of its time.
    """

    customer: Spent = Spent()
    agent: Spent = Spent()
    departments: Mapping[str, Spent] = field(default_factory=dict)
    """By key, the one that was asked first on top."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What departments are called, by key."""


def waited(
    plan: Plan, process: str, opened: datetime, log: Sequence[Logged], held: Sequence[Held], now: datetime
) -> Waited:
    """For whom a case of ``process`` waited until ``now``; time in which it was closed belongs to nobody.

    ``log`` says since when it stood where, ``held`` what departments were asked, both oldest first.
    """
    customer, agent, departments = Spent(), Spent(), dict[str, Spent]()
    for since, until in _pieces(opened, log, held, now):
        status, asked = _stood(log, since), _asked(held, since)
        ours = Spent(plan.hours(process).between(since, until), until - since)
        if status is Status.CLOSED:
            continue
        if status is Status.WAITING_CUSTOMER:
            customer += ours
        elif not asked:
            agent += ours
        else:
            for each in asked:
                theirs = plan.department_hours(each, process).between(since, until)
                departments[each] = departments.get(each, Spent()) + Spent(theirs, until - since)
    return Waited(customer, agent, departments, plan.names)


def _pieces(
    opened: datetime, log: Iterable[Logged], held: Iterable[Held], now: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The time from opening to now, in pieces in which nothing changed."""
    moments = [at for at, _status in log]
    moments += [at for each in held for at in (each.since, each.until) if at is not None]
    return pairwise(sorted({opened, now, *(at for at in moments if opened < at < now)}))


def _stood(log: Sequence[Logged], at: datetime) -> Status:
    return next((status for since, status in reversed(log) if since <= at), Status.NEW)


def _asked(held: Iterable[Held], at: datetime) -> Collection[str]:
    """The departments that had a question, each once."""
    return dict.fromkeys(
        each.department for each in held if each.since <= at and (each.until is None or at < each.until)
    )
