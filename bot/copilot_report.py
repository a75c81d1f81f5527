"""``cx copilot``: what the copilot did, what it cost, and what people made and thought of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.demo.clock import now_of
from bot.importing import workspace_id
from bot.settings import Settings
from cases.errors import ConfigError
from storage import copilot_report
from storage.db import Database, Row

_WITHOUT = "without a model"
_FATES = ("as_is", "edited", "discarded", "stale", "waiting", "only_findings")
_HEADS = (
    "Task", "Prompt", "Model", "Runs", "Failed", "Input", "Cached", "Output", "Seconds",
    "As is", "Edited", "Discarded", "Stale", "Waiting", "Findings", "👍", "👎",
)  # fmt: skip


async def report(settings: Settings, days: int, file: Path | None, team: str | None) -> None:
    """Print the figures of the last ``days`` days, and write them to ``file``; raises ConfigError.

    ``team`` is one workspace of several; all of them without it.
    """
    assert settings.database_url is not None
    db = Database(settings.database_url, pool_size=2)
    await db.open()
    try:
        workspace = await workspace_id(db, team) if team else None
        since = await now_of(settings, db) - timedelta(days=days)
        found = (await read(db, workspace, since)).values()
    finally:
        await db.close()
    _show(found, days)
    if file is not None:
        _write(file, {"since": since.isoformat(), "days": days, "tasks": list(found)})


async def read(
    db: Database, workspace: int | None, since: datetime
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """All figures by task, prompt and model."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in await copilot_report.runs(db, workspace, since):
        _entry(found, row["task"], row)["runs"] = _without(row, "task", "prompt", "model")
    for row in await copilot_report.drafts(db, workspace, since):
        _entry(found, _task(row["prompt"], "draft"), row)["drafts"] = _without(row, "prompt", "model")
    for row in await copilot_report.said(db, workspace, since):
        said = _without(row, "kind", "prompt", "model")
        _entry(found, _task(row["prompt"], row["kind"]), row)["feedback"] = said
    return dict(sorted(found.items()))


def _task(prompt: str, kind: str) -> str:
    """The task of a list of prompts with their versions, whose last is its own: ``system 3, draft 2``."""
    return prompt.rpartition(", ")[2].partition(" ")[0] or kind


def _entry(found: dict[tuple[str, str, str], dict[str, Any]], task: str, row: Row) -> dict[str, Any]:
    key = task, row["prompt"], row["model"]
    return found.setdefault(key, {"task": task, "prompt": row["prompt"], "model": row["model"]})


def _without(row: Row, *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def _show(found: Iterable[dict[str, Any]], days: int) -> None:
    console, entries = Console(highlight=False), list(found)
    if not entries:
        console.print(f"Nobody asked the copilot for anything in the last {days} days.")
        return
    table = Table(show_edge=False, pad_edge=False)
    for place, head in enumerate(_HEADS):
        table.add_column(head, overflow="fold", justify="left" if place < 3 else "right")
    for entry in entries:
        table.add_row(*map(escape, _cells(entry)))
    console.print(table)
    for entry in entries:
        for line in _remarks(entry):
            console.print(line, markup=False, soft_wrap=True)


def _cells(entry: dict[str, Any]) -> list[str]:
    runs, drafts, said = (entry.get(part) or {} for part in ("runs", "drafts", "feedback"))
    share = f"{runs['failed'] / runs['runs']:.0%}" if runs else ""
    tokens = [f"{runs[name]:,.0f}" if runs else "" for name in ("input", "cached", "output")]
    return [
        *(entry["task"], entry["prompt"] or _WITHOUT, entry["model"]),
        *(str(runs.get("runs", "")), share, *tokens, f"{runs['seconds']:.1f}" if runs else ""),
        *(str(drafts.get(fate, "")) for fate in _FATES),
        *(str(said.get(way, "")) for way in ("good", "bad")),
    ]


def _remarks(entry: dict[str, Any]) -> list[str]:
    """Why runs failed, and what people wrote who were not helped."""
    name = f"{entry['task']}, {entry['prompt'] or _WITHOUT}"
    why = (entry.get("runs") or {}).get("why") or {}
    times = ", ".join(f"{outcome} {count}x" for outcome, count in sorted(why.items()))
    comments = (entry.get("feedback") or {}).get("comments") or []
    return [
        *([f"{name}: failed as {times}"] if times else []),
        *(f"{name}: 👎 “{' '.join(comment.split())}”" for comment in comments),
    ]


def _write(file: Path, figures: dict[str, Any]) -> None:
    try:
        file.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}.") from None
