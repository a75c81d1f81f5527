"""``cx masks``: whether personal data is hidden from models, workspace by workspace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from rich.console import Console

from bot.demo.clock import now_of
from bot.finding import Finding, State
from bot.importing import workspace_id
from bot.settings import Settings
from storage import workspaces
from storage.db import Database, Row
from storage.workspaces import masks_or


class Switch(StrEnum):
    """What an operator can say."""

    ON = "on"
    OFF = "off"
    DEFAULT = "default"


_MEANS = {Switch.ON: True, Switch.OFF: False, Switch.DEFAULT: None}


async def masks(settings: Settings, to: Switch | None, team: str | None) -> None:
    """Switch one workspace, if ``to`` says how, and print how all of them are; raises ConfigError.

    Bots and workers look at each piece of work, so that it holds from the next one on.
    """
    assert settings.database_url is not None
    db = Database(settings.database_url, pool_size=2)
    await db.open()
    try:
        if to is not None:
            workspace = await workspace_id(db, team)
            await workspaces.switch_masks(db, workspace, _MEANS[to], await now_of(settings, db))
        known = await workspaces.known(db)
    finally:
        await db.close()
    console = Console(highlight=False)
    for row in known:
        console.print(
            f"{row['team_id']} ({row['name']}): {_said(settings, row)}", markup=False, soft_wrap=True
        )


def masking(settings: Settings, rows: Sequence[Row]) -> Iterator[Finding]:
    """What `cx doctor` says of each workspace, where anything is asked of a model."""
    if settings.endpoint is None and not settings.embedding_model:
        return
    for row in rows:
        state = State.GOOD if masks_or(row["masks"], settings.masks) else State.NOTE
        yield Finding(f"masking {row['team_id']}", state, _said(settings, row))


def _said(settings: Settings, row: Row) -> str:
    hidden = masks_or(row["masks"], settings.masks)
    who = "as CX_MASKS says" if row["masks"] is None else "as `cx masks` says"
    return f"Personal data {'is hidden from' if hidden else 'goes as it is to'} models, {who}."
