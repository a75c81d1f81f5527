"""People say how urgent a case is and what it is about, and that a closed one is not done after all."""

from __future__ import annotations

from datetime import datetime

from cases.actor import Actor
from cases.enums import BY_HAND, Priority
from cases.errors import AlreadyDone, InvalidInput
from storage import sorting
from storage.db import Connection, Database, Row

MAX_TAGS = 8
MAX_TAG = 30
"""Characters of a tag."""


async def set_priority(db: Database, case: Row, priority: str, actor: Actor, now: datetime) -> bool:
    """Change the priority; False when it is that already. Raises InvalidInput."""
    if priority not in set(Priority):
        raise InvalidInput("A priority is one of {priorities}.", priorities=", ".join(Priority))
    return await sorting.set_priority(db, case["id"], priority, actor.id, now)


async def set_status(db: Database, case: Row, was: str, status: str, actor: Actor, now: datetime) -> None:
    """Say that we owe the customer the next word, that they do, or that nothing is owed.

    Raises InvalidInput, or AlreadyDone when the case does not stand any more where it was seen (``was``):
    the customer may have written.
    """
    async with db.transaction() as tx:
        await set_status_in(tx, case, was, status, actor, now)


async def set_status_in(
    tx: Connection, case: Row, was: str, status: str, actor: Actor, now: datetime
) -> None:
    """``set_status`` as a part of the caller's commit."""
    if status not in BY_HAND:
        raise InvalidInput("A case cannot be said to be there.")
    if status in {was, case["status"]}:
        return
    if not await sorting.set_status(tx, case["id"], was, status, actor.id, now):
        raise AlreadyDone("This case has moved on meanwhile; please look at it again.")


async def set_tags(db: Database, case: Row, words: str, actor: Actor, now: datetime) -> bool:
    """Tag the case with ``words``, separated by spaces or commas; False when nothing changes.

    Raises InvalidInput for more than 8 tags, or one of more than 30 characters.
    """
    tags = sorted({tag.lstrip("#").lower() for tag in words.replace(",", " ").split() if tag.lstrip("#")})
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG for tag in tags):
        raise InvalidInput(
            "A case has at most {count} tags of {length} characters.", count=MAX_TAGS, length=MAX_TAG
        )
    return await sorting.set_tags(db, case["id"], tags, actor.id, now)


async def reopen(db: Database, case: Row, actor: Actor, now: datetime) -> None:
    """Reopen a closed case by hand; raises AlreadyDone."""
    if case["merged_into"] is not None:
        raise AlreadyDone("This case goes on in another one; split that one instead.")
    if not await sorting.reopen(db, case["id"], actor.id, now):
        raise AlreadyDone("This case is open already.")
