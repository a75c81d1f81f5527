"""Somebody is away: their cases go to a cover, or show as unclaimed until they are back."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.actor import Actor
from cases.errors import AlreadyDone, InvalidInput
from storage import absences
from storage.db import Database

LONGEST = timedelta(days=366)


async def leave(
    db: Database, workspace: int, until: datetime, cover: Actor | None, actor: Actor, now: datetime
) -> None:
    """``actor`` is away until then; raises InvalidInput for a time or a cover that cannot be."""
    if not now < until <= now + LONGEST:
        raise InvalidInput("Please name a day in the coming year.")
    if cover is not None and cover.id == actor.id:
        raise InvalidInput("Somebody else has to cover for you.")
    if cover is not None and await absences.of(db, workspace, cover.id):
        raise InvalidInput("{person} is away, too.", person=cover.name)
    await absences.leave(db, workspace, actor.id, until, cover.id if cover else None, now)


async def back(db: Database, workspace: int, actor: Actor, now: datetime) -> None:
    """``actor`` is here again; raises AlreadyDone."""
    if not await absences.back(db, workspace, actor.id, now):
        raise AlreadyDone("You are not away.")


async def end_due(db: Database, workspace: int, now: datetime) -> int:
    """End the absences whose time is over; returns how many."""
    return await absences.end_due(db, workspace, now)
