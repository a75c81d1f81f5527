"""A case that was opened by hand gets its customer, and with them a channel to answer on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cases.actor import Actor
from cases.enums import Channel
from cases.errors import AlreadyDone, InvalidInput, NotFound
from storage import identities, locks, suggestions
from storage.db import Connection, Database

MAX_NAME = 120
"""Characters of a customer's name."""


class HasCustomer(AlreadyDone):
    """This case has its customer already; two customers can be merged."""


async def link(
    db: Database,
    case: int,
    customer: int,
    actor: Actor,
    now: datetime,
    *,
    suggestion: UUID | None = None,
) -> bool:
    """Make the case ``customer``'s; whether they can be reached now.

    Their newest conversation takes the replies; what they write next comes here, unless an open case of
    theirs waits for it. ``suggestion`` is what somebody confirms thereby. Raises NotFound, or AlreadyDone
    when the case has its customer.
    """
    async with db.transaction() as tx:
        reach = await identities.newest_conversation(tx, customer)
        row = (await locks.lock_cases(tx, [case], [reach["id"]] if reach else [])).get(case)
        if suggestion is not None:
            await suggestions.confirm(tx, suggestion, actor.id, now)
        await _without_customer(tx, case)
        if row is None or not await identities.exists(tx, row["workspace_id"], customer):
            raise NotFound("There is no such customer (any more).")
        moves = reach is not None and await identities.is_free(tx, reach["id"])
        await identities.link(tx, case, customer, reach["id"] if reach else None, actor.id, now, moves=moves)
        return reach is not None


async def name(db: Database, case: int, words: str, actor: Actor, now: datetime) -> None:
    """Name the customer of a case without one; raises InvalidInput or AlreadyDone."""
    words = " ".join(words.split())
    if not 0 < len(words) <= MAX_NAME:
        raise InvalidInput("A name has 1 to {most} characters.", most=MAX_NAME)
    async with db.transaction() as tx:
        await locks.lock_cases(tx, [case])
        await _without_customer(tx, case)
        if not await identities.rename(tx, case, words, actor.id, now):
            raise HasCustomer
        await suggestions.look(tx, [case])


async def tell_apart(db: Database, suggestion: UUID, actor: Actor, now: datetime) -> None:
    """A suggested customer is somebody else, and never suggested again; raises AlreadyDecided."""
    async with db.transaction() as tx:
        await suggestions.refuse(tx, suggestion, actor.id, now)


async def _without_customer(tx: Connection, case: int) -> None:
    if await identities.channel_of(tx, case) != Channel.INTERNAL:
        raise HasCustomer
