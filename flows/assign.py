"""A case is handed over to somebody else."""

from __future__ import annotations

from datetime import datetime

from cases.actor import Actor
from cases.errors import CaseClosed, InvalidInput
from storage import owners
from storage.db import Connection, Row

MAX_WHY = 500
"""Characters of what is said along with a case."""


async def hand_over(tx: Connection, case: Row, to: Actor, why: str, actor: Actor, now: datetime) -> bool:
    """Make ``to`` the owner and say so in the thread, with ``why``; False when they own it already.

    Raises CaseClosed, or InvalidInput when ``why`` is too long.
    """
    why = why.strip()
    if len(why) > MAX_WHY:
        raise InvalidInput(
            "A note has at most {most} characters; this one has {count}.", most=MAX_WHY, count=len(why)
        )
    if case["status"] == "closed":
        raise CaseClosed
    return await owners.assign(tx, case["id"], to.id, actor.id, why, now)
