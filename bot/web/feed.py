"""What a customer's screen is shown: messages, status and typing as the chat API words them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from bot.metrics import Metrics
from bot.web.hub import POLL_SECONDS, TYPING_OFF, TYPING_ON, Hub, News
from cases.enums import Direction, Status
from cases.errors import NotFound
from cases.language import _
from cases.messages import reference
from cases.receipts import link_words
from channels.pages import case_link, survey_link
from channels.tokens import Signer
from flows.reply import Sent
from storage import conversations
from storage.db import Database, Row
from storage.heads import heads

Shown = dict[str, Any]
"""The object M of the chat API."""
PAGE = 200
"""Rows of one answer: what one reading may cost, whatever the length of the conversation."""
OWN_NAME = "You"  # not translated: screens have their own word for it


def shown(
    *,
    seq: int,
    uuid: UUID,
    author: str,
    name: str,
    text: str,
    created_at: datetime,
    client_message_id: str | None = None,
    files: Sequence[Mapping[str, Any]] = (),
    edits: int = 0,
    edited_at: datetime | None = None,
    deleted: bool = False,
) -> Shown:
    """One message as the customer sees it."""
    return {
        "seq": seq,
        "id": uuid.hex,
        "author": author,
        "name": name,
        "text": text,
        "files": list(files),
        "created_at": created_at.astimezone(UTC).isoformat(),
        "client_message_id": client_message_id,
        "edits": edits,
        "edited_at": edited_at and edited_at.astimezone(UTC).isoformat(),
        "deleted": deleted,
    }


def own_message(
    seq: int, uuid: UUID, text: str, created_at: datetime, client_message_id: str | None
) -> Shown:
    """A message that the customer wrote, without files."""
    return shown(
        seq=seq,
        uuid=uuid,
        author="customer",
        name=OWN_NAME,
        text=text,
        created_at=created_at,
        client_message_id=client_message_id,
    )


def message_frame(message: Shown) -> str:
    """The frame that brings a message to a socket."""
    return orjson.dumps({"type": "message", "message": message}).decode()


def change_frame(message: Shown) -> str:
    """The frame that tells a socket what a message that it has says now."""
    return orjson.dumps({"type": "changed", "message": message}).decode()


def show_reply(hub: Hub, sent: Sent) -> None:
    """Put a reply on the customer's screens of this process, as soon as it is committed."""
    message = shown(
        seq=sent.seq,
        uuid=sent.uuid,
        author="agent",
        name=sent.author_name,
        text=sent.text,
        created_at=sent.created_at,
    )
    if not sent.files:
        hub.deliver(sent.conversation_id, sent.seq, message_frame(message))
    if sent.closed or sent.files:
        hub.push(sent.conversation_id)


def status_of(row: Row) -> tuple[str, str | None]:
    """(new | open | closed, the case's reference) of a conversation's status row."""
    if row["number"] is None:
        return "new", None
    status = "closed" if row["status"] == Status.CLOSED else "open"
    return status, reference(row["number"])


@dataclass(frozen=True, slots=True)
class Changes:
    """Messages that changed after a revision, in the order of their changes."""

    messages: list[Shown]
    revision: int
    """Where to go on: up to there everything was told."""
    more: bool
    """Whether there may be further ones."""


class Feed:
    """Reads conversations for the screens of customers."""

    def __init__(self, db: Database, signer: Signer, address: str | None) -> None:
        """``address`` is where browsers find this server, for links; without it there are none."""
        self._db = db
        self._signer = signer
        self._address = address

    async def standing(self, conversation_id: int) -> Row:
        """The conversation's status row; raises NotFound."""
        row = await conversations.status(self._db, conversation_id)
        if row is None:
            raise NotFound("This conversation does not exist any more.")
        return row

    async def messages(self, conversation_id: int, site: str, after: int) -> list[Shown]:
        """What follows ``after``, in order: at most PAGE messages, of a full page the first ones."""
        rows = await conversations.transcript(self._db, conversation_id, after, PAGE)
        return [self._shown(row, conversation_id, site) for row in rows]

    async def changes(self, standing: Row, until: int, revision: int) -> Changes:
        """The messages up to ``until`` that changed after that revision, at most PAGE.

        ``standing`` was read before the messages that go with them: what changed since is told again.
        """
        if standing["revision"] <= revision:
            return Changes([], standing["revision"], more=False)
        rows = await conversations.changes(self._db, standing["id"], until, revision, PAGE)
        more = len(rows) == PAGE
        known = min(standing["revision"], rows[-1]["revision"]) if more else standing["revision"]
        return Changes([self._shown(row, standing["id"], standing["site"]) for row in rows], known, more)

    async def page(self, conversation_id: int, after: int, revision: int) -> dict[str, Any]:
        """The answer of GET messages; raises NotFound."""
        standing = await self.standing(conversation_id)
        messages = await self.messages(conversation_id, standing["site"], after)
        changes = await self.changes(standing, after, revision)
        status, case = status_of(standing)
        return {
            "messages": messages,
            "changes": changes.messages,
            "revision": changes.revision,
            "more": changes.more or len(messages) == PAGE,
            "reference": case,
            "status": status,
        }

    async def message(self, conversation_id: int, site: str, seq: int) -> Shown:
        """The message at ``seq``, which must exist."""
        rows = await conversations.transcript(self._db, conversation_id, seq - 1, 1)
        return self._shown(rows[0], conversation_id, site)

    async def news(self, conversation_id: int, after: int, revision: int) -> News:
        """What a socket that has seen ``after`` and the changes up to ``revision`` must be sent."""
        # Read first: a change that commits meanwhile has a later revision and is sent again.
        row = await self.standing(conversation_id)
        messages = await self.messages(conversation_id, row["site"], after)
        changes = await self.changes(row, after, revision)
        status, case = status_of(row)
        frame = orjson.dumps({"type": "status", "status": status, "reference": case}).decode()
        typing = TYPING_ON if row["answering"] else TYPING_OFF
        return News(
            [(message["seq"], message_frame(message)) for message in messages],
            {"status": frame, "typing": typing},
            [change_frame(message) for message in changes.messages],
            changes.revision,
            changes.more or len(messages) == PAGE,
        )

    async def heads(self, conversation_ids: Collection[int]) -> Mapping[int, str]:
        """For each conversation a mark that changes whenever there is something to show."""
        return await heads(self._db, conversation_ids)

    def _shown(self, row: Row, conversation_id: int, site: str) -> Shown:
        own = row["direction"] == Direction.IN
        return shown(
            seq=row["seq"],
            uuid=row["uuid"],
            author="customer" if own else "agent",
            name=OWN_NAME if own else row["author_name"],
            text=row["text"] + self._link(row),
            created_at=row["created_at"],
            client_message_id=row["client_message_id"] if own else None,
            files=[self._file(file, conversation_id, site) for file in row["files"]],
            edits=row["edits"],
            edited_at=row["edited_at"],
            deleted=row["deleted_at"] is not None,
        )

    def _link(self, row: Row) -> str:
        """The page that goes with the message: for the customer alone, so it is stored nowhere."""
        if self._address is None:
            return ""
        if row["receipt"] is not None:
            return "\n" + link_words(case_link(self._address, self._signer, row["receipt"]))
        if row["survey"] is None:
            return ""
        link = survey_link(self._address, self._signer, row["survey"], row["created_at"])
        return "\n" + _("Or on this page: {link}", link=link)

    def _file(self, file: Mapping[str, Any], conversation_id: int, site: str) -> dict[str, Any]:
        uuid = UUID(file["id"])
        token = self._signer.file(uuid, conversation_id, datetime.now(UTC))
        return {**file, "id": uuid.hex, "url": f"/chat/{site}/files/{uuid.hex}?token={token}"}


def make_hub(
    db: Database,
    signer: Signer,
    metrics: Metrics,
    poll_seconds: float = POLL_SECONDS,
    address: str | None = None,
) -> Hub:
    """A hub whose sockets read this database; ``address`` as for ``Feed``."""
    feed = Feed(db, signer, address)
    return Hub(feed.news, feed.heads, metrics, poll_seconds)
