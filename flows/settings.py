"""A supervisor changes hours, days off, times, texts or roles of the company, for one workspace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from cases.actor import Actor
from cases.errors import AlreadyDone, InvalidInput
from cases.settings import Change, Setting, Sheet, Value
from cases.settings_text import understood, written
from storage import settings
from storage.db import Database
from storage.plans import PlanFiles, try_plan

Check = Callable[[Sequence[Change]], Awaitable[None]]
"""Raises what is wrong with all changes that would be in force."""


async def change(
    db: Database,
    workspace: int,
    files: PlanFiles,
    sheet: Sheet,
    texts: Mapping[Setting, str],
    others: Sequence[Change],
    actor: Actor,
    now: datetime,
    check: Check | None = None,
) -> list[Value]:
    """Have what somebody wrote into a form count from now on; what of it is another value than before.

    ``others`` are the changes in force besides; ``check`` raises what else is wrong with all of them. A value
    that is the file's is no change any more.
    Raises SettingRefused for what the readers of the files refuse, InvalidInput when nothing differs, and
    SettingsChanged when somebody else was faster.
    """
    wanted = {
        value.setting: _wanted(value, texts[value.setting])
        for value in sheet.values
        if value.setting in texts
    }
    changed = [
        value for value in sheet.values if value.setting in wanted and wanted[value.setting] != value.now
    ]
    if not changed:
        raise InvalidInput("Nothing is changed: all of this is so already.")
    rest = [each for each in others if each.setting not in wanted]
    all_of_them = [*rest, *(Change(setting, value) for setting, value in wanted.items())]
    try_plan(files, all_of_them)
    if check is not None:
        await check(all_of_them)
    async with db.transaction() as tx:
        for value in changed:
            to = wanted[value.setting]
            await settings.add(tx, workspace, value, to, actor.id, now, back=to == value.file)
    return changed


def _wanted(value: Value, text: str) -> object:
    """What a field says: what there was, where it was left alone; the file's, where that is meant."""
    if _same(text, written(value.setting, value.now)):
        return value.now
    if _same(text, written(value.setting, value.file)):
        return value.file
    return understood(value.setting, text)


def _same(text: str, other: str) -> bool:
    return text.replace("\r\n", "\n").strip() == other.strip()


async def back(
    db: Database,
    workspace: int,
    sheet: Sheet,
    others: Sequence[Change],
    actor: Actor,
    now: datetime,
    check: Check | None = None,
) -> list[Value]:
    """Have all that was changed of a part be as the file says again; raises AlreadyDone.

    ``others`` and ``check`` as in ``change``.
    """
    changed = [value for value in sheet.values if value.change is not None]
    if not changed:
        raise AlreadyDone("All of this is as the file says already.")
    given = {value.setting for value in changed}
    if check is not None:
        await check([each for each in others if each.setting not in given])
    async with db.transaction() as tx:
        for value in changed:
            await settings.add(tx, workspace, value, value.file, actor.id, now, back=True)
    return changed
