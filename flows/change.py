"""A customer changes or takes back what they said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.errors import NotFound
from cases.messages import Change
from channels.errors import ChangedElsewhere, EmptyMessage, TooLateToChange, TooManyChanges
from storage import changes, intake, surveys
from storage.changes import Rewrite
from storage.db import Database, Row

MAX_EARLY = 50
"""Changes of one conversation that may wait for their messages."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a change."""

    seq: int | None
    """The message's place in the conversation; None while the message itself has not arrived."""
    slack_channel: str
    applied: bool
    """False when it was done before, or the message is taken back already."""


async def change(db: Database, wanted: Change, window: timedelta | None, now: datetime) -> Changed:
    """Edit or take back a message of the customer's, in one commit with all that must follow.

    Repeated it has one effect. Of several edits the one with the highest number stays; what is
    taken back stays so. A change that comes before its message waits for it. ``window`` says how
    long after writing it is allowed; None = never. Raises TooLateToChange, ChangedElsewhere,
    EmptyMessage, TooManyChanges, or NotFound when the conversation does not exist.
    """
    if window is None:
        raise TooLateToChange("Messages cannot be changed here; please write a new one.")
    rewrite = Rewrite(wanted.text, wanted.edit, "customer")
    async with db.transaction() as tx:
        conversation = await intake.lock(tx, wanted.conversation_id)
        if conversation is None:
            raise NotFound("This conversation does not exist any more.")
        message = await changes.of_client(tx, wanted.conversation_id, wanted.client_message_id)
        if message is None:
            if await changes.count_early(tx, wanted.conversation_id) >= MAX_EARLY:
                raise TooManyChanges
            await changes.keep_early(tx, wanted.conversation_id, wanted.client_message_id, rewrite, now)
            return Changed(None, conversation["slack_channel"], applied=False)
        applied = _is_new(message, wanted)
        if applied and await surveys.is_answer(tx, message["id"]):
            raise TooLateToChange("This was your answer to our question; please write a new message instead.")
        if applied:
            _check(message, wanted, window, now)
            if wanted.text == message["text"]:
                await changes.renumber(tx, message["id"], wanted.edit)
            else:
                await changes.apply(tx, message, rewrite, now)
        return Changed(message["seq"], message["slack_channel"], applied)


def _is_new(message: Row, wanted: Change) -> bool:
    if message["deleted_at"] is not None:
        return False
    if wanted.text is None or wanted.edit > message["edits"]:
        return True
    if wanted.edit == message["edits"] and wanted.text != message["text"]:
        raise ChangedElsewhere
    return False


def _check(message: Row, wanted: Change, window: timedelta, now: datetime) -> None:
    if now - message["created_at"] > window:
        raise TooLateToChange
    if wanted.text is not None and not wanted.text.strip() and not message["attached"]:
        raise EmptyMessage("Nothing would be left of this message; delete it instead.")
