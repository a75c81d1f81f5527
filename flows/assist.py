"""What the copilot proposes becomes a card in the thread, and a draft that only a person can send."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cases.actor import Actor
from cases.enums import BY_HAND, Channel, DraftKind, Status
from cases.errors import AlreadyDone, InvalidInput, NoChannel
from cases.proposals import Proposal
from cases.replies import check_words
from storage import copilot_drafts, drafts, locks
from storage.db import Connection, Database, Row


class DraftGone(AlreadyDone):
    """This draft was sent, thrown away, or is somebody else's now."""


def check_channel(case: Row) -> None:
    """Return when a case has a customer to write to; raises NoChannel."""
    if case["channel"] == Channel.INTERNAL:
        raise NoChannel


async def keep(tx: Connection, case: int, key: str, by: str, proposal: Proposal, now: datetime) -> None:
    """Show a proposal in the thread. It stays the copilot's until a person sends, edits or discards it."""
    draft = None
    if proposal.reply:
        await locks.lock_cases(tx, [case])
        draft = await drafts.preview(
            tx,
            case=case,
            kind=DraftKind.REPLY,
            body=proposal.reply,
            key=f"copilot:{key}",
            source=None,
            actor=copilot_drafts.COPILOT,
            actor_name="",
            now=now,
            seen=proposal.seen,
        )
    await copilot_drafts.keep(tx, case, key, by, draft["id"] if draft else None, proposal, now)


async def discard(db: Database, draft: UUID, actor: Actor, now: datetime) -> None:
    """Throw a proposal away; raises DraftGone."""
    if not await copilot_drafts.discard(db, draft, actor.id, now):
        raise DraftGone


async def reword(db: Database, draft: UUID, words: str, actor: Actor) -> None:
    """Put a person's own words in a proposal's place; raises DraftGone, TextMissing, TextTooLong."""
    if not await copilot_drafts.reword(db, draft, check_words(words), actor.id, actor.name):
        raise DraftGone


async def then(db: Database, draft: UUID, status: str) -> None:
    """Say where the case stands once the draft was sent; raises InvalidInput."""
    if status not in set(BY_HAND):
        raise InvalidInput
    await copilot_drafts.then(db, draft, Status(status).value)
