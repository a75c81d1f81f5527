"""``cx settings``: what supervisors changed of the company's files, workspace by workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

from rich.console import Console

from bot.finding import Finding, State
from bot.settings import Settings
from cases.errors import ConfigError
from cases.settings import ROLES_FILE, Change
from storage import settings as setting_rows
from storage import workspaces
from storage.db import Database, Row
from storage.plans import Planned, read_plan


async def report(settings: Settings) -> None:
    """Print the changes in force, and those that do not count any more; raises ConfigError."""
    assert settings.database_url is not None
    db = Database(settings.database_url, pool_size=2)
    await db.open()
    console = Console(highlight=False)
    try:
        async for row, planned in _planned(settings, db):
            for line in _lines(row, planned):
                console.print(line, markup=False, soft_wrap=True)
    finally:
        await db.close()


async def changed(settings: Settings, db: Database) -> AsyncIterator[Finding]:
    """What `cx doctor` says of each workspace in which something was changed."""
    try:
        async for row, planned in _planned(settings, db):
            check, many = f"settings {row['team_id']}", len(planned.changes)
            for ignored in planned.ignored:
                what = f"A change in Slack does not count: {ignored.change.setting}. {ignored.why}"
                mend = (
                    "Have a supervisor change it once more with `/cx settings`, or leave it as the file says."
                )
                yield Finding(check, State.NOTE, what, mend)
            if many:
                what = f"{many} changed in Slack, and not as the files say; `cx settings` lists them."
                yield Finding(check, State.GOOD, what)
    except ConfigError:
        return  # Said of the file itself.


async def _planned(settings: Settings, db: Database) -> AsyncIterator[tuple[Row, Planned]]:
    for row in await workspaces.known(db):
        changes = setting_rows.in_force(await setting_rows.newest(db, row["id"]))
        planned = read_plan(settings.plan_files, changes)
        of_roles = [change for change in changes if change.setting.file == ROLES_FILE]
        yield row, replace(planned, changes=(*planned.changes, *of_roles))


def _lines(row: Row, planned: Planned) -> Iterator[str]:
    where = f"{row['team_id']} ({row['name']})"
    if not planned.changes and not planned.ignored:
        yield f"{where}: as the files say."
    for change in planned.changes:
        yield f"{where}: {_said(change)}"
    for ignored in planned.ignored:
        yield f"{where}: does not count: {_said(ignored.change)} {ignored.why}"


def _said(change: Change) -> str:
    to = "left out" if change.value is None else str(change.value)
    return f"{change.setting} = {to} (by {change.by}, {change.at:%Y-%m-%d %H:%M} UTC)."
