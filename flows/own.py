"""A case gets its owner."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cases.actor import Actor
from cases.errors import CaseClosed, NotFound
from storage import cases
from storage.db import Database


async def take(db: Database, token: UUID, actor: Actor, now: datetime) -> bool:
    """Make ``actor`` the owner of the button's case; False when they own it already.

    Raises NotFound, or CaseClosed.
    """
    case = await cases.by_token(db, token)
    if case is None:
        raise NotFound("This case does not exist any more.")
    if case["status"] == "closed":
        raise CaseClosed
    return await cases.take(db, case["id"], actor.id, now)
