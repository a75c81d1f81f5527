"""What a replay found out, for people and for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.replay.performance import Outcome
from benchmarks.replay.players import Played

_MUST_BE_ZERO = (
    "lost",
    "doubled",
    "out_of_order",
    "elsewhere",
    "mixed",
    "strange",
    "unmarked",
    "loose",
    "strays",
)


def percentile(values: Sequence[float], part: float) -> float | None:
    """The nearest-rank percentile, ``part`` from 0 to 1; None without values."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(part * len(ranked)) - 1)] if ranked else None


def spread(values: Sequence[float]) -> dict[str, float | None]:
    """p50, p95 and p99 in seconds."""
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return {name: percentile(values, part) for name, part in shares.items()}


def figures(outcome: Outcome) -> dict[str, Any]:
    """Everything as plain data. Times are seconds."""
    verdict, total = outcome.verdict, outcome.verdict.total
    return {
        "conversations": verdict.conversations,
        "messages": verdict.messages,
        **asdict(total),
        "closed": verdict.closed,
        "unmarked": verdict.unmarked,
        "loose": verdict.loose,
        "strays": outcome.strays,
        "right": outcome.right,
        "channels": _by_channel(outcome.played),
        "merged": sum(len(one.merged) for one in outcome.played),
        "sent_again": outcome.sent_again,
        "arrived_after_all": outcome.arrived_after_all,
        "places": {place: asdict(faults) for place, faults in verdict.places.items()},
        "customer_to_thread": spread([seconds for one in outcome.played for _, seconds in one.to_thread]),
        "undo_to_screen": spread([each for one in outcome.played for each in one.to_screen]),
        "kills": outcome.kills,
        "recovery": spread(outcome.recovery),
        "seconds": outcome.seconds,
        "wrong": list(verdict.wrong),
        "stuck": {one.id: one.stuck for one in outcome.played if one.stuck},
    }


def _by_channel(played: Sequence[Played]) -> dict[str, dict[str, Any]]:
    """What was said on each channel, and how long customers' words took to the thread."""
    return {
        channel: {
            "messages": sum(len(one.customer.said.get(channel, ())) for one in played),
            "customer_to_thread": spread(
                [seconds for one in played for where, seconds in one.to_thread if where == channel]
            ),
        }
        for channel in sorted({channel for one in played for channel in one.customer.said})
    }


def write_json(outcome: Outcome, path: Path) -> None:
    """The figures as a JSON file."""
    path.write_text(json.dumps(figures(outcome), indent=2) + "\n", encoding="utf-8")


def print_outcome(outcome: Outcome, console: Console) -> None:
    """A table, and what is wrong if anything is."""
    found = figures(outcome)
    table = Table(title="Replay")
    table.add_column("")
    table.add_column("", justify="right")
    for name in ("conversations", "messages"):
        table.add_row(name, str(found[name]))
    for name in _MUST_BE_ZERO:
        count = found[name]
        table.add_row(name.replace("_", " "), f"[{'red' if count else 'green'}]{count}[/]")
    table.add_row("closed", f"{found['closed']} of {found['conversations']}")
    table.add_row("customer → thread, p50 / p95 / p99", _times(found["customer_to_thread"]))
    if len(found["channels"]) > 1:
        _add_channels(table, found)
    table.add_row("end of undo → screen, p50 / p95 / p99", _times(found["undo_to_screen"]))
    if outcome.kills:
        table.add_row("kills", str(outcome.kills))
        table.add_row("kill → healthy again, p50 / p95 / p99", _times(found["recovery"]))
    table.add_row("took", f"{outcome.seconds:.0f} s")
    console.print(table)
    for name, why in found["stuck"].items():
        console.print(f"[red]{name}[/]: {why}")
    for name in found["wrong"][:20]:
        console.print(f"[red]wrong[/]: {name}")


def _add_channels(table: Table, found: dict[str, Any]) -> None:
    for channel, said in found["channels"].items():
        times = _times(said["customer_to_thread"])
        table.add_row(f"  {channel}: {said['messages']} messages, customer → thread", times)
    table.add_row("cases merged when a channel was new", str(found["merged"]))
    asked = f"{found['sent_again']} sent again, {found['arrived_after_all']} had arrived"
    table.add_row("replies of which a person had to say it", asked)


def _times(values: dict[str, float | None]) -> str:
    return " / ".join("–" if value is None else f"{value * 1000:,.0f} ms" for value in values.values())


class ProgressBar:
    """Turns and kills on the terminal."""

    def __init__(self, console: Console, turns: int, kills: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console)
        self._turns = self._bar.add_task("turns", total=None if kills else turns)
        self._kills = self._bar.add_task("kills", total=kills) if kills else None

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def turn_done(self) -> None:
        """Another turn has arrived."""
        self._bar.advance(self._turns)

    def killed(self) -> None:
        """Another process was killed."""
        if self._kills is not None:
            self._bar.advance(self._kills)

    def reading(self) -> None:
        """Both sides are being read."""
        self._bar.update(self._turns, description="reading both sides")
