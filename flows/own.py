"""A case gets its owner, or loses them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cases.actor import Actor
from cases.errors import AlreadyDone, NotFound
from cases.messages import reference
from storage import cases, links, owners
from storage.db import Database, Row


async def _open_case(db: Database, token: UUID) -> Row:
    case = await cases.by_token(db, token)
    if case is None:
        raise NotFound("This case does not exist any more.")
    await links.refuse_closed(db, case)
    return case


async def take(db: Database, token: UUID, actor: Actor, now: datetime, *, note: bool = True) -> bool:
    """Make ``actor`` the owner of the button's case; False when they own it already.

    With ``note`` who takes an unowned case is offered to give it back. Raises NotFound, or CaseClosed.
    """
    case = await _open_case(db, token)
    return await owners.take(db, case["id"], actor.id, now, note=note)


async def claim(db: Database, token: UUID, actor: Actor, now: datetime) -> bool:
    """``take`` for a case that nobody owns; raises AlreadyDone when somebody else does."""
    case = await _open_case(db, token)
    if await owners.take(db, case["id"], actor.id, now, free=True):
        return True
    row = await cases.by_token(db, token)
    if row is not None and row["owner"] not in {None, actor.id}:
        raise AlreadyDone(
            "{person} owns {case}; “Take over” on its card takes it.",
            person=f"<@{row['owner']}>",
            case=reference(case["number"]),
        )
    return False


async def by_acting(db: Database, case: int, actor: Actor, now: datetime) -> bool:
    """Make ``actor`` the owner of a case that nobody minds, because they act on it; whether they are now."""
    return await owners.take(db, case, actor.id, now, free=True)


async def release(db: Database, token: UUID, actor: Actor, now: datetime) -> None:
    """Not mine: nobody owns the case any more; raises NotFound, CaseClosed, or AlreadyDone."""
    case = await _open_case(db, token)
    if not await owners.release(db, case["id"], actor.id, now):
        raise AlreadyDone("This case is not yours any more.")
