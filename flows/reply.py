"""An agent's words go to the customer: preview, approval, undo window, sending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from cases import text
from cases.actor import Actor
from cases.endings import BY_PROCESS
from cases.enums import Channel, DraftKind, DraftState
from cases.errors import (
    AlreadyDone,
    CustomerWrote,
    DateKnown,
    DatePassed,
    NoChannel,
    NotAllowed,
    NotFound,
    TextMissing,
)
from cases.files import Files
from cases.language import later
from cases.ledger import Entry, Rules
from cases.replies import check_filled, check_words
from cases.undo import Undo
from storage import calls, commitments, drafting, drafts, files, locks
from storage.db import Connection, Database, Row

NO_FILES = Files()


class OnItsWay(AlreadyDone):
    """This message is on its way already."""


@dataclass(frozen=True, slots=True)
class Source:
    """The Slack message whose text is to be sent."""

    channel: str
    ts: str
    author: str
    words: str
    """Its text as the customer should read it, without Slack's markup."""
    files: Files = NO_FILES
    """What came with it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What went to the customer."""

    conversation_id: int
    case_id: int
    uuid: UUID
    seq: int
    author_name: str
    text: str
    created_at: datetime
    closed: bool
    slack_channel: str
    files: bool = False
    """Whether files went along."""
    channel: Channel = Channel.WEBCHAT


async def propose(tx: Connection, case: Row, source: Source, actor: Actor, now: datetime) -> None:
    """Show ``actor`` a private preview of their message, with Send and Cancel.

    Asked for again, the same draft is shown again, with other words a new one; one that was sent
    stays sent. Raises NotAllowed for somebody else's message, and TextMissing or TextTooLong.
    """
    if case["channel"] == Channel.INTERNAL:
        raise NoChannel
    if source.author != actor.id:
        raise NotAllowed("Only its author can send a message to the customer.")
    words = source.words
    if source.files.left_out and not source.files.attached and not words.strip():
        raise TextMissing("The files of this message cannot be sent to a customer.")
    await locks.lock_cases(tx, [case["id"]])
    draft = await drafts.preview(
        tx,
        case=case["id"],
        kind=DraftKind.REPLY,
        body=check_words(words) if words.strip() or not source.files.attached else "",
        key=f"slack:{source.channel}:{source.ts}",
        source=(source.channel, source.ts),
        actor=actor.id,
        actor_name=actor.name,
        now=now,
    )
    assert draft is not None
    await drafting.tell_each_other(tx, case["id"], actor.id, now)
    uuid = draft["uuid"]
    if draft["state"] == DraftState.PREVIEW:
        changed = await files.attach(tx, draft["id"], source.files.attached, now)
        left_out = [{"name": file.name, "why": file.why} for file in source.files.left_out]
        uuid = await drafts.bear(tx, draft["id"], left_out, renamed=changed)
    await calls.add(
        tx,
        case["workspace_id"],
        source.channel,
        case["id"],
        "preview",
        {"draft": str(uuid), "user": actor.id, "thread_ts": case["thread_ts"]},
    )


async def approve(db: Database, draft: UUID, actor: Actor, undo: float | Undo, now: datetime) -> Row:
    """Bind the draft to its bytes and start its undo window of ``undo`` seconds; the row says which it is.

    Raises CustomerWrote when the preview is older than the customer's last words (it names the draft
    that sends it once they were shown), GapsLeft while nobody has filled in what a macro did not know,
    DateKnown for a date that was told meanwhile, DatePassed for one that is not ahead any more, OnItsWay
    for a second press, AlreadyDone when it was sent or taken back, NotFound when other words were proposed
    since, NotAllowed for somebody else's draft.
    """
    row = await drafts.approve(db, draft, actor.id, undo, now)
    return row if row is not None else await _refuse(db, draft, actor, now)


async def approve_and_send(
    db: Database, draft: UUID, actor: Actor, now: datetime, rules: Rules | None = None
) -> tuple[Row, Sent | None]:
    """``approve`` without an undo window and, where it is made from a Slack message, ``send`` at once.

    ``rules`` as in ``send``. Raises what ``approve`` raises.
    """
    entries = await _entries(db, draft, rules)
    row, sent = await drafts.approve_and_send(db, draft, actor.id, now, entries)
    if row is None:
        row = await _refuse(db, draft, actor, now)
    return row, _sent(sent) if sent else None


async def _refuse(db: Database, draft: UUID, actor: Actor, now: datetime) -> NoReturn:
    # In this order: another click may renew the draft meanwhile.
    state = await drafts.state(db, draft) or await drafts.state(db, drafts.renewed(draft))
    if state is not None and state["state"] == DraftState.PREVIEW and state["body"]:
        check_filled(state["body"])
    state = _checked(state, actor)
    if state["channel"] == Channel.INTERNAL:
        raise NoChannel
    if state["state"] == DraftState.PREVIEW and state["told"]:
        raise DateKnown
    if state["state"] == DraftState.PREVIEW and state["tells_at"] and state["tells_at"] <= now:
        raise DatePassed
    if state["state"] == DraftState.PREVIEW:
        raise CustomerWrote(await drafts.refresh(db, draft))
    if state["state"] == DraftState.APPROVED:
        raise OnItsWay
    raise AlreadyDone(_WHAT_HAPPENED[state["state"]])


def _checked(state: Row | None, actor: Actor) -> Row:
    """Where a draft stands, for the person who made it; raises NotFound or NotAllowed."""
    if state is None:
        raise NotFound("This preview is out of date; put 📤 on the message again to see the newest one.")
    if actor.id not in {state["created_by"], state["owner"] if state["created_by"] == BY_PROCESS else None}:
        raise NotAllowed("Only the person who made this draft can send it or take it back.")
    return state


_WHAT_HAPPENED = {
    DraftState.SENT: later("This message has been sent already."),
    DraftState.CANCELLED: later("This message was taken back; put 📤 on it again to send it."),
}


async def send(
    db: Database, draft: UUID, body: str, now: datetime, rules: Rules | None = None
) -> Sent | None:
    """Send an approved draft whose undo window is over; None when somebody else did, or undid it.

    What its text promises by ``rules`` is written down with it; without them nothing is.
    """
    row = await drafts.send(db, draft, _sizes(body), now, await _entries(db, draft, rules))
    return _sent(row) if row else None


async def _entries(db: Database, draft: UUID, rules: Rules | None) -> Sequence[Entry]:
    """What a draft promises; its words cannot change any more once it is approved."""
    about = await commitments.about(db, draft) if rules else None
    return rules.entries(about) if rules and about else ()


def _sizes(body: str) -> list[int]:
    return [text.escaped_bytes(part) for part in text.split(body)]


def _sent(row: Row) -> Sent:
    return Sent(
        conversation_id=row["conversation_id"],
        case_id=row["case_id"],
        uuid=row["uuid"],
        seq=row["seq"],
        author_name=row["author_name"],
        text=row["text"],
        created_at=row["created_at"],
        closed=row["closes"],
        slack_channel=row["slack_channel"],
        files=row["files"],
        channel=Channel(row["channel"]),
    )


async def send_due(
    db: Database, workspace: int, late: float, now: datetime, rules: Rules | None = None
) -> list[Sent]:
    """Send what a stopped process left behind: drafts of ``workspace`` due for more than ``late`` seconds.

    A draft that can never go (changed since its approval, its case closed) is voided. ``rules`` are
    those of ``send``.
    """
    sent = []
    for row in await drafts.due(db, workspace, late):
        entries = await _entries(db, row["uuid"], rules)
        done = await drafts.send(db, row["uuid"], _sizes(row["body"]), now, entries)
        if done is not None:
            sent.append(_sent(done))
        else:
            await drafts.void(db, row["uuid"], now)
    return sent


async def take_back(db: Database, draft: UUID, actor: Actor, now: datetime) -> Row:
    """Cancel a preview, or undo an approved draft.

    Raises AlreadyDone when it has gone, NotFound when other words were proposed since, NotAllowed
    for somebody else's draft.
    """
    row = await drafts.cancel(db, draft, actor.id, now)
    if row is None:
        state = _checked(await drafts.state(db, draft), actor)
        raise AlreadyDone(_WHAT_HAPPENED[state["state"]])
    return row
