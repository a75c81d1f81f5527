"""A customer writes over an outside channel: who they are, in which exchange, and what they say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from cases.arrivals import Arrival
from cases.language import _
from cases.messages import InboundMessage, Receipt
from storage import arrivals, intake, receipts
from storage.db import Connection, Database, Row

Accept = Callable[[Connection, InboundMessage, datetime], Awaitable[Receipt]]
"""Writes a message into its conversation, in the caller's transaction (``flows.intake.accept``)."""


async def receive(db: Database, arrival: Arrival, now: datetime, accept: Accept) -> Receipt:
    """Write down what arrived, with who wrote it and all that must appear in Slack, in one commit.

    Repeated with the same client message id on its site it has one effect, and answers with the first
    receipt. An exchange that is not the writer's is left alone: the message opens a case of their own.
    """
    where = (arrival.workspace_id, arrival.channel, arrival.site, arrival.client_message_id)
    async with db.transaction() as tx:
        entry = await arrivals.claim(tx, *where, arrival.warnings, now, proven=arrival.verified)
        if entry is None:
            known = await arrivals.known(tx, *where)
            assert known is not None
            return intake.receipt_of(known, known["created_at"], duplicate=True)
        writer = await arrivals.reached(tx, arrival) or await arrivals.identity(tx, arrival, now)
        conversation = await _conversation(tx, arrival, entry, writer, now)
        await arrivals.add_files(tx, conversation, arrival.files, now)
        await receipts.automatic(tx, conversation, ok=arrival.may_answer)
        receipt = await accept(tx, _message(arrival, conversation), now)
        await arrivals.prove(tx, arrival, writer["id"])
        await arrivals.note(tx, entry, receipt.message_id)
        await _suggest(tx, arrival, writer, receipt.case_id)
        return receipt


async def _conversation(tx: Connection, arrival: Arrival, entry: int, writer: Row, now: datetime) -> int:
    """The exchange in which it stands; raises nothing: what cannot be joined is a new one."""
    found = await arrivals.referred(tx, arrival) if arrival.conversation_id is not None else None
    if found is not None and found["identity_id"] == writer["id"] and found["here"]:
        return int(found["id"])
    if found is not None and found["customer_id"] == writer["customer_id"]:
        # From another address of theirs: the answer goes there, and the case is the same.
        return await arrivals.conversation(tx, arrival, writer, f"c:{found['id']}", now, found)
    if found is not None:
        warning = _("It answers a conversation with somebody else, so it has a case of its own.")
        await arrivals.warn(tx, entry, warning)
    return await arrivals.conversation(tx, arrival, writer, arrivals.thread_of(arrival), now)


def _message(arrival: Arrival, conversation: int) -> InboundMessage:
    return InboundMessage(
        conversation,
        arrival.client_message_id,
        arrival.text,
        [file.uuid for file in arrival.files],
        arrival.subject,
    )


async def _suggest(tx: Connection, arrival: Arrival, writer: Row, case: int) -> None:
    """Whose address an unproven writer gives, or one who wrote before it was proven: people decide."""
    address = arrival.email or arrival.phone
    if writer["known"] or address is None:
        return
    owners = (await arrivals.owner_of(tx, arrival), await arrivals.told_of(tx, arrival))
    owner = next((each for each in owners if each not in {None, writer["customer_id"]}), None)
    if owner is not None:
        await arrivals.suggest(tx, case, owner, address)
