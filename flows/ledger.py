"""What replies promise: left out before they are sent, and done or removed afterwards."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cases.actor import Actor
from cases.errors import AlreadyDone, NotAllowed
from storage import commitments, drafts
from storage.copilot_drafts import COPILOT
from storage.db import Database


class NotOpen(AlreadyDone):
    """This promise is done or removed already."""


async def forget(db: Database, draft: UUID, place: int, actor: Actor, now: datetime) -> None:
    """Nobody is to be reminded of the date at ``place`` of a draft; one that was sent stays as it is.

    Raises NotAllowed for somebody else's draft.
    """
    await _check(db, draft, actor)
    await commitments.forget(db, draft, place, actor.id, now)


async def remember(db: Database, draft: UUID, place: int, actor: Actor, now: datetime) -> None:
    """``forget`` no more; raises what that raises."""
    await _check(db, draft, actor)
    await commitments.forget(db, draft, place, actor.id, now, forget=False)


async def _check(db: Database, draft: UUID, actor: Actor) -> None:
    state = await drafts.state(db, draft)
    if state is not None and state["created_by"] not in {actor.id, COPILOT}:
        raise NotAllowed("Only the person who made this draft can say what it promises.")


async def done(db: Database, token: UUID, actor: Actor, now: datetime) -> None:
    """What a reply promised has been done; raises NotOpen."""
    if not await commitments.done(db, token, actor.id, now):
        raise NotOpen


async def remove(db: Database, token: UUID, actor: Actor, now: datetime) -> None:
    """What a reply promised need not be done; raises NotOpen."""
    if not await commitments.remove(db, token, actor.id, now):
        raise NotOpen
