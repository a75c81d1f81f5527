"""We write first: a case goes on by mail to its customer, who never wrote a mail; its thread stays."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cases.actor import Actor
from cases.errors import AlreadyDone, CaseClosed, InvalidInput
from cases.mailboxes import OpenMailbox
from cases.text import one_line
from channels.mail_senders import address
from channels.mail_tokens import without_token
from storage import identities, locks, reaching
from storage.db import Connection, Database, Row

MAX_SUBJECT = 200
"""Characters of a mail's subject."""


class NoAddress(InvalidInput):
    """This is no mail address that we could write to."""


class OurAddress(InvalidInput):
    """This is an address of ours: please give the customer's."""


class SomebodyElses(InvalidInput):
    """This address belongs to another customer. If they are one person, merge the customers first."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The mail that an agent wants to begin."""

    mailbox: OpenMailbox
    to: str
    """As it was chosen or typed."""
    subject: str = ""
    """Empty = as the case is called."""


async def by_mail(
    db: Database, case: int, wanted: Beginning, actor: Actor, now: datetime, ours: Collection[str] = ()
) -> None:
    """Send the case's replies as mails to an address of its customer from now on; answers come back here.

    An address that nobody has is the customer's on ``actor``'s word: not proven, so that whoever else
    writes from there is a stranger. ``ours`` are the addresses of our mailboxes. Raises InvalidInput,
    CaseClosed, or AlreadyDone when replies go there.
    """
    to = _checked(wanted.to, ours)
    site, subject = wanted.mailbox.mailbox.key, _header(wanted.subject) or None
    async with db.transaction() as tx:
        begun = await reaching.begun(tx, case, to, site)
        row = (await locks.lock_cases(tx, [case], begun))[case]
        if row["status"] == "closed":
            raise CaseClosed
        known = await _identity(tx, row, to, actor, now)
        if await reaching.goes_to(tx, row["conversation_id"], to, site):
            raise AlreadyDone("Replies go there already.")
        channel = wanted.mailbox.slack_channel
        started = await reaching.start(tx, case, known["id"], site, channel, subject, now)
        told = {
            "event": "begun",
            "address": to,
            "mailbox": wanted.mailbox.mailbox.name,
            "proven": known["verified"],
        }
        moves = await identities.is_free(tx, started)
        await identities.switch(tx, case, started, actor.id, now, moves=moves, begun=told)


def _checked(typed: str, ours: Collection[str]) -> str:
    to = address(typed)
    if to is None:
        raise NoAddress
    if to in ours or without_token(to)[0] in ours:
        raise OurAddress
    return to


def _header(subject: str) -> str:
    """A subject as it may stand in a header: on one line, without what nobody sees."""
    return one_line("".join(char for char in " ".join(subject.split()) if char.isprintable()), MAX_SUBJECT)


async def _identity(tx: Connection, case: Row, to: str, actor: Actor, now: datetime) -> Row:
    workspace, customer = case["workspace_id"], case["customer_id"]
    found = await reaching.identity(tx, workspace, customer, to)
    if (found is None or found["told"]) and await reaching.is_of_another(tx, workspace, customer, to):
        raise SomebodyElses
    if found is None:
        await reaching.tell(tx, workspace, customer, to, actor.id, now)
        found = await reaching.identity(tx, workspace, customer, to)
        assert found is not None
    if found["customer_id"] != customer:
        raise SomebodyElses
    return found
