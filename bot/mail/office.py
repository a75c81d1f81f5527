"""Mail is wired here: what reads mailboxes in workers, and what sends replies from them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from uuid import UUID

from bot.arriving import Arriving
from bot.connection import required
from bot.ending import end
from bot.mail.logins import Login
from bot.mail.mailroom import Key, Mailroom
from bot.mail.reading import Reader
from bot.mail.sending import MailSender, Outgoing
from bot.mail.taking import Place, Receive, Taking
from bot.metrics import Metrics
from bot.settings import Settings
from bot.web.uploads import FileStore
from cases.arrivals import Arrival, Entrance
from cases.clock import Clock
from cases.deliveries import OutboundReply
from cases.enums import Channel
from cases.errors import ConfigError
from cases.mailboxes import Mailbox, MailSecrets, secrets_of
from cases.messages import Receipt
from channels.mail import MAX_RAW, Own
from channels.mail_tokens import ReplyTokens
from channels.pages import case_link, survey_link
from channels.tokens import Signer
from copilot.languages import spoken
from storage import installations, outbox
from storage.db import Database
from storage.mailboxes import read_mailboxes
from storage.watched import Live

Boxes = tuple[tuple[Mailbox, MailSecrets], ...]


def check(settings: Settings) -> Boxes:
    """The mailboxes with their secrets; raises ConfigError."""
    found = read_mailboxes(settings.mailboxes_file)
    boxes = tuple((mailbox, _secrets(settings, mailbox)) for mailbox in found)
    if boxes:
        required(settings.secret_key, "CX_SECRET_KEY")
    return boxes


def _secrets(settings: Settings, mailbox: Mailbox) -> MailSecrets:
    found = secrets_of(mailbox.key, settings.mail_secrets)
    if found is None:
        raise ConfigError(f"CX_MAIL_SECRETS has no secret for the mailbox “{mailbox.key}”.")
    return found


def entrances_of(mailboxes: Boxes, file: str) -> list[Entrance]:
    """The mailboxes of ``file`` as entrances of cases."""
    return [
        Entrance(
            Channel.MAIL,
            mailbox.key,
            mailbox.name,
            mailbox.slack_channel,
            file,
            mailbox.workspace,
        )
        for mailbox, _ in mailboxes
    ]


def tokens_of(settings: Settings) -> ReplyTokens:
    """What makes and reads the reply tokens of this deployment."""
    return ReplyTokens(required(settings.secret_key, "CX_SECRET_KEY"))


def sender_of(settings: Settings, db: Database, boxes: Callable[[], Boxes]) -> MailSender:
    """What sends replies as mails from ``boxes``, also where no mailbox is set up any more."""
    key = settings.secret_key.get_secret_value() if settings.secret_key else ""
    signer = Signer(key)

    def question_link(survey: UUID, reply: OutboundReply) -> str | None:
        if settings.address is None:
            return None
        return survey_link(settings.address, signer, survey, reply.created_at)

    def page_link(receipt: UUID) -> str | None:
        return case_link(settings.address, signer, receipt) if settings.address is not None else None

    @cache
    def outgoing(mailbox: Mailbox, secrets: MailSecrets) -> Outgoing:
        return Outgoing(mailbox, Login(mailbox, secrets))

    by_key = Live(lambda: {mailbox.key: outgoing(mailbox, secrets) for mailbox, secrets in boxes()})
    return MailSender(db, by_key, ReplyTokens(key), question_link, page_link)


@asynccontextmanager
async def reading(
    settings: Settings, db: Database, clock: Clock, boxes: Callable[[], Boxes]
) -> AsyncIterator[None]:
    """Meanwhile the mailboxes are read, those that no other process reads."""
    readers = Readers(settings, db, clock, boxes)
    room = asyncio.create_task(Mailroom(db, readers).run())
    try:
        yield
    finally:
        await end(room)


class Readers:
    """The readers of all mailboxes, each once the workspace and the Slack channel of its cases are known."""

    def __init__(self, settings: Settings, db: Database, clock: Clock, boxes: Callable[[], Boxes]) -> None:
        self._settings = settings
        self._db = db
        self._clock = clock
        self._boxes = boxes
        self._mailboxes: Boxes = ()
        self._known: dict[Key, Reader] = {}
        self._placed: set[str] = set()

    async def now(self) -> Mapping[Key, Reader]:
        """Those that can read now; a new workspace opens its Slack channels a moment after we begin.

        Others once the mailboxes are: what is ours (``Own``) is said by all of them.
        """
        boxes = self._boxes()
        if boxes != self._mailboxes:
            self._mailboxes, self._known, self._placed = boxes, {}, set()
        if len(self._placed) < len(self._mailboxes):
            rows = await installations.listed(self._db)
            for mailbox, secrets in self._mailboxes:
                row = installations.row_of(mailbox.workspace, rows)
                channel = row["channels"].get(mailbox.slack_channel) if row else None
                if row is not None and channel is not None and mailbox.key not in self._placed:
                    self._placed.add(mailbox.key)
                    place = Place(row["id"], channel)
                    self._known[Key(row["id"], mailbox.key)] = self._reader(mailbox, secrets, place)
        return self._known

    def _reader(self, mailbox: Mailbox, secrets: MailSecrets, place: Place) -> Reader:
        settings, folder = self._settings, self._settings.home / "files"
        raws = FileStore(folder, MAX_RAW + 1)
        taking = Taking(
            self._db,
            mailbox,
            place,
            Own(self._addresses(), mailbox.authserv_ids),
            tokens_of(settings),
            raws,
            FileStore(folder, settings.max_file_mb * 1_000_000),
            self._clock,
            self._receiving(),
            spoken,
        )
        login = Login(mailbox, secrets)
        return Reader(self._db, place.workspace_id, mailbox, login, raws, taking, self._clock)

    def _addresses(self) -> frozenset[str]:
        return frozenset(address for mailbox, _ in self._mailboxes for address in mailbox.addresses)

    def _receiving(self) -> Receive:
        """What takes in what mails say, and has it shown."""
        settings = self._settings
        signer = Signer(required(settings.secret_key, "CX_SECRET_KEY"))
        arriving = Arriving(
            self._db,
            self._clock,
            Metrics(),
            settings.team,
            settings.reopen_days,
            lambda _channel: None,
            signer,
        )

        async def receive(arrival: Arrival) -> Receipt:
            receipt = await arriving(arrival)
            await outbox.announce(self._db, receipt.slack_channel)
            return receipt

        return receive
