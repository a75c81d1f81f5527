"""A reply goes through somebody else's system: what became of an attempt, and what people decide then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cases.actor import Actor
from cases.arrivals import Handle
from cases.deliveries import (
    MOST_ATTEMPTS,
    Enclosed,
    NotTaken,
    OutboundReply,
    Sent,
    TryLater,
    Unclear,
    wait_after,
)
from cases.enums import Channel, Delivery
from cases.errors import AlreadyDecided
from cases.language import _
from cases.reader import language_of
from storage import arrivals, deliveries
from storage.db import Database, Row


async def outbound(db: Database, delivery: int, path: Callable[[UUID], Path]) -> OutboundReply:
    """The reply that is to be handed over; ``path`` says where a file lies."""
    row = await deliveries.reply(db, delivery)
    return OutboundReply(
        workspace_id=row["workspace_id"],
        channel=Channel(row["channel"]),
        site=row["site"],
        message_id=row["message_id"],
        message_uuid=row["message_uuid"],
        conversation_id=row["conversation_id"],
        thread_key=arrivals.own_name(row["thread_key"]),
        to=Handle(row["kind"], row["value"]),
        customer=row["customer"],
        language=language_of(row["language"] or ""),
        case_number=row["number"],
        subject=row["subject"],
        text=row["text"],
        author=row["author_name"],
        created_at=row["created_at"],
        attempt=row["attempts"],
        automatic=row["automatic"],
        files=[
            Enclosed(path(UUID(file["uuid"])), file["name"], file["mime"], file["size"])
            for file in row["files"]
        ],
        survey=row["survey"],
        receipt=row["receipt"],
    )


async def taken(db: Database, claim: Row, sent: Sent, now: datetime) -> None:
    """The other system has it."""
    await deliveries.finish(
        db, claim["id"], claim["attempts"], Delivery.SENT, now, provider_id=sent.provider_id
    )


async def failed(db: Database, claim: Row, error: Exception, now: datetime, *, repeatable: bool) -> None:
    """An attempt ended with ``error``: it failed, is tried again, or nobody knows."""
    state, reason = _verdict(claim["tries"], error, repeatable=repeatable)
    wait = wait_after(claim["tries"])
    await deliveries.finish(db, claim["id"], claim["attempts"], state, now, reason=reason, wait=wait)


def _verdict(attempt: int, error: Exception, *, repeatable: bool) -> tuple[Delivery, str]:
    known = error if isinstance(error, (NotTaken, TryLater, Unclear)) else Unclear()
    if isinstance(known, NotTaken):
        return Delivery.FAILED, known.sentence
    if isinstance(known, Unclear) and not repeatable:
        return Delivery.UNKNOWN, known.sentence
    return (Delivery.FAILED if attempt >= MOST_ATTEMPTS else Delivery.QUEUED), known.sentence


async def give_up_lost(db: Database, repeatable: dict[str, bool], now: datetime) -> int:
    """Judge the attempts whose sender was killed, on channels that are ``repeatable`` or not; how many."""
    rows = await deliveries.lost(db, list(repeatable))
    for row in rows:
        error = Unclear(_("Sending was interrupted, so it is not known whether this arrived."))
        await failed(db, row, error, now, repeatable=repeatable[row["channel"]])
    return len(rows)


async def again(db: Database, workspace: int, token: UUID, actor: Actor, now: datetime) -> None:
    """Hand the same reply over once more; raises AlreadyDecided."""
    async with db.transaction() as tx:
        if not await deliveries.again(tx, workspace, token, actor.id, now):
            raise AlreadyDecided


async def arrived(db: Database, workspace: int, token: UUID, actor: Actor, now: datetime) -> None:
    """Believe a person that the reply reached its customer; raises AlreadyDecided."""
    async with db.transaction() as tx:
        if not await deliveries.arrived(tx, workspace, token, actor.id, now):
            raise AlreadyDecided
