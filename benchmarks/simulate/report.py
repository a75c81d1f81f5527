"""The reminders for people: each of them where that is wished, and always those that are wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from benchmarks.mirror.table import Line, must
from benchmarks.simulate import world
from benchmarks.simulate.oracle import Reminder
from benchmarks.simulate.verdict import Verdict
from benchmarks.simulate.week import Outcome

_MOST = 30


def print_reminders(outcome: Outcome, console: Console, *, everything: bool) -> None:
    """Tables of reminders: case, of what, when, to whom."""
    verdict = outcome.verdict
    if everything:
        _print("Reminders", verdict.seen, outcome, console)
    for title, wrong in (
        ("missed", verdict.missed),
        ("double", verdict.doubled),
        ("not expected", verdict.unexpected),
        ("outside working hours", verdict.outside_hours),
        ("after the end", verdict.after_close),
    ):
        if wrong:
            _print(f"{title} (the first {_MOST})", wrong[:_MOST], outcome, console)
    for promise in verdict.promises if everything else ():
        kept = "kept" if promise.get("kept") else "not kept"
        console.print(f"{promise['case']}: {', '.join(promise['dates'])} {kept} {promise['reasons']}")


def _print(title: str, reminders: Sequence[Reminder], outcome: Outcome, console: Console) -> None:
    base = datetime.fromisoformat(outcome.company["start"]) - timedelta(days=2)
    table = Table("case", "of", "when (Warsaw)", "in", "to", title=title)
    for each in reminders:
        at = (base + timedelta(minutes=each.minute)).astimezone(world.ZONE)
        whom = ", ".join(each.mentions) or "the channel"
        table.add_row(each.case, each.kind, f"{at:%a %d %b %H:%M}", each.channel, whom)
    console.print(table)


def lines(verdict: Verdict, cases: int, outcome: Outcome) -> list[Line]:
    """The figures as lines of a table."""
    moved = [each for each in verdict.promises if len(each["dates"]) > 1]
    unexplained = [each for each in moved if len(each["reasons"]) < len(each["dates"]) - 1]
    unkept = [each for each in verdict.promises if "kept" not in each]
    kept = sum(bool(each.get("kept")) for each in verdict.promises)
    kinds = Counter(each.kind for each in verdict.seen)
    return [
        Line("cases", str(cases)),
        Line("processes killed", str(outcome.kills)),
        Line("acts whose minute the database had to say", str(outcome.looked_up)),
        Line("hops of the clock", f"{outcome.hops:,} in {outcome.seconds:.0f} s"),
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
