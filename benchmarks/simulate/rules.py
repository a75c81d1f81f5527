"""What the company says, as an oracle reads it, and what it reckons with: reminders, questions, duties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from benchmarks.simulate.wall import Wall, walls

Json = Mapping[str, Any]
OURS = {"new", "open", "waiting_department"}
_LADDERS = {
    "department": ["person", "department", "lead", "supervisor"],
    "unclaimed": ["team", "supervisor"],
    "close": ["person", "supervisor"],
    "step": ["person"],
    "silent": ["person"],
}
_USUAL_LADDER = ["person", "team", "supervisor"]
WITHOUT_WARNING = {"step", "silent", "close"}
_LONGER_THAN_ANYTHING = 45
"""Days beyond the beginning for which working hours are written out."""


@dataclass(frozen=True, slots=True, order=True)
class Reminder:
    """One line of a post: of what, where, whom it mentions, and in which minute."""

    case: str
    minute: int
    channel: str
    thread: str
    kind: str
    mentions: tuple[str, ...]


@dataclass(slots=True)
class Ask:
    """A question to a department."""

    department: str
    first: str
    """The department that was asked first, however often it was passed on."""
    channel: str
    thread: str
    asked: int
    first_asked: int
    due: int | None = None
    later: int | None = None
    """By when they said that they answer."""
    taken: str | None = None
    answered: int | None = None
    passed: bool = False


@dataclass(slots=True)
class Duty:
    """What has to be done, and how far people were reminded of it."""

    kind: str
    since: int
    due: int
    department: str | None = None
    ask: Ask | None = None
    moments: Iterator[int] | None = None
    known: list[int] = field(default_factory=list)
    """The moments that were worked out, in order."""
    said: int = -1
    """The place of the last one that was posted."""
    skipped: int = 0
    """How many were over when people first heard of it: who is reminded climbs that much later."""
    snoozed: int | None = None
    posts: set[tuple[int, str]] = field(default_factory=set)
    """In which minutes and threads it was posted: each of these posts can put it off."""


class Rules:
    """The company's files."""

    def __init__(self, company: Json) -> None:
        start = datetime.fromisoformat(company["start"])
        self.base = start - timedelta(days=2)
        self.walls = walls(company["calendars"], self.base, _LONGER_THAN_ANYTHING)
        self.company = company

    def wall(self, process: str) -> Wall:
        """When those work who have a case of this process."""
        key = self.company["processes"].get(process, {}).get("calendar")
        return self.walls[key] if key else next(iter(self.walls.values()))

    def desk(self, department: str, process: str) -> Wall:
        """When a department works on a case of this process."""
        key = self.company["departments"][department]["calendar"]
        return self.walls[key] if key else self.wall(process)

    def amount(self, kind: str, process: str, wall: Wall) -> int:
        """What is to be done within which time."""
        own = self.company["processes"].get(process, {}).get(kind)
        return wall.amount(own or self.company["rules"][kind])


def rung(kind: str, place: int) -> str:
    """Who is reminded at a moment: before and at the due moment the first, then up."""
    ladder = _LADDERS.get(kind, _USUAL_LADDER)
    return ladder[min(max(place - 1, 0), len(ladder) - 1)]
