"""A mailbox of the office: what reads it and what sends from it, in the test's own process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.arriving import Arriving
from bot.ending import end
from bot.mail.logins import Login
from bot.mail.reading import Reader
from bot.mail.sending import MailSender, Outgoing
from bot.mail.taking import Place, Taking
from bot.metrics import Metrics
from bot.web.uploads import FileStore
from cases.clock import SystemClock
from cases.mailboxes import Mailbox, MailSecrets
from cases.messages import REPLY_WINDOW_DAYS
from cases.reader import Language
from cases.reader import Reader as Person
from channels.mail import MAX_RAW, Own
from channels.mail_tokens import ReplyTokens
from channels.tokens import Signer
from storage.mailboxes import read_mailboxes
from tests.support.mail import PASSWORD, MailProvider
from tests.support.office import Office

SECRET = "a key for tests"


async def speaks_nothing(_turns: Sequence[str]) -> Language | None:
    """Nobody listens for languages here."""
    return None


@dataclass
class Postbox:
    """The mailbox ``support``, whose cases go to the Slack channel C1."""

    office: Office
    provider: MailProvider
    folder: Path
    mailbox: Mailbox = field(init=False)
    store: FileStore = field(init=False)
    tokens: ReplyTokens = field(init=False)

    def __post_init__(self) -> None:
        self.provider.write_config(self.folder)
        (self.mailbox,) = read_mailboxes(self.folder / "mailboxes.yml")
        self.store = FileStore(self.folder / "files", MAX_RAW + 1)
        self.tokens = ReplyTokens(SECRET)
        self.login = Login(self.mailbox, MailSecrets(PASSWORD))

    def taking(self) -> Taking:
        """What takes mails in that were written down."""
        arriving = Arriving(
            self.office.db,
            SystemClock(),
            Metrics(),
            Person(),
            REPLY_WINDOW_DAYS,
            lambda _channel: None,
            Signer(SECRET),
        )
        return Taking(
            self.office.db,
            self.mailbox,
            Place(self.office.workspace, "C1"),
            Own(self.mailbox.addresses, self.mailbox.authserv_ids),
            self.tokens,
            self.store,
            self.store,
            SystemClock(),
            arriving,
            speaks_nothing,
        )

    def reader(self) -> Reader:
        """What reads the mailbox."""
        return Reader(
            self.office.db,
            self.office.workspace,
            self.mailbox,
            self.login,
            self.store,
            self.taking(),
            SystemClock(),
        )

    def sender(self) -> MailSender:
        """What sends replies from it."""
        outgoing = {self.mailbox.key: Outgoing(self.mailbox, self.login)}
        return MailSender(
            self.office.db,
            outgoing,
            self.tokens,
            lambda survey, _reply: f"https://x/{survey}",
            lambda receipt: f"https://x/c/{receipt}",
        )

    async def write_down(self, raw: bytes) -> int:
        """A mail lies here as the reader writes it down; the id of its row."""

        async def content() -> AsyncIterator[bytes]:
            yield raw

        stored = await self.store.keep(content(), "mail.eml", "message/rfc822")
        row = await self.office.row(
            """INSERT INTO mails (workspace_id, mailbox, direction, state, raw, size, came_at)
               VALUES (%(w)s, 'support', 'in', 'waiting', %(raw)s, %(size)s, %(now)s) RETURNING id""",
            w=self.office.workspace,
            raw=stored.uuid,
            size=len(raw),
            now=SystemClock().now(),
        )
        return int(row["id"])

    async def mails(self) -> list[dict[str, object]]:
        """The rows of all mails, in order."""
        return [dict(row) for row in await self.office.db.fetch("SELECT * FROM mails ORDER BY id")]


@asynccontextmanager
async def read_on(reader: Reader) -> AsyncIterator[None]:
    """Meanwhile a mailbox is read."""
    import asyncio

    reading = asyncio.create_task(reader.run())
    try:
        yield
        if reading.done():
            reading.result()
    finally:
        await end(reading)
