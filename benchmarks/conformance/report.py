"""The outcome as a table and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
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
