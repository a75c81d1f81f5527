"""Which steps of a case are done, and since when the next one is due: told by what departments were asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to a department, however often it was passed on to another one."""

    department: str
    """The key of the one that was asked first."""
    asked_at: datetime
    answered_at: datetime | None = None
    later_at: datetime | None = None
    """By when they mean to answer, where they said so."""


@dataclass(frozen=True, slots=True)
class Left:
    """A step that is not done yet."""

    place: int
    """Which one of the process, from 0."""
    asked: bool = False
    """Whether its department has a question that it has not answered."""
    later_at: datetime | None = None
    """The moment before which its department does not answer."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a case has come in its process."""

    since: datetime
    """Since when its next step is due: the end of the one before, or when the case was begun."""
    left: Sequence[Left] = ()
    """The steps that are not done, the next one first."""


def progress(departments: Sequence[str | None], begun: datetime, asks: Sequence[Asked]) -> Progress:
    """How far a case has come whose steps are done by these departments, None for the team itself.

    A department's step is done when a question to it was answered; one of the team when a department was
    asked that comes later. Questions from before the case was begun do not count.
    """
    shares = share(departments, [ask for ask in asks if ask.asked_at >= begun])
    since, left = begun, list[Left]()
    for place, department in enumerate(departments):
        end = _answered(shares[place]) if department else _asked(shares[place + 1 :])
        if end is None:
            left.append(_left(place, shares[place]))
        elif not left:
            since = max(since, end)
    return Progress(since, left)


def _left(place: int, asks: Sequence[Asked]) -> Left:
    return Left(place, bool(asks), max((ask.later_at for ask in asks if ask.later_at), default=None))


def share(departments: Sequence[str | None], asks: Sequence[Asked]) -> list[list[Asked]]:
    """The questions that belong to each step.

    Of a department with several steps the first question is for the first one, and so on; what is asked
    besides is for its last one.
    """
    places: dict[str, list[int]] = {}
    for place, department in enumerate(departments):
        if department:
            places.setdefault(department, []).append(place)
    found: list[list[Asked]] = [[] for _ in departments]
    for ask in sorted(asks, key=lambda ask: ask.asked_at):
        if own := places.get(ask.department):
            found[own.pop(0) if len(own) > 1 else own[0]].append(ask)
    return found


def _answered(asks: Sequence[Asked]) -> datetime | None:
    return min((ask.answered_at for ask in asks if ask.answered_at), default=None)


def _asked(later: Sequence[Sequence[Asked]]) -> datetime | None:
    return min((ask.asked_at for asks in later for ask in asks), default=None)
