"""The reminders for people: each of them where that is wished, and always those that are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from benchmarks.simulate import world
from benchmarks.simulate.oracle import Reminder
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
        kept = {True: "kept", False: "not kept"}.get(promise.get("kept"), "?")
        console.print(f"{promise['case']}: {', '.join(promise['dates'])} {kept} {promise['reasons']}")


def _print(title: str, reminders: Sequence[Reminder], outcome: Outcome, console: Console) -> None:
    base = datetime.fromisoformat(outcome.company["start"]) - timedelta(days=2)
    table = Table("case", "of", "when (Warsaw)", "in", "to", title=title)
    for each in reminders:
        at = (base + timedelta(minutes=each.minute)).astimezone(world.ZONE)
        whom = ", ".join(each.mentions) or "the channel"
        table.add_row(each.case, each.kind, f"{at:%a %d %b %H:%M}", each.channel, whom)
    console.print(table)
