"""What replies promise: left out before they are sent, and done or removed afterwards."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cases.actor import Actor
from cases.errors import AlreadyDone
from storage import commitments
from storage.db import Database


class NotOpen(AlreadyDone):
    """This promise is done or removed already."""


async def forget(db: Database, draft: UUID, place: int, actor: Actor, now: datetime) -> None:
    """Nobody is to be reminded of the date at ``place`` of a draft; one that was sent stays as it is."""
    await commitments.forget(db, draft, place, actor.id, now)


async def remember(db: Database, draft: UUID, place: int, actor: Actor, now: datetime) -> None:
    """``forget`` no more."""
    await commitments.forget(db, draft, place, actor.id, now, forget=False)


async def done(db: Database, token: UUID, actor: Actor, now: datetime) -> None:
    """What a reply promised has been done; raises NotOpen."""
    if not await commitments.done(db, token, actor.id, now):
        raise NotOpen


async def remove(db: Database, token: UUID, actor: Actor, now: datetime) -> None:
    """What a reply promised need not be done; raises NotOpen."""
    if not await commitments.remove(db, token, actor.id, now):
        raise NotOpen
