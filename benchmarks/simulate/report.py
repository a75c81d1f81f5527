"""The reminders for people: each of them where that is wished, and always those that are wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from benchmarks.mirror.table import Line, must, shares
from benchmarks.simulate import world
from benchmarks.simulate.rules import Reminder
from benchmarks.simulate.verdict import Verdict
from benchmarks.simulate.week import Outcome

_MOST = 30


def print_reminders(outcome: Outcome, console: Console, *, everything: bool) -> None:
    """Tables of reminders: case, of what, when, to whom."""
    verdict = outcome.verdict
    if everything:
        _print("Reminders", sorted({*verdict.expected, *verdict.seen}), outcome, console)
        _print_promises(outcome, console)
    for title, wrong in (
        ("missed", verdict.missed),
        ("double", verdict.doubled),
        ("not expected", verdict.unexpected),
        ("outside working hours", verdict.outside_hours),
        ("after the end", verdict.after_close),
    ):
        if wrong:
            _print(f"{title} (the first {_MOST})", wrong[:_MOST], outcome, console)


def _print_promises(outcome: Outcome, console: Console) -> None:
    table = Table("case", "told", "kept", "moved, because", title="Promises")
    for promise in outcome.verdict.promises:
        dates = [datetime.fromisoformat(date).astimezone(world.ZONE) for date in promise["dates"]]
        told = ", ".join(f"{date:%a %d %b %H:%M}" for date in dates)
        table.add_row(
            promise["case"], told, "yes" if promise.get("kept") else "no", "; ".join(promise["reasons"])
        )
    console.print(table)


def _print(title: str, reminders: Sequence[Reminder], outcome: Outcome, console: Console) -> None:
    base = datetime.fromisoformat(outcome.company["start"]) - timedelta(days=2)
    table = Table("case", "of", "due (Warsaw)", "sent", "in", "to", title=title)
    due, sent = set(outcome.verdict.expected), set(outcome.verdict.seen)
    for each in reminders:
        at = f"{(base + timedelta(minutes=each.minute)).astimezone(world.ZONE):%a %d %b %H:%M}"
        whom = ", ".join(each.mentions) or "the channel"
        when = [at if each in known else "–" for known in (due, sent)]
        table.add_row(each.case, each.kind, *when, each.channel, whom)
    console.print(table)


def lines(verdict: Verdict, cases: int, outcome: Outcome) -> list[Line]:
    """The figures as lines of a table."""
    moved = [each for each in verdict.promises if len(each["dates"]) > 1]
    unexplained = [each for each in moved if len(each["reasons"]) < len(each["dates"]) - 1]
    unkept = [each for each in verdict.promises if each.get("kept") is not each["should_be_kept"]]
    kept = sum(bool(each.get("kept")) for each in verdict.promises)
    kinds = Counter(each.kind for each in verdict.seen)
    return [
        Line("cases", str(cases)),
        Line("processes killed", str(outcome.kills)),
        Line("  and all served again after", shares(outcome.recoveries)),
        Line("hops of the clock", f"{outcome.hops:,} in {outcome.seconds:.0f} s"),
        Line("reminders that had to come", f"{len(verdict.expected):,}"),
        Line("reminders seen in Slack", f"{len(verdict.seen):,}"),
        *(Line(f"  of these: {kind}", str(many)) for kind, many in sorted(kinds.items())),
        _none("acts of people that the log does not know", outcome.unknown),
        _none("missed", verdict.missed),
        _none("double", verdict.doubled),
        _none("not expected", verdict.unexpected),
        _none("outside working hours", verdict.outside_hours),
        _none("after the case was closed", verdict.after_close),
        must("reminders seen", str(len(verdict.seen)), "> 0", bool(verdict.seen)),
        Line("promises kept", f"{kept} of {len(verdict.promises)}"),
        Line("promises moved", str(len(moved))),
        _none("promises moved without a reason", unexplained),
        _none("promises of whose end the card says something else", unkept),
        _none("cases whose customer was not told of the end", verdict.untold),
    ]


def _none(what: str, found: Sequence[object]) -> Line:
    return must(what, str(len(found)), "0", not found)
