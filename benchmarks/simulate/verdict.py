"""What came of the week: the reminders that were seen against those that had to come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.simulate.rules import Reminder, Rules
from benchmarks.simulate.wall import MINUTE

Json = Mapping[str, Any]


@dataclass
class Verdict:
    """The figures of a week."""

    expected: list[Reminder]
    seen: list[Reminder]
    outside_hours: list[Reminder] = field(default_factory=list)
    after_close: list[Reminder] = field(default_factory=list)
    split: int = 0
    """Threads in which what was due at once came in several posts."""
    untold: list[str] = field(default_factory=list)
    """Cases whose customer was not told of the end."""
    promises: list[dict[str, Any]] = field(default_factory=list)

    @property
    def missed(self) -> list[Reminder]:
        """Had to come, and did not."""
        return sorted((Counter(self.expected) - Counter(self.seen)).elements())

    @property
    def unexpected(self) -> list[Reminder]:
        """Came, and did not have to; not counting what came twice."""
        return sorted(set(self.seen) - set(self.expected))

    @property
    def doubled(self) -> list[Reminder]:
        """Came more often than it had to: mostly once."""
        known, more = set(self.expected), Counter(self.seen) - Counter(self.expected)
        return sorted(each for each in more.elements() if each in known)


def judge(company: Json, facts: Sequence[Json], expected: list[Reminder], seen: list[Reminder]) -> Verdict:
    """Hold what was seen against what had to come, and against what needs no oracle."""
    verdict = Verdict(expected, seen)
    rules, closed = Rules(company), {f["case"]: f["at"] // MINUTE for f in facts if f["what"] == "closed"}
    verdict.after_close = [each for each in seen if each.minute > closed.get(each.case, 10**9)]
    changes = [fact for fact in facts if fact["what"] == "process"]
    verdict.outside_hours = [each for each in seen if not _in_hours(rules, changes, each)]
    verdict.untold = sorted({fact["case"] for fact in facts} - set(closed))
    verdict.promises = _promises(facts)
    for promise in verdict.promises:
        promise["should_be_kept"] = _should_be_kept(rules, facts, promise)
    return verdict


def _should_be_kept(rules: Rules, facts: Sequence[Json], promise: Json) -> bool | None:
    """Whether the customer knew of the end by the first date that they were told; None while it is open."""
    own = [fact for fact in facts if fact["case"] == promise["case"]]
    ends = [fact for fact in own if fact["what"] == "closed"]
    if not ends:
        return None
    # Where a reply had told them already it counts by when that was sent.
    by = [fact["at"] for fact in own if fact["what"] == "replied"] if ends[0]["how"] == "told" else []
    first = datetime.fromisoformat(promise["dates"][0])
    return bool((by or [ends[0]["at"]])[-1] <= rules.wall("").moment(first))


def _in_hours(rules: Rules, changes: Sequence[Json], reminder: Reminder) -> bool:
    """In a department's channel its hours count, else those of the case's process."""
    desk = next((key for key in rules.company["departments"] if _is_desk(reminder.channel, key)), None)
    walls = [
        rules.desk(desk, process) if desk else rules.wall(process) for process in _about(changes, reminder)
    ]
    return any(wall.open[reminder.minute] for wall in walls)


def _about(changes: Sequence[Json], reminder: Reminder) -> list[str]:
    """The process of the case in that minute; two where it changed then."""
    found = ["general"]
    for fact in changes:
        if fact["case"] == reminder.case:
            minute = fact["at"] // MINUTE
            if minute < reminder.minute:
                found = [fact["process"]]
            elif minute == reminder.minute:
                found.append(fact["process"])
    return found


def _is_desk(channel: str, department: str) -> bool:
    return channel == f"C0D{department.upper()}"


def _promises(facts: Sequence[Json]) -> list[dict[str, Any]]:
    """Each promise: the dates that were told, why they moved, and whether it was kept."""
    found: dict[str, dict[str, Any]] = {}
    for fact in facts:
        if fact["what"] == "told":
            made = found.setdefault(fact["case"], {"case": fact["case"], "dates": [], "reasons": []})
            made["dates"].append(fact["date"])
            made["reasons"] += [fact["reason"]] if fact["reason"] else []
    return list(found.values())
