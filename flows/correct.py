"""What was sent is corrected, or taken back from the customer: only ever after a click of its author."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cases.actor import Actor
from cases.enums import CAN_CHANGE, DraftState
from cases.errors import AlreadyDone, CustomerWrote, NotAllowed, NotFound
from cases.ledger import Rules
from cases.replies import check_words
from storage import calls, changes, commitments, corrections, drafting, drafts
from storage.changes import Rewrite
from storage.db import Connection, Database, Row


async def follow_edit(tx: Connection, about: Row, words: str | None, edited: str, now: datetime) -> None:
    """The author of a message that was sent, or is about to be, edited it in Slack to ``words``.

    Nothing is sent again: a preview follows, what has gone gets a private offer. ``words`` are as
    the customer would read them, None when they cannot be sent; ``edited`` is Slack's time of the edit.
    """
    if about["state"] == DraftState.PREVIEW:
        await _follow_in_preview(tx, about, words, now)
    elif about["state"] != DraftState.CANCELLED and about["deleted_at"] is None:
        if words is None or words == (about["text"] or about["body"]):
            await corrections.drop(tx, about["id"])
            return
        key = f"correct:{about['source_channel']}:{about['source_ts']}:{edited}"
        draft = await corrections.propose(tx, about, words, key, now)
        await _tell(tx, about, "correction", draft)


async def _follow_in_preview(tx: Connection, about: Row, words: str | None, now: datetime) -> None:
    if words is None:
        await drafts.cancel_in(tx, about["uuid"], about["created_by"], now)
        return
    uuid = await drafts.reword(tx, about["id"], words)
    if uuid is None:
        return
    await calls.add(
        tx,
        about["workspace_id"],
        about["source_channel"],
        about["case_id"],
        "preview",
        {"draft": str(uuid), "user": about["created_by"], "thread_ts": about["thread_ts"]},
    )


async def follow_delete(tx: Connection, about: Row) -> None:
    """The author deleted a message in Slack that had been sent: they may take it back from the customer."""
    await corrections.drop(tx, about["id"])
    if about["message_id"] is not None and about["deleted_at"] is None:
        await _tell(tx, about, "retraction", about["uuid"])


async def _tell(tx: Connection, about: Row, what: str, draft: UUID) -> None:
    payload = {"note": what, "user": about["created_by"], "draft": str(draft)}
    await calls.add(tx, about["workspace_id"], about["slack_channel"], about["case_id"], "note", payload)


async def send(db: Database, draft: UUID, actor: Actor, now: datetime, rules: Rules | None = None) -> Row:
    """Show the customer the corrected words, marked as edited, in one commit.

    What they promise by ``rules`` takes the place of what the first ones did.
    Raises CustomerWrote when the offer is older than the customer's last words (it names the one that
    sends them once those were shown), AlreadyDone, NotFound, or NotAllowed for somebody else's words and
    for a channel that can change nothing.
    """
    about = await commitments.about(db, draft) if rules else None
    async with db.transaction() as tx:
        await corrections.lock_conversation(tx, draft)
        row = await corrections.waiting_in(tx, draft)
        if row is None and await corrections.waiting_in(tx, drafts.renewed(draft)) is not None:
            raise CustomerWrote(drafts.renewed(draft))
        _check(row, actor)
        assert row is not None
        fresh = row["last_in_seq"] <= row["seen_seq"]
        if fresh:
            message = await changes.of_id(tx, row["message_id"])
            assert message is not None
            rewrite = Rewrite(row["body"], message["edits"] + 1, actor.id)
            await changes.apply(tx, message, rewrite, now)
            if rules and about:
                await commitments.correct(tx, message["id"], rules.entries(about), actor.id, now)
            await corrections.finish(tx, row["id"], row["message_id"], actor.id, now)
    if not fresh:
        raise CustomerWrote(await drafts.refresh(db, draft))
    return row


async def anew(db: Database, draft: UUID, words: str, actor: Actor, now: datetime) -> None:
    """Preview ``words`` as another reply, where what was sent cannot be changed any more; only Send sends it.

    ``draft`` is the offer. Raises NotFound or NotAllowed for an offer that is gone or somebody else's,
    AlreadyDone once that reply is on its way, and TextMissing, TextTooLong or GapsLeft.
    """
    async with db.transaction() as tx:
        await corrections.lock_case(tx, draft)
        row = _own(await corrections.waiting_in(tx, draft), actor)
        if row["state"] != DraftState.PREVIEW:
            raise NotFound("This offer is out of date.")
        case = row | {"id": row["case_id"]}
        if not await drafting.offer(tx, case, check_words(words), f"anew:{draft}", actor, now):
            raise AlreadyDone("This message is on its way already.")


def _check(row: Row | None, actor: Actor) -> None:
    row = _own(row, actor)
    if row["channel"] not in CAN_CHANGE:
        raise NotAllowed("What went over this channel cannot be changed; please write a new reply.")
    if row["state"] == DraftState.SENT:
        raise AlreadyDone("The customer sees the corrected words already.")
    if row["state"] != DraftState.PREVIEW:
        raise AlreadyDone("This correction was dropped; edit the message again to get a new offer.")
    if row["original"] == DraftState.APPROVED:
        raise AlreadyDone("The first words are still on their way; please press again in a moment.")
    if row["message_id"] is None or row["deleted_at"] is not None:
        raise AlreadyDone("The customer does not see this message any more.")


def _own(row: Row | None, actor: Actor) -> Row:
    """The offer; raises NotFound when there is none, NotAllowed for somebody else's."""
    if row is None:
        raise NotFound("This offer is out of date.")
    if row["created_by"] != actor.id:
        raise NotAllowed("Only its author can correct a message.")
    return row


async def leave(db: Database, draft: UUID, actor: Actor, now: datetime) -> None:
    """Keep what the customer sees as it is; raises NotFound for an offer that is gone."""
    if await drafts.cancel(db, draft, actor.id, now) is None:
        raise NotFound("This offer is out of date.")


async def take_back(db: Database, draft: UUID, actor: Actor, now: datetime) -> Row:
    """Take what was sent from ``draft`` back from the customer's screen, where their channel can do that.

    Raises AlreadyDone, NotFound, or NotAllowed for somebody else's message.
    """
    async with db.transaction() as tx:
        await corrections.lock_conversation(tx, draft)
        about = await corrections.by_uuid(tx, draft)
        if about is None or about["message_id"] is None:
            raise NotFound("This message was not sent.")
        if about["created_by"] != actor.id:
            raise NotAllowed("Only its author can take a message back.")
        message = await changes.of_id(tx, about["message_id"])
        assert message is not None
        if message["deleted_at"] is not None:
            raise AlreadyDone("The customer does not see this message any more.")
        if message["channel"] not in CAN_CHANGE:
            raise NotAllowed("What went over this channel cannot be taken back.")
        await changes.apply(tx, message, Rewrite(None, message["edits"], actor.id), now)
        await corrections.drop(tx, about["id"])
        await corrections.notice(tx, "retracted", about["message_id"], actor.id)
    return about
