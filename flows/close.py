"""A case is closed back to the customer, or with a reason why not."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg.errors import UniqueViolation

from cases.actor import Actor
from cases.enums import DraftKind
from cases.errors import AlreadyDone, CaseClosed, NotFound, ReasonMissing
from cases.replies import check_words
from storage import cases, drafts
from storage.db import Database, Row


async def _open_case(db: Database, token: UUID) -> Row:
    case = await cases.by_token(db, token)
    if case is None:
        raise NotFound("This case does not exist any more.")
    if case["status"] == "closed":
        raise CaseClosed
    return case


async def tell(
    db: Database, token: UUID, words: str, form: str, actor: Actor, undo: float, now: datetime
) -> Row:
    """Approve a closing text: it goes out when its undo window is over, and the case closes with it.

    ``form`` identifies the submitted form: submitted twice = sent once. Returns the draft.
    Raises TextMissing, TextTooLong, CaseClosed, or AlreadyDone while another closing text waits.
    """
    body = check_words(words)
    case = await _open_case(db, token)
    try:
        async with db.transaction() as tx:
            draft = await drafts.preview(
                tx,
                case=case["id"],
                kind=DraftKind.CLOSING,
                body=body,
                key=f"close:{form}",
                source=None,
                actor=actor.id,
                actor_name=actor.name,
                now=now,
            )
            assert draft is not None
            await drafts.approve_in(tx, draft["uuid"], actor.id, undo, now)
    except UniqueViolation:
        raise AlreadyDone("A closing text is on its way to the customer already.") from None
    return draft


async def silently(db: Database, token: UUID, reason: str, actor: Actor, now: datetime) -> Row:
    """Close without telling the customer; raises ReasonMissing without a reason, or CaseClosed."""
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    case = await _open_case(db, token)
    closed = await drafts.close_silently(db, case["id"], actor.id, reason, now)
    if closed is None:
        raise CaseClosed
    return closed
