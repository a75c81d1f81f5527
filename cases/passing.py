"""Business time passes, one step after the other, but not while a case waits on its customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.enums import Status
from cases.hours import Hours, NeverOpen


@dataclass(frozen=True, slots=True)
class Pause:
    """A time that does not count."""

    since: datetime
    until: datetime | None
    """None while it lasts."""


def waits(log: Iterable[tuple[datetime, Status]]) -> list[Pause]:
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
