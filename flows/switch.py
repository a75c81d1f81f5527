"""A conversation goes on over another channel of the same customer; its thread stays."""

from __future__ import annotations

from datetime import datetime

from cases.actor import Actor
from cases.errors import AlreadyDone, CaseClosed, NotFound
from storage import identities, locks
from storage.db import Database


async def switch(db: Database, case: int, conversation: int, actor: Actor, now: datetime) -> None:
    """Send the case's replies to another ``conversation`` of its customer from now on.

    What they write next there comes here, unless an open case of theirs waits for it. Raises CaseClosed,
    AlreadyDone, or NotFound when the conversation is not (any more) this customer's.
    """
    async with db.transaction() as tx:
        row = (await locks.lock_cases(tx, [case], [conversation]))[case]
        if row["status"] == "closed":
            raise CaseClosed
        if row["conversation_id"] == conversation:
            raise AlreadyDone("Replies go there already.")
        if not await identities.belongs(tx, conversation, row["customer_id"]):
            raise NotFound("This channel does not reach the customer of this case.")
        moves = await identities.is_free(tx, conversation)
        await identities.switch(tx, case, conversation, actor.id, now, moves=moves)
