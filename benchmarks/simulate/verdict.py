"""What came of the week: the reminders that were seen against those that had to come, and what always holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.mirror.table import Line, must
from benchmarks.simulate.oracle import Reminder, Rules

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
    promises: list[Json] = field(default_factory=list)

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
        """Came more than once."""
        return sorted(each for each, times in Counter(self.seen).items() if times > 1)


def judge(company: Json, facts: Sequence[Json], expected: list[Reminder], seen: list[Reminder]) -> Verdict:
    """Hold what was seen against what had to come, and against what needs no oracle."""
    verdict = Verdict(expected, seen)
    rules, closed = Rules(company), {f["case"]: f["minute"] for f in facts if f["what"] == "closed"}
    verdict.after_close = [each for each in seen if each.minute > closed.get(each.case, 10**9)]
    verdict.outside_hours = [each for each in seen if not _in_hours(rules, facts, each)]
    verdict.untold = sorted({fact["case"] for fact in facts} - set(closed))
    verdict.promises = _promises(facts)
    return verdict


def _in_hours(rules: Rules, facts: Sequence[Json], reminder: Reminder) -> bool:
    """In a department's channel its hours count, else those of the case's process."""
    desk = next((key for key in rules.company["departments"] if _is_desk(reminder.channel, key)), None)
    process = "general"
    for fact in facts:
        if (
            fact["case"] == reminder.case
            and fact["what"] == "process"
            and (fact["minute"] <= reminder.minute)
        ):
            process = fact["process"]
    wall = rules.desk(desk, process) if desk else rules.wall(process)
    return bool(wall.open[reminder.minute])


def _is_desk(channel: str, department: str) -> bool:
    return channel == f"C0D{department.upper()}"


def _promises(facts: Sequence[Json]) -> list[Json]:
    """Each promise: the dates that were told, why they moved, and whether it was kept."""
    found: dict[str, dict[str, Any]] = {}
    for fact in facts:
        if fact["what"] == "told":
            made = found.setdefault(fact["case"], {"case": fact["case"], "dates": [], "reasons": []})
            made["dates"].append(fact["date"])
            made["reasons"] += [fact["reason"]] if fact["reason"] else []
    return list(found.values())


def lines(verdict: Verdict, cases: int, kills: int, looked_up: int) -> list[Line]:
    """The figures as lines of a table."""
    moved = [each for each in verdict.promises if len(each["dates"]) > 1]
    unexplained = [each for each in moved if len(each["reasons"]) < len(each["dates"]) - 1]
    unkept = [each for each in verdict.promises if "kept" not in each]
    kept = sum(bool(each.get("kept")) for each in verdict.promises)
    kinds = Counter(each.kind for each in verdict.seen)
    return [
        Line("cases", str(cases)),
        Line("processes killed", str(kills)),
        Line("acts whose minute the database had to say", str(looked_up)),
        Line("reminders that had to come", f"{len(verdict.expected):,}"),
        Line("reminders seen in Slack", f"{len(verdict.seen):,}"),
        *(Line(f"  of these: {kind}", str(many)) for kind, many in sorted(kinds.items())),
        _none("missed", verdict.missed),
        _none("double", verdict.doubled),
        _none("not expected", verdict.unexpected),
        _none("outside working hours", verdict.outside_hours),
        _none("after the case was closed", verdict.after_close),
        must("reminders seen", str(len(verdict.seen)), "> 0", bool(verdict.seen)),
        Line("promises kept", f"{kept} of {len(verdict.promises)}"),
        Line("promises moved", str(len(moved))),
        _none("promises moved without a reason", unexplained),
        _none("promises of which the card does not say whether they were kept", unkept),
        _none("cases whose customer was not told of the end", verdict.untold),
    ]


def _none(what: str, found: Sequence[object]) -> Line:
    return must(what, str(len(found)), "0", not found)
