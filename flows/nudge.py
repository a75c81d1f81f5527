"""A customer who has not answered is asked once more: the usual preview, which a person sends."""

from __future__ import annotations

from datetime import datetime

from cases.actor import Actor
from cases.enums import Channel, Status
from cases.errors import AlreadyDone, InvalidInput, NoChannel
from cases.language import _
from cases.reader import Language, reader_of, use
from storage import drafting
from storage.db import Connection, Row


class NotSilent(InvalidInput):
    """The customer does not have the next word, so there is nothing to remind them of."""


async def propose(
    tx: Connection, case: Row, theirs: Language | None, language: Language, actor: Actor, now: datetime
) -> None:
    """Show ``actor`` a private preview that asks the customer of an open case once more.

    ``theirs`` is the customer's language; where it is not known, ``language`` is taken. Raises NotSilent,
    NoChannel, or AlreadyDone when it is on its way.
    """
    if case["channel"] == Channel.INTERNAL:
        raise NoChannel
    if case["status"] != Status.WAITING_CUSTOMER:
        raise NotSilent
    since = case["last_reply_at"] or case["opened_at"]
    key = f"nudge:{case['id']}:{int(since.timestamp())}:{actor.id}"
    if not await drafting.offer(tx, case, words(theirs or language), key, actor, now):
        raise AlreadyDone("The customer is being asked already.")


def words(language: Language) -> str:
    """What the customer reads."""
    with use(reader_of(language.value)):
        return _(
            "We have not heard from you since our last message. Do you still need our help? "
            "Just reply here. If all is well, you need not do anything."
        )
