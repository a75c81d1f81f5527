"""The outcome as a table and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console

    from benchmarks.conformance.suite import Outcome


def print_outcome(outcome: Outcome, console: Console) -> None:
    """One line per check, failures with what went wrong, and the sum."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "kind", "name", "what"):
        table.add_column(column, overflow="fold")
    for line in outcome.lines:
        mark = "[red]✗[/]" if line.problem else "[green]✓[/]"
        says = f"{escape(line.says)}\n[red]{escape(line.problem)}[/]" if line.problem else escape(line.says)
        table.add_row(mark, line.kind, escape(line.name), says)
    console.print(table)
    counts = Counter(line.kind for line in outcome.lines)
    failed = sum(bool(line.problem) for line in outcome.lines)
    console.print(", ".join(f"{number} {kind}" for kind, number in counts.items()))
    console.print(f"{len(outcome.lines) - failed} of {len(outcome.lines)} hold.")


def write_json(outcome: Outcome, path: Path) -> None:
    """`{"right": bool, "lines": [{kind, name, says, problem, seconds}]}`"""
    lines = [asdict(line) for line in outcome.lines]
    path.write_text(json.dumps({"right": outcome.right, "lines": lines}, indent=1), encoding="utf-8")


class ProgressBar:
    """How far the checks have come, on the terminal; gone when the table is printed."""

    def __init__(self, console: Console) -> None:
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self._bar = Progress(*columns, console=console, transient=True)
        self._checks = self._bar.add_task("starting", total=None)

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def tell(self, done: int, total: int, following: str) -> None:
        """So many are done, and which one is next."""
        words = escape(following)
        self._bar.update(self._checks, completed=done, total=total, description=words, refresh=True)
