"""The mail of a replay: the company's mailbox (IMAP, pymap) and a mail server for everybody (SMTP, aiosmtpd).

Both listen on this machine only. What customers hand in lands in the company's mailbox, as the receiving
server of a provider would put it there; what the company hands in is kept for its recipient.
"""

from __future__ import annotations

import asyncio
import logging
import random
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from time import monotonic
from typing import Any

import aiosmtplib
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Login
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from benchmarks.replay.mails import ADDRESS, Mail
from benchmarks.signals import Signal

PASSWORD = "replay"
SERVER = "mx.replay.example"
_TRY_SECONDS = 0.5
_PATIENCE_SECONDS = 180.0


class PostOffice:
    """Both servers, and whoever hands mails in. With ``faults`` they have a bad day now and then."""

    def __init__(self, signal: Signal, faults: random.Random | None = None) -> None:
        self.sent: list[Mail] = []
        """All that the company handed in, each copy of it."""
        self.faults = faults
        self.imap_port = self.smtp_port = 0
        self._signal = signal
        self._writers: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[PostOffice]:
        """Listen meanwhile."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        imap = await self._start_imap()
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(lambda: _Server(self), "127.0.0.1", 0)
        self.smtp_port = smtp.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            imap.close()
            smtp.close()
            self.hang_up()

    async def _start_imap(self) -> asyncio.Server:
        config = Config(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host="127.0.0.1",
            port=0,
            demo_data=False,
            demo_user=ADDRESS,
            demo_password=PASSWORD,
            tls_enabled=False,
            hash_context=Cleartext(),
            invalid_user_sleep=0.0,
        )
        config.apply_context()
        self._config, self._login = config, Login(config)
        self._login.users_dict[ADDRESS] = UserMetadata(config, ADDRESS, password=PASSWORD)
        serve = IMAPServer(self._login, config)

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.add(writer)
            try:
                with suppress(ConnectionError, EOFError, asyncio.CancelledError):
                    await serve(reader, writer, SocketInfoLocal(writer.transport))
            finally:
                self._writers.discard(writer)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.imap_port = server.sockets[0].getsockname()[1]
        return server

    def hang_up(self) -> None:
        """End every connection to the company's mailbox."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def hand_in(self, mail: EmailMessage) -> None:
        """Send a customer's mail; on a bad day twice, as mail programs do. Raises TimeoutError."""
        await self._hand_in(mail)
        if self.happens(0.05):
            await self._hand_in(mail)

    async def _hand_in(self, mail: EmailMessage) -> None:
        deadline = monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                await aiosmtplib.send(mail, hostname="127.0.0.1", port=self.smtp_port, start_tls=False)
                return
            except (aiosmtplib.SMTPException, OSError):
                if monotonic() > deadline:
                    raise TimeoutError("a mail could not be handed in") from None
                await asyncio.sleep(_TRY_SECONDS)

    def happens(self, probability: float) -> bool:
        """Whether something goes wrong now that does so with this probability."""
        return self.faults is not None and self.faults.random() < probability

    async def take(self, envelope: Envelope) -> None:
        """Put a mail where it belongs."""
        content = envelope.content
        assert isinstance(content, bytes)
        if ADDRESS in envelope.rcpt_tos or any(_is_ours(each) for each in envelope.rcpt_tos):
            await self._deliver(content)
            return
        message = message_from_bytes(content, policy=default)
        self.sent += [Mail(each.lower(), message, monotonic()) for each in envelope.rcpt_tos]
        self._signal.notify()

    async def _deliver(self, content: bytes) -> None:
        """Into the company's mailbox, with what the server knows of the sender."""
        sender = parseaddr(str(message_from_bytes(content, policy=default)["From"]))[1]
        domain = sender.rpartition("@")[2]
        proof = f"Authentication-Results: {SERVER}; dmarc=pass header.from={domain}\r\n"
        if ADDRESS not in self._config.set_cache:
            async with self._login.demo_user_identity.new_session():
                pass
        mailboxes: Any = self._config.set_cache[ADDRESS][0]
        inbox = await mailboxes.get_mailbox("INBOX")
        await inbox.append(AppendMessage(proof.encode() + content, datetime.now(UTC), frozenset()))


def _is_ours(address: str) -> bool:
    """Whether it is the company's address, be it with a reply token after a plus sign."""
    name, _, domain = address.lower().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}" == ADDRESS


class _Server(SMTP):
    """One connection to the mail server."""

    def __init__(self, office: PostOffice) -> None:
        super().__init__(
            _Rules(office),
            hostname=SERVER,
            auth_require_tls=False,
            authenticator=_let_in,
            loop=asyncio.get_running_loop(),
        )


def _let_in(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, said: Any) -> AuthResult:
    good = isinstance(said, LoginPassword) and said.login == ADDRESS.encode()
    return AuthResult(success=good and said.password == PASSWORD.encode(), handled=False)


class _Rules:
    """What the mail server answers."""

    def __init__(self, office: PostOffice) -> None:
        self._office = office

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """RCPT TO: on a bad day it wants to be asked later."""
        if self._office.happens(0.03):
            return "451 4.7.1 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """The mail itself: on a bad day it is taken, and nobody learns of that."""
        await self._office.take(envelope)
        if self._office.happens(0.03) and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return "250 2.0.0 queued"
