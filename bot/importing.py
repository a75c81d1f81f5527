"""``cx import``: a file into the database, with progress, and broken lines named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bot.demo.clock import now_of
from bot.settings import Settings
from cases.articles import Article
from cases.errors import ConfigError
from storage import articles, workspaces
from storage.db import Database
from storage.imports import BrokenFile, Imported, Kind, load


async def import_file(settings: Settings, path: Path, kind: Kind, team: str | None) -> None:
    """Import ``path`` and say what happened; raises ConfigError, or BrokenFile after listing its lines."""
    assert settings.database_url is not None
    db = Database(settings.database_url, pool_size=2)
    await db.open()
    try:
        workspace = await workspace_id(db, team)
        done = await _load(db, workspace, path, kind, await now_of(settings, db))
    except BrokenFile as error:
        list_problems(path, error)
        raise
    finally:
        await db.close()
    Console().print(f"{done.added:,} added, {done.changed:,} brought up to date.")


async def import_articles(
    settings: Settings, source: str, found: Sequence[Article], team: str | None
) -> None:
    """Make a source's articles those ``found``, and say what changed; raises ConfigError."""
    assert settings.database_url is not None
    db = Database(settings.database_url, pool_size=2)
    await db.open()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,} articles"))
    try:
        workspace = await workspace_id(db, team)
        with Progress(*columns, transient=True, disable=not Console().is_terminal) as shown:
            task = shown.add_task(source, total=len(found))
            done = await articles.replace(
                db,
                workspace,
                source,
                found,
                await now_of(settings, db),
                lambda count: shown.update(task, completed=count),
            )
    finally:
        await db.close()
    Console().print(
        f"{source}: {done.added:,} added, {done.changed:,} changed, {done.removed:,} removed, "
        f"{done.same:,} as they were.",
        highlight=False,
    )


async def workspace_id(db: Database, team: str | None) -> int:
    """The workspace to import into; raises ConfigError when there is none, or several and no ``team``."""
    known = await workspaces.known(db)
    wanted = [row for row in known if team in {None, row["team_id"]}]
    if len(wanted) == 1:
        return int(wanted[0]["id"])
    if not known:
        raise ConfigError("No Slack workspace is known yet; start `cx run` once, then import.")
    teams = ", ".join(f"{row['team_id']} ({row['name']})" for row in known)
    if team:
        raise ConfigError(f"The workspace {team} is not known here; known are {teams}.")
    raise ConfigError(f"The database serves several workspaces; name one with --team: {teams}.")


async def _load(db: Database, workspace: int, path: Path, kind: Kind, now: datetime) -> Imported:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,} lines"))
    with Progress(*columns, transient=True, disable=not Console().is_terminal) as shown, _open(path) as lines:
        task = shown.add_task(path.name, total=None)
        return await load(db, workspace, kind, lines, now, lambda read: shown.update(task, completed=read))


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None


def list_problems(path: Path, error: BrokenFile) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for problem in error.problems:
        console.print(f"{problem.file or path}:{problem.line}: {problem.reason}", markup=False)
    if error.total > len(error.problems):
        console.print(f"… and {error.total - len(error.problems):,} more.", markup=False)
