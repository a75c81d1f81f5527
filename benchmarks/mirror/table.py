"""Figures beside their aims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.replay.report import percentile


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: ours, theirs, what it should be, and whether it is."""

    what: str
    ours: str
    theirs: str = ""
    ratio: str = ""
    aim: str = ""
    held: bool | None = None
    """None where nothing is promised."""
    must: bool = False
    """Whether not holding it is a failure, and not only a pity."""


def shares(samples: Sequence[float]) -> str:
    """p50 / p95 / p99 in milliseconds."""
    values = (percentile(samples, part) for part in (0.5, 0.95, 0.99))
    return " / ".join("–" if value is None else f"{value * 1000:.1f}" for value in values) + " ms"


def slower(what: str, ours: Sequence[float], theirs: Sequence[float], name: str, aim: float) -> Line:
    """Ours may take at most ``aim`` times as long as theirs, at the median."""
    mine, other = percentile(ours, 0.5), percentile(theirs, 0.5)
    ratio = mine / other if mine is not None and other else None
    return Line(
        what,
        shares(ours),
        f"{name}: {shares(theirs)}",
        f"{ratio:.2f}x" if ratio is not None else "",
        f"≤ {aim:g}x at p50",
        ratio is not None and ratio <= aim,
    )


def sooner(what: str, ours: Sequence[float], theirs: Sequence[float], name: str, aim: float) -> Line:
    """Ours must take at most one ``aim``-th of the time of theirs, at the median."""
    mine, other = percentile(ours, 0.5), percentile(theirs, 0.5)
    times = other / mine if mine and other is not None else 0.0
    return Line(
        what,
        shares(ours),
        f"{name}: {shares(theirs)}",
        f"{times:.1f}x faster",
        f"≥ {aim:g}x faster at p50",
        times >= aim,
    )


def faster(what: str, ours: float, theirs: float, name: str, aim: float, unit: str = "/s") -> Line:
    """Ours must be at least ``aim`` times theirs."""
    ratio = ours / theirs if theirs else 0.0
    return Line(
        what,
        f"{ours:,.0f}{unit}",
        f"{name}: {theirs:,.0f}{unit}",
        f"{ratio:.2f}x",
        f"≥ {aim:g}x",
        ratio >= aim,
    )


def must(what: str, ours: str, aim: str, held: bool) -> Line:
    """Something that has to hold."""
    return Line(what, ours, aim=aim, held=held, must=True)


def show(title: str, lines: Sequence[Line], console: Console) -> None:
    """Print them."""
    table = Table(title=title, title_justify="left")
    for name in ("", "ours", "theirs", "ratio", "aim", ""):
        table.add_column(name)
    for line in lines:
        verdict = {None: "", True: "[green]held[/]", False: "[red]not held[/]"}[line.held]
        table.add_row(line.what, line.ours, line.theirs, line.ratio, line.aim, verdict)
    console.print(table)


def failed(lines: Sequence[Line]) -> bool:
    """Whether anything that must hold does not."""
    return any(line.must and not line.held for line in lines)


def plain(parts: Mapping[str, Sequence[Line]]) -> dict[str, Any]:
    """As data for a JSON file."""
    return {part: [asdict(line) for line in lines] for part, lines in parts.items()}
