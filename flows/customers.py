"""Two customers turn out to be one person, or not to be."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cases.actor import Actor
from cases.errors import AlreadyDone, InvalidInput, NotFound
from storage import joining, locks, merging, suggestions
from storage.db import Connection, Database


async def merge(
    db: Database,
    customer: int,
    into: int,
    actor: Actor,
    now: datetime,
    *,
    case: int | None = None,
    suggestion: UUID | None = None,
) -> None:
    """Give ``customer``'s identities and cases to ``into``; both are one history from now on.

    The log of ``case``, in which somebody saw that they are one person, tells of it. ``suggestion`` is
    what they confirm thereby.

    Raises InvalidInput, NotFound, or AlreadyDone.
    """
    if customer == into:
        raise InvalidInput("These are the same customer.")
    async with db.transaction() as tx:
        await _lock(tx, [customer, into])
        rows = await merging.lock_customers(tx, [customer, into])
        if len(rows) < 2 or len({row["workspace_id"] for row in rows.values()}) > 1:
            raise NotFound("There is no such customer (any more).")
        if suggestion is not None:
            await suggestions.confirm(tx, suggestion, actor.id, now)
        if any(row["merged_into"] for row in rows.values()):
            raise AlreadyDone("One of these customers was merged already.")
        await merging.merge(tx, customer, into, actor.id, now, case)


async def split(
    db: Database,
    merge_id: int,
    customers: tuple[int, int],
    actor: Actor,
    now: datetime,
    *,
    case: int | None = None,
) -> None:
    """Undo a merge of ``customers`` (which, into which), as the log of ``case`` tells; raises AlreadyDone.

    Cases of the one that were merged into cases of the other are cases of their own again.
    """
    async with db.transaction() as tx:
        await _lock(tx, list(customers))
        rows = await merging.lock_customers(tx, list(customers))
        if rows[customers[1]]["merged_into"] is not None:
            raise AlreadyDone("This customer was merged into another one meanwhile; split those two first.")
        if not await merging.split(tx, merge_id, customers, actor.id, now, case):
            raise AlreadyDone("These customers are two already.")
        await joining.take_back(tx, await merging.crossed(tx, customers), actor.id, now)
        await merging.part(tx, customers)


async def _lock(tx: Connection, customers: list[int]) -> None:
    """Nobody opens a case for one of them meanwhile: that takes the lock of a conversation of theirs."""
    cases, conversations = await merging.belongings(tx, customers)
    await locks.lock_cases(tx, cases, conversations)
