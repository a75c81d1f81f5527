"""A customer opens the page of their case: what stands there, for how long, and what they write there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from cases.enums import CARRIED, Direction, Status
from cases.language import _
from cases.messages import InboundMessage, Receipt
from cases.progress import progress
from cases.promises import Plan, Timing, begun
from cases.reader import language_of, reader, zone_named
from cases.receipts import LINK_FOR
from cases.standing import LATELY, PageOver, PageUnknown, Said, ShownStep, Standing, shown_steps
from storage import arrivals, promises, receipts
from storage.db import Connection, Database, Row

Accept = Callable[[Connection, InboundMessage, datetime], Awaitable[Receipt]]
"""Writes a message into its conversation, in the caller's transaction (``flows.intake.accept``)."""


async def of(db: Database, token: UUID, plan_of: Callable[[int], Plan], now: datetime) -> Standing:
    """How the case of a link stands at ``now``; ``plan_of`` says by which times a workspace works.

    Raises PageUnknown for a link that was never given out or was withdrawn, PageOver ``LINK_FOR`` after the
    case was closed.
    """
    page = await receipts.page(db, token)
    if page is None:
        raise PageUnknown
    if page["closed_at"] is not None and page["closed_at"] + LINK_FOR <= now:
        raise PageOver
    plan, status = plan_of(page["workspace_id"]), Status(page["status"])
    told = promises.told_of(page["told"], page["closed_at"])
    promised = told.last if told and status not in {Status.ANSWERED, Status.CLOSED} else None
    return Standing(
        receipt=page["id"],
        conversation=page["conversation_id"],
        workspace=page["workspace_id"],
        channel=page["channel"],
        site=page["site"],
        title=page["title"],
        number=page["number"],
        status=status,
        language=language_of(page["language"] or ""),
        zone=zone_named(page["zone"]) or plan.hours(page["process_type"]).zone,
        steps=await _steps(db, page, plan, status),
        promised=promised,
        late=promised is not None and promised < now,
        said=[_said(row) for row in await receipts.lately(db, page, LATELY)],
        writable=page["writable"],
    )


async def write(
    db: Database, case: Standing, message: InboundMessage, now: datetime, accept: Accept
) -> Receipt:
    """Take what was written on the page of a case as its customer's message, once for each client message id.

    Where a handle alone is no proof, agents are told that it came by the link. Raises what ``accept`` raises.
    """
    async with db.transaction() as tx:
        entry = None
        if case.channel in CARRIED:
            key, warning = (
                message.client_message_id,
                _("Written on the page of the case, by whoever has its link."),
            )
            entry = await arrivals.claim(tx, case.workspace, case.channel, case.site, key, [warning], now)
        receipt = await accept(tx, message, now)
        if entry is not None:
            await arrivals.note(tx, entry, receipt.message_id)
        return receipt


async def _steps(db: Database, page: Row, plan: Plan, status: Status) -> Sequence[ShownStep]:
    steps = plan.timings.get(page["process_type"], Timing()).steps
    if not any(step.shown for step in steps):
        return ()
    language = language_of(page["language"] or "") or reader().language
    if status in {Status.ANSWERED, Status.CLOSED}:
        return shown_steps(steps, None, language)
    start = begun(page["opened_at"], await promises.log_of(db, page["case_id"]))
    asks = await promises.asks_of(db, page["case_id"])
    return shown_steps(steps, progress([step.department for step in steps], start, asks), language)


def _said(row: Row) -> Said:
    return Said(
        own=row["direction"] == Direction.IN,
        name=row["author_name"],
        text=row["text"],
        at=row["created_at"],
        files=row["files"] or (),
    )
