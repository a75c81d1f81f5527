"""A customer's message opens a case, continues it, reopens it or follows it up; a number may rate it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from cases import text
from cases.courtesy import only_thanks
from cases.errors import NotFound
from cases.messages import REPLY_WINDOW_DAYS, InboundMessage, Receipt
from cases.reader import reader, reader_of, use
from cases.surveys import THANKS, THANKS_FOR_BAD, Rating, SurveyKind, is_bad, maybe_score, score_of
from channels.errors import FileTaken
from storage import changes, files, intake, outbox, surveys
from storage.db import Connection, Database, Duplicate, Row

FILE_LINE_BYTES = 200
"""What a file's line (name and size) in the thread is counted as."""


def _freely() -> None:
    return


async def receive(
    db: Database,
    message: InboundMessage,
    now: datetime,
    may_open: Callable[[], None] = _freely,
    *,
    reopen_days: float = REPLY_WINDOW_DAYS,
    stamp: outbox.Stamp | None = None,
) -> Receipt:
    """Write a customer's message down, with everything that must appear in Slack, in one commit.

    A reply to a case that was closed at most ``reopen_days`` ago reopens it, a later one opens a follow-up.
    Repeated with the same client message id it has one effect and answers with the first receipt.
    ``may_open`` is asked before a conversation gets its first case; what it raises leaves no trace.
    With the poster's ``stamp`` the receipt may hold the post, which is then to be sent by that poster.
    Raises NotFound when the conversation does not exist, FileTaken when another message was faster
    with one of its files.
    """
    sizes = part_sizes(message.text, len(message.file_uuids))
    row = None
    if not message.file_uuids and not maybe_score(message.text):
        with suppress(Duplicate):
            row = await intake.append(
                db, message.conversation_id, message.client_message_id, message.text, sizes, (), now, stamp
            )
    if row is not None:
        receipt = intake.receipt_of(row, now, duplicate=False)
        return replace(receipt, post=intake.stamped(row, message.text, now))
    known = await intake.find(db, message.conversation_id, message.client_message_id)
    if known is not None:
        return intake.receipt_of(known, known["created_at"], duplicate=True)
    return await _receive_slowly(db, message, sizes, now, may_open, reopen_days)


async def _receive_slowly(
    db: Database,
    message: InboundMessage,
    sizes: list[int],
    now: datetime,
    may_open: Callable[[], None],
    reopen_days: float,
) -> Receipt:
    async with db.transaction() as tx:
        return await _accept(tx, message, sizes, now, may_open, reopen_days)


async def accept(
    tx: Connection,
    message: InboundMessage,
    now: datetime,
    *,
    reopen_days: float = REPLY_WINDOW_DAYS,
) -> Receipt:
    """``receive`` in the transaction of whoever found out in which conversation the message stands."""
    sizes = part_sizes(message.text, len(message.file_uuids))
    return await _accept(tx, message, sizes, now, _freely, reopen_days)


async def _accept(
    tx: Connection,
    message: InboundMessage,
    sizes: list[int],
    now: datetime,
    may_open: Callable[[], None],
    reopen_days: float,
) -> Receipt:
    """The ways that need a decision: no case yet, a closed one, files, a change that came before."""
    conversation = await intake.lock(tx, message.conversation_id)
    if conversation is None:
        raise NotFound("This conversation does not exist any more.")
    known = await intake.find_in(tx, message.conversation_id, message.client_message_id)
    if known is not None:
        return intake.receipt_of(known, known["created_at"], duplicate=True)
    if await files.free_in(tx, message.conversation_id, message.file_uuids) < len(message.file_uuids):
        raise FileTaken
    rated = await _rate(tx, conversation, message, now)
    if rated is not None:
        return intake.receipt_of(rated, now, duplicate=False)
    if conversation["case_id"] is None:
        may_open()
    await _ready_case(tx, conversation, message, now, reopen_days)
    row = await intake.append_in(
        tx,
        message.conversation_id,
        message.client_message_id,
        message.text,
        sizes,
        message.file_uuids,
        now,
    )
    assert row is not None
    if message.file_uuids:
        await outbox.add_files(tx, row["id"])
    changed = conversation["early_changes"] and await _change_at_once(tx, message, now)
    return replace(intake.receipt_of(row, now, duplicate=False), changed=changed)


async def _rate(tx: Connection, conversation: Row, message: InboundMessage, now: datetime) -> Row | None:
    """Take a lone number as the answer to the survey that is open there: no message of the case.

    The message as it was kept; None for every other message.
    """
    if message.file_uuids or conversation["early_changes"] or not maybe_score(message.text):
        return None
    survey = await surveys.open_in(tx, conversation, now)
    score = score_of(message.text, SurveyKind(survey["kind"])) if survey is not None else None
    if survey is None or score is None:
        return None
    kind = SurveyKind(survey["kind"])
    with use(reader_of(conversation["language"]) if conversation["language"] else reader()):
        thanks = str(THANKS_FOR_BAD if is_bad(kind, score) else THANKS)
    said = await surveys.say(
        tx, conversation, message.client_message_id, message.text, thanks, survey["author_name"], now
    )
    await surveys.rate(tx, survey["id"], kind, Rating(score), now, said["id"])
    return said


async def _change_at_once(tx: Connection, message: InboundMessage, now: datetime) -> bool:
    """Apply the edit or deletion that arrived before the message; whether there was one."""
    early = await changes.take_early(tx, message.conversation_id, message.client_message_id)
    if early is None:
        return False
    row = await changes.of_client(tx, message.conversation_id, message.client_message_id)
    assert row is not None
    await changes.apply(tx, row, early, now)
    return True


async def _ready_case(
    tx: Connection, conversation: Row, message: InboundMessage, now: datetime, reopen_days: float
) -> None:
    """Open, reopen or follow up, so that the message has a case to go to."""
    subject = text.one_line(message.subject or "") or text.subject_of(message.text)
    thanks = only_thanks(message.text) and not message.file_uuids
    if conversation["case_id"] is None:
        await intake.open_case(tx, conversation, subject, None, now)
    elif conversation["status"] == "closed" and not thanks:
        if now - conversation["closed_at"] <= timedelta(days=reopen_days):
            await intake.reopen(tx, conversation["case_id"], now)
        else:
            await intake.open_case(tx, conversation, subject, conversation["case_id"], now)


def part_sizes(words: str, files: int = 0) -> list[int]:
    """Escaped bytes of each part of a message, as its thread posts will count them."""
    sizes = [text.escaped_bytes(part) for part in text.split(words)]
    sizes[-1] += files * FILE_LINE_BYTES
    return sizes
