"""A case is closed back to the customer, by its process, or with a reason why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from cases.actor import Actor
from cases.endings import Ending, departments, fixed
from cases.enums import Channel, DraftKind, DraftState, Status
from cases.errors import (
    AlreadyDone,
    CaseClosed,
    CustomerWrote,
    NoChannel,
    NotFound,
    ReasonMissing,
    ReplyMissing,
)
from cases.promises import Timing
from cases.reader import Language, language_of
from cases.replies import check_filled
from cases.undo import Undo
from storage import calls, cases, closings, drafts, links, locks
from storage.db import Connection, Database, Duplicate, Row


async def _open_case(db: Database, token: UUID) -> Row:
    case = await cases.by_token(db, token)
    if case is None:
        raise NotFound("This case does not exist any more.")
    await links.refuse_closed(db, case)
    return case


async def tell(
    db: Database,
    token: UUID,
    words: str,
    form: str,
    actor: Actor,
    undo: float | Undo,
    now: datetime,
    seen: int | None = None,
) -> Row:
    """Approve a closing text: it goes out when its undo window is over, and the case closes with it.

    ``form`` identifies the submitted form: submitted twice = sent once. ``seen`` is the customer's
    last message when the form was opened. ``actor`` is privately offered Undo meanwhile. Returns the
    draft. Raises TextMissing, TextTooLong, CaseClosed, CustomerWrote, or AlreadyDone while another
    closing text waits.
    """
    body = check_filled(words)
    case = await _open_case(db, token)
    if case["channel"] == Channel.INTERNAL:
        raise NoChannel
    try:
        async with db.transaction() as tx:
            await locks.lock_cases(tx, [case["id"]])
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
                seen=seen,
            )
            assert draft is not None
            approved = await drafts.approve_in(tx, draft["uuid"], actor.id, undo, now)
            if not approved and draft["state"] == DraftState.PREVIEW:
                raise CustomerWrote
            if approved and undo:
                await _offer_undo(tx, case, draft, actor)
    except Duplicate:
        raise AlreadyDone("A closing text is on its way to the customer already.") from None
    return draft


async def _offer_undo(tx: Connection, case: Row, draft: Row, actor: Actor) -> None:
    payload = {"note": "closing", "user": actor.id, "draft": str(draft["uuid"])}
    await calls.add(tx, case["workspace_id"], case["slack_channel"], case["id"], "note", payload)


async def silently(
    db: Database, token: UUID, reason: str, actor: Actor, now: datetime, seen: int | None = None
) -> Row:
    """Close without telling the customer; ``seen`` as in ``tell``.

    Raises ReasonMissing without a reason, CaseClosed, or CustomerWrote.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    case = await _open_case(db, token)
    async with db.transaction() as tx:
        locked = await locks.lock_cases(tx, [case["id"]])
        if locked[case["id"]]["status"] == Status.CLOSED:
            raise CaseClosed
        closed = await drafts.close_silently(tx, case["id"], actor.id, reason, now, seen)
        if closed is None:
            raise CustomerWrote
    return closed


async def by_reply(
    db: Database, token: UUID, reply: UUID | None, actor: Actor, now: datetime, seen: int | None = None
) -> Row:
    """Close a case whose customer was told by ``reply`` already: nothing more goes out.

    ``seen`` as in ``tell``. Raises ReplyMissing for what is no reply that was sent in this case since it
    was opened, CaseClosed, or CustomerWrote.
    """
    if reply is None:
        raise ReplyMissing
    case = await _open_case(db, token)
    async with db.transaction() as tx:
        locked = await locks.lock_cases(tx, [case["id"]])
        if locked[case["id"]]["status"] == Status.CLOSED:
            raise CaseClosed
        if not await closings.is_reply(tx, case["id"], reply):
            raise ReplyMissing("This reply cannot be the one that told them; please choose another one.")
        closed = await closings.close_told(tx, case["id"], reply, actor.id, now, seen)
        if closed is None:
            raise CustomerWrote
    return closed


async def by_process(
    db: Database,
    workspace: int,
    endings: Mapping[str, Ending],
    timings: Mapping[str, Timing],
    sender: Callable[[str], str],
    team: Language,
    undo: float | Undo,
    now: datetime,
) -> list[Row]:
    """Have the closing texts of cases go out whose process says so and whose departments have all answered.

    Each text stands in ``processes.yml`` to the letter; no word of a model, a department or a customer
    gets into it. Once for the same answers, whatever becomes of it, and on one replica. ``sender`` names
    who writes on a chat site, ``undo`` is the seconds in which the owner can keep it back. Where nothing goes
    out by itself the owner is told to close it. Returns the approved drafts.
    """
    needed = {key: departments(timings[key]) for key, ending in endings.items() if ending.by_itself}
    if not needed:
        return []
    approved = []
    for row in await closings.ripe(db, workspace, needed, now):
        async with db.transaction() as tx:
            case = await closings.claim(tx, row, needed, now)
            if case is None:
                continue
            if case["by_hand"]:
                await closings.leave(tx, case["id"])
                continue
            ending = endings[case["process_type"]]
            body = fixed(ending, language_of(case["language"] or ""), team)
            name, process = sender(case["site"]), case["process_type"]
            draft = await closings.approve(tx, case, body, name, process, undo, now)
        if draft is not None:
            approved.append(draft)
    return approved
