"""A mail that was written down becomes what its customer says: once, in the right case, or it is put aside.

Whatever stops in the middle begins anew. A mail that stops us again and again is put aside, and others go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import structlog

from bot import crashpoints
from bot.mail.timed import TimedReading
from bot.web.errors import FileTooLarge, NoRoom
from bot.web.uploads import FileStore
from cases.arrivals import Arrival, Handle
from cases.clock import Clock
from cases.enums import Channel, Delivery
from cases.errors import Unavailable
from cases.files import MAX_FILES, Stored, is_refused
from cases.language import _, ngettext
from cases.mailboxes import Mailbox
from cases.messages import Receipt
from cases.reader import Language, language_of
from channels.errors import BadReplyToken, Quarantine
from channels.mail import Automatic, InboundMail, Kind, Outcome, Own, Part
from channels.mail_tokens import ReplyTokens
from storage import deliveries, mails
from storage.db import LOST, Database, Row

MOST_TRIES = 5
"""A mail that stops us so often is put aside."""
_NOT_TAKEN = "It could not be taken in; the log says why."  # not translated
_TOO_SLOW = "Reading it takes too long."  # not translated
_GONE = "The file in which it lay is gone."  # not translated
_COPY = "A copy of it is here already."  # not translated
_NOTHING_OPEN = "An automatic reply to no open case."  # not translated
_UNSURE = "Only its subject says that a program sent it."  # not translated
_TOO_MANY = "More automatic mails of one sender in a day than are taken."  # not translated
_NO_NEWS = "A report about a mail that is none of ours, or no news."  # not translated
RETRY_SECONDS = 5.0
_MOST_FOLDED = 10_000
"""Characters that are shown of a mail which is all quotes."""
_NOTHING = "–"
MOST_AUTOMATIC = 5
"""Mails that programs write by themselves, of one sender in a day; more of them are put aside."""

Receive = Callable[[Arrival], Awaitable[Receipt]]
Speaks = Callable[[Sequence[str]], Awaitable[Language | None]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cases of a mailbox live."""

    workspace_id: int
    slack_channel: str
    """Slack's id."""


@dataclass(frozen=True, slots=True)
class Thread:
    """What is known of the exchange in which a mail stands."""

    conversation: int | None
    closed: bool = False
    theirs: bool = False
    """Whether it is with the customer who writes now."""


class Taking:
    """Takes in the mails of one mailbox, in the order in which they came."""

    def __init__(
        self,
        db: Database,
        mailbox: Mailbox,
        place: Place,
        own: Own,
        tokens: ReplyTokens,
        raws: FileStore,
        store: FileStore,
        clock: Clock,
        receive: Receive,
        speaks: Speaks,
    ) -> None:
        """``raws`` has the mails as they came, ``store`` is for what is attached to them."""
        self._db = db
        self._mailbox = mailbox
        self._place = place
        self._own = own
        self._tokens = tokens
        self._raws = raws
        self._store = store
        self._clock = clock
        self._receive = receive
        self._speaks = speaks
        self._reading = TimedReading()

    async def take_all(self) -> bool:
        """Take in all that waits; whether some is to be tried again.

        Raises what keeps every mail from being taken in: the database or the disk.
        """
        while (row := await self._next()) is not None:
            await self._take_safely(row)
        return await mails.waits(self._db, self._place.workspace_id, self._mailbox.key)

    async def _next(self) -> Row | None:
        return await mails.next_waiting(self._db, self._place.workspace_id, self._mailbox.key)

    async def _take_safely(self, row: Row) -> None:
        try:
            if row["tries"] > MOST_TRIES:
                await self._put_aside(row, _NOT_TAKEN)
                return
            await self._take(row)
        except (Unavailable, NoRoom, *LOST):
            # Not the mail's fault.
            await mails.untry(self._db, row["id"])
            raise
        except Exception:
            log.exception("mail.not_taken", mail=row["id"], tries=row["tries"])
            await mails.retry(self._db, row["id"], RETRY_SECONDS)

    async def _put_aside(self, row: Row, why: str) -> None:
        log.warning("mail.quarantined", mail=row["id"], mailbox=self._mailbox.key, why=why)
        await mails.end(self._db, row["id"], "quarantined", self._clock.now(), why=why)

    async def _put_aside_unread(self, row: Row, raw: bytes, why: str) -> None:
        if await self._is_new(row, sha256(raw).hexdigest(), None):
            await self._put_aside(row, why)

    async def _ignore(self, row: Row, why: str) -> None:
        log.info("mail.ignored", mail=row["id"], mailbox=self._mailbox.key, why=why)
        await mails.end(self._db, row["id"], "ignored", self._clock.now(), why=why)

    async def _take(self, row: Row) -> None:
        try:
            raw = await asyncio.to_thread(self._raws.path(row["raw"]).read_bytes)
        except FileNotFoundError:
            await self._put_aside(row, _GONE)
            return
        try:
            mail = await self._reading.read(raw, self._own)
        except Quarantine as error:
            await self._put_aside_unread(row, raw, f"{error.sentence} ({error.flaw})")
            return
        except TimeoutError:
            await self._put_aside_unread(row, raw, _TOO_SLOW)
            return
        if not await self._is_new(row, identity_of(mail), mail):
            return
        crashpoints.reach("mail.after_identify")
        if mail.automatic is not None:
            await self._take_automatic(row, mail, mail.automatic)
        else:
            await self._say(row, mail, await self._thread(mail))

    async def _is_new(self, row: Row, identity: str, mail: InboundMail | None) -> bool:
        """Whether no copy of it came before, in whichever mailbox; else it is done."""
        new = await mails.identify(
            self._db,
            row["id"],
            identity,
            header=mail.message_id if mail else None,
            sender=mail.sender.email if mail else None,
            subject=mail.subject if mail else "",
            automatic=mail is not None and mail.automatic is not None,
        )
        if not new:
            await self._ignore(row, _COPY)
        return new

    async def _take_automatic(self, row: Row, mail: InboundMail, automatic: Automatic) -> None:
        """Reports are noted, our own are left; the rest is for people, within bounds.

        Of what only its subject tells people decide: it may be from one.
        """
        weak = automatic.why == "subject"
        if automatic.kind is Kind.BOUNCE and not (weak and row["released"]):
            await self._note_bounce(row, automatic, weak=weak)
            return
        if automatic.kind in {Kind.OWN, Kind.LOOP}:
            await self._ignore(row, f"Ours, or in circles: {automatic.why}.")  # not translated
            return
        thread = await self._thread(mail)
        answers = thread.theirs and not thread.closed
        if automatic.kind is Kind.AUTO_REPLY and not answers and not (weak and row["released"]):
            await (self._put_aside(row, _UNSURE) if weak else self._ignore(row, _NOTHING_OPEN))
        elif not row["released"] and await self._too_many(mail):
            await self._put_aside(row, _TOO_MANY)
        else:
            await self._say(row, mail, thread, [_("A program sent this by itself.")])

    async def _too_many(self, mail: InboundMail) -> bool:
        since = self._clock.now() - timedelta(days=1)
        many = await mails.automatic_since(self._db, self._place.workspace_id, mail.sender.email, since)
        return many > MOST_AUTOMATIC

    async def _note_bounce(self, row: Row, automatic: Automatic, *, weak: bool) -> None:
        """A report opens no case; it counts only where it knows the id of a mail that we sent."""
        report = automatic.bounce
        workspace, key = self._place.workspace_id, self._mailbox.key
        sent = await mails.bounced(self._db, workspace, key, report.message_ids) if report else None
        if weak and sent is None:
            await self._put_aside(row, _UNSURE)
            return
        states = {Outcome.FAILED: Delivery.FAILED, Outcome.DELIVERED: Delivery.DELIVERED}
        state = states.get(report.outcome) if report else None
        if report is None or sent is None or state is None or not _is_about(report.recipients, sent):
            await self._ignore(row, _NO_NEWS)
            return
        if sent["message_uuid"] is not None:
            reason = report.reason or _("The customer’s mail server sent it back.")
            await deliveries.report(
                self._db,
                workspace,
                Channel.MAIL,
                key,
                sent["message_uuid"],
                state,
                self._clock.now(),
                reason if state is Delivery.FAILED else None,
            )
        await mails.end(self._db, row["id"], "done", self._clock.now(), conversation=sent["conversation_id"])

    async def _thread(self, mail: InboundMail) -> Thread:
        """The exchange that it answers, as its references or our token say; who writes is checked with it."""
        found = await mails.thread(
            self._db,
            self._place.workspace_id,
            mail.sender.email,
            mail.references,
            [each for token in mail.tokens for each in self._named_by(token)],
        )
        if found is None:
            return Thread(None)
        return Thread(found["conversation_id"], found["status"] == "closed", found["theirs"])

    def _named_by(self, token: str) -> list[int]:
        found = []
        for address in self._mailbox.addresses:
            try:
                found.append(self._tokens.read(address, token))
            except BadReplyToken:
                continue
        return found

    async def _say(self, row: Row, mail: InboundMail, thread: Thread, more: Sequence[str] = ()) -> None:
        files, missing = await self._files(mail.attachments)
        arrival = Arrival(
            workspace_id=self._place.workspace_id,
            channel=Channel.MAIL,
            site=self._mailbox.key,
            slack_channel=self._place.slack_channel,
            who=Handle("email", mail.sender.email),
            verified=mail.authenticated is True,
            client_message_id=identity_of(mail),
            text=mail.text or mail.folded[:_MOST_FOLDED] or ("" if files else mail.subject) or _NOTHING,
            name=mail.sender.name,
            email=mail.sender.email,
            language=language_of(mail.language or "") or await self._speaks([mail.text]),
            conversation_id=thread.conversation,
            subject=mail.subject or None,
            files=files,
            warnings=[*more, *mail.warnings, *missing],
            may_answer=mail.may_answer,
        )
        receipt = await self._receive(arrival)
        crashpoints.reach("mail.after_receive")
        await mails.end(
            self._db,
            row["id"],
            "done",
            self._clock.now(),
            message=receipt.message_id,
        )

    async def _files(self, parts: Sequence[Part]) -> tuple[list[Stored], list[str]]:
        """What is attached, stored; and what people must know of what is not."""
        wanted = sorted(parts, key=lambda part: part.inline)
        refused = [part.name for part in wanted if is_refused(part.name)]
        good = [part for part in wanted if not is_refused(part.name)]
        stored: list[Stored] = []
        large: list[str] = []
        for part in good[:MAX_FILES]:
            try:
                stored.append(await self._store.keep(_once(part.content), part.name, part.mime_type))
            except FileTooLarge:
                large.append(part.name)
        return stored, _missing(refused, large, len(good[MAX_FILES:]))


def identity_of(mail: InboundMail) -> str:
    """What tells a mail from every other: some senders give each the same Message-ID, or none."""
    parts = (
        mail.sender.email,
        mail.message_id or "",
        mail.subject,
        mail.date.isoformat() if mail.date else "",
        mail.text,
        *(sha256(part.content).hexdigest() for part in mail.attachments),
    )
    return sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _is_about(recipients: Sequence[str], sent: Row) -> bool:
    """Whether a report names the one to whom the mail went, or nobody."""
    return not recipients or sent["sender"] in {each.lower() for each in recipients}


def _missing(refused: Sequence[str], large: Sequence[str], more: int) -> list[str]:
    found = [_("The file {name} was left out: it could start a program.", name=name) for name in refused]
    found += [_("The file {name} was left out: it is too large.", name=name) for name in large]
    if more:
        found.append(
            ngettext(
                "{count} more file is only in the mailbox.",
                "{count} more files are only in the mailbox.",
                more,
            )
        )
    return found


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
