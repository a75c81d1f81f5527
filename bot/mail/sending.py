"""Replies go out as mails: each is written from the reply as it was approved, and handed in once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from bot import crashpoints
from bot.mail.logins import Login
from bot.mail.smtp import hand_in
from cases.deliveries import Enclosed, NotTaken, OutboundReply, Sent, TryLater
from cases.language import _
from cases.mailboxes import Mailbox
from cases.reader import reader, reader_of, use
from cases.receipts import link_words
from cases.text import one_line
from channels.errors import BadHeader
from channels.mail import Address, OutboundMail, Part, Quoted
from channels.mail_tokens import ReplyTokens
from channels.mail_writing import answer, write
from channels.webchat import clean_name
from storage import mails
from storage.db import Database, Row

log = structlog.get_logger(__name__)

SurveyLink = Callable[[UUID, OutboundReply], str | None]
CaseLink = Callable[[UUID], str | None]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mailbox from which mails go."""

    mailbox: Mailbox
    login: Login | None


class MailSender:
    """Implements ``cases.deliveries.Sender`` for mail.

    A mail whose handing-in ended unclearly is not sent again by itself: mail servers keep no list of what
    they took. Its Message-ID is the same each time, so that many mailboxes show two copies as one.
    """

    repeatable = False

    def __init__(
        self,
        db: Database,
        mailboxes: Mapping[str, Outgoing],
        tokens: ReplyTokens,
        survey_link: SurveyLink,
        case_link: CaseLink = lambda _receipt: None,
    ) -> None:
        self._db = db
        self._mailboxes = mailboxes
        self._tokens = tokens
        self._survey_link = survey_link
        self._case_link = case_link

    async def send(self, reply: OutboundReply) -> Sent:
        """Hand ``reply`` in; raises NotTaken, TryLater or Unclear."""
        outgoing = self._mailboxes.get(reply.site)
        if outgoing is None:
            raise NotTaken("The mailbox {key} is not set up any more.", key=reply.site)
        raw = await self._prepare(reply, outgoing.mailbox)
        crashpoints.reach("mail.before_send")
        said = await hand_in(outgoing.mailbox, outgoing.login, reply.to.value, raw)
        return Sent(f"{message_id_of(reply, outgoing.mailbox)} {said}")

    async def _prepare(self, reply: OutboundReply, mailbox: Mailbox) -> bytes:
        """The mail's bytes, noted so that answers to it find their way; raises NotTaken or TryLater."""
        try:
            mail = await self._mail(reply, mailbox)
            raw = await asyncio.to_thread(_written, mail, reply)
            await self._note(reply, mail)
        except NotTaken:
            raise
        except Exception as error:
            # Whatever it is: nothing has left the house.
            log.exception("mail.not_written", message=reply.message_id)
            raise TryLater("This mail could not be written.") from error
        return raw

    async def _note(self, reply: OutboundReply, mail: OutboundMail) -> None:
        await mails.sent(
            self._db,
            reply.workspace_id,
            reply.site,
            mail.message_id,
            reply.to.value,
            reply.created_at,
            conversation=reply.conversation_id,
            message=reply.message_id,
            subject=mail.subject,
            automatic=mail.automatic,
        )

    async def _mail(self, reply: OutboundReply, mailbox: Mailbox) -> OutboundMail:
        exchange = await mails.exchange(self._db, reply.conversation_id)
        theirs = [row for row in exchange if row["direction"] == "in"]
        link = self._survey_link(reply.survey, reply) if reply.survey is not None else None
        page = self._case_link(reply.receipt) if reply.receipt is not None else None
        with use(reader_of(reply.language) if reply.language else reader()):
            words = [reply.text, *([_("Or on this page: {link}", link=link)] if link else [])]
            words += [link_words(page)] if page else []
        return OutboundMail(
            message_id=message_id_of(reply, mailbox),
            sender=Address(mailbox.name, mailbox.address),
            to=Address(_plain_name(reply.customer), reply.to.value),
            subject=_subject(reply, theirs),
            text="\n".join(words),
            date=reply.created_at,
            reply_to=self._reply_to(reply, mailbox) if mailbox.plus else None,
            references=_references(exchange),
            automatic=reply.automatic,
            signature=mailbox.signature,
            quoted=_quoted(theirs),
            attachments=await _parts(reply.files),
        )

    def _reply_to(self, reply: OutboundReply, mailbox: Mailbox) -> Address:
        """The address by which an answer finds its conversation."""
        return Address(mailbox.name, self._tokens.address(mailbox.address, reply.conversation_id))


def message_id_of(reply: OutboundReply, mailbox: Mailbox) -> str:
    """The Message-ID of a reply: the same however often it is handed in."""
    return f"<{reply.message_uuid.hex}.{reply.case_number}@{mailbox.domain}>"


def _written(mail: OutboundMail, reply: OutboundReply) -> bytes:
    """The mail's bytes, its own words in the customer's language; raises NotTaken."""
    with use(reader_of(reply.language) if reply.language else reader()):
        try:
            return write(mail)
        except BadHeader as error:
            raise NotTaken(error.sentence) from error


def _subject(reply: OutboundReply, theirs: Sequence[Row]) -> str:
    """An answer keeps the customer's subject; a mail that we begin has the case's."""
    said = next((row["subject"] for row in theirs if row["subject"].strip()), "")
    return one_line(answer(said) if theirs and said else reply.subject, 200)


def _references(exchange: Sequence[Row]) -> tuple[str, ...]:
    """All mails of the exchange, the oldest first, and what is answered last."""
    named = [row["header_id"] for row in reversed(exchange) if row["header_id"]]
    newest = next(
        (row["header_id"] for row in exchange if row["direction"] == "in" and row["header_id"]), None
    )
    if newest is None:
        return tuple(named)
    return (*(each for each in named if each != newest), newest)


def _quoted(theirs: Sequence[Row]) -> Quoted | None:
    """Their newest mail, as it stands in the case."""
    row = next((each for each in theirs if each["text"]), None)
    return Quoted(_plain_name(row["author_name"]), row["created_at"], row["text"]) if row else None


def _plain_name(name: str) -> str:
    return clean_name(name) or ""


async def _parts(files: Sequence[Enclosed]) -> tuple[Part, ...]:
    return tuple([await asyncio.to_thread(_part, file) for file in files])


def _part(file: Enclosed) -> Part:
    return Part(file.name, file.mime, file.path.read_bytes())
