"""Figures of a task: shown beside those of the last run, kept for the next one, written for machines."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

KEPT = 20
"""Runs of each task that are kept."""


class BrokenTask(Exception):
    """The task's files cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one way of doing the task."""

    way: str
    """What did the task, such as ``ours, without a model``."""
    what: str
    value: float
    aim: str = ""
    held: bool | None = None
    """None where nothing is promised."""
    must: bool = False
    """Whether not holding it fails the run, and is not only a pity."""


def read_lines(path: Path, fields: Sequence[str]) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file, each of which has ``fields``; raises BrokenTask."""
    return list(_objects(path, fields))


def _objects(path: Path, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenTask(f"{path} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        try:
            value = json.loads(line)
        except ValueError as error:
            raise BrokenTask(f"{path}, line {number}: no valid JSON ({error})") from None
        lacking = [name for name in fields if not isinstance(value, dict) or name not in value]
        if lacking:
            raise BrokenTask(f"{path}, line {number}: {', '.join(lacking)} missing")
        yield value


def report(task: str, figures: Sequence[Figure], json_file: Path | None) -> bool:
    """Show and keep the figures; whether all held that must."""
    folder = _folder(task)
    before = _last(folder)
    _show(task, figures, before)
    text = json.dumps({"task": task, "figures": [asdict(each) for each in figures]}, indent=2) + "\n"
    _keep(folder, text)
    if json_file is not None:
        json_file.write_text(text)
    return not any(each.must and each.held is False for each in figures)


def _folder(task: str) -> Path:
    """Where the runs of a task are kept: with the rest of the product's data, else in its own folder."""
    home = os.environ.get("CX_HOME")
    return (Path(home) if home else Path.home() / ".cache" / "cx-copilot") / "eval" / task


def _last(folder: Path) -> dict[tuple[str, str], float]:
    for path in sorted(folder.glob("*.json"), reverse=True):
        try:
            figures = json.loads(path.read_text())["figures"]
            return {(each["way"], each["what"]): each["value"] for each in figures}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return {}


def _keep(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.json").write_text(text)
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        old.unlink()


def _show(task: str, figures: Sequence[Figure], before: dict[tuple[str, str], float]) -> None:
    table = Table(title=task, title_justify="left")
    for heading in ("", "figure", "now", "last run", "aim", ""):
        table.add_column(heading, justify="right" if heading in {"now", "last run"} else "left")
    way = None
    for each in figures:
        if way is not None and each.way != way:
            table.add_section()
        last = before.get((each.way, each.what))
        verdict = {True: "✓", False: "✗", None: ""}[each.held]
        shown = "" if last is None else _number(last)
        table.add_row(
            each.way if each.way != way else "", each.what, _number(each.value), shown, each.aim, verdict
        )
        way = each.way
    Console().print(table)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else f"{value:.4f}"
