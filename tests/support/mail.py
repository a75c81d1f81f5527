"""A mail provider on this machine: a real IMAP server with IDLE (pymap) and a real SMTP server (aiosmtpd).

It runs in the loop of the test, keeps mails in memory, and refuses and hangs up as it is told.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Login
from pymap.backend.dict.mailbox import MailboxSet
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Flag, Seen
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from bot.ending import end

USER, PASSWORD = "support@shop.example", "correct horse"


@dataclass(frozen=True, slots=True)
class Handed:
    """A mail that the SMTP server took."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class MailProvider:
    """Both servers, and what a test can do to them."""

    def __init__(self) -> None:
        self.handed: list[Handed] = []
        self.refusals: dict[str, list[str]] = {}
        """What is answered next to MAIL, RCPT or DATA in place of 250; the answer ``drop`` hangs up."""
        self.takes_before_drop = True
        """Whether a mail is taken although its DATA is never answered."""
        self.hangs_up_over: set[int] = set()
        """The numbers of mails at whose fetching the IMAP server hangs up."""
        self.silent_over: set[int] = set()
        """And those over which it says nothing any more."""
        self.store_broken = False
        """Whether it hangs up at every mail, while login and folder work."""
        self.logins = 0
        self.tokens: set[str] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._connections: set[_Smtp] = set()
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.imap_port = self.smtp_port = 0

    async def start(self, context: ssl.SSLContext | None = None) -> None:
        """Listen; with ``context`` TLS is spoken from the first byte on."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        await self._start_imap(context)
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(self._smtp, "127.0.0.1", 0, ssl=context)
        self.smtp_port = smtp.sockets[0].getsockname()[1]
        self._servers.append(smtp)

    async def _start_imap(self, context: ssl.SSLContext | None) -> None:
        arguments = Namespace(passlib_cfg=None, proxy_protocol=None)
        self._config = Config(
            arguments,
            host="127.0.0.1",
            port=0,
            demo_data=False,
            demo_user=USER,
            demo_password=PASSWORD,
            tls_enabled=False,
            hash_context=Cleartext(),
            invalid_user_sleep=0.0,
        )
        self._config.apply_context()
        self._login = Login(self._config)
        await self._set_user(PASSWORD)
        serve = IMAPServer(self._login, self._config)

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.logins += 1
            self._writers.add(writer)
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            self._listen_in(reader, writer)
            try:
                await serve(reader, writer, SocketInfoLocal(writer.transport))
            except (ConnectionError, asyncio.CancelledError, EOFError):
                pass
            finally:
                self._writers.discard(writer)
                self._tasks.discard(task)

        server = await asyncio.start_server(connected, "127.0.0.1", self.imap_port, ssl=context)
        self.imap_port = server.sockets[0].getsockname()[1]
        self._servers.append(server)

    def _listen_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hang up, or say nothing, where somebody fetches what this server cannot bear."""
        readline = reader.readline

        async def heard() -> bytes:
            line = await readline()
            fetched = re.search(rb"UID FETCH (\d+) \(UID BODY.PEEK", line)
            uid = int(fetched[1]) if fetched else 0
            if uid in self.hangs_up_over or (uid and self.store_broken):
                writer.transport.abort()
            if uid in self.silent_over:
                await asyncio.Event().wait()
            return line

        reader.readline = heard  # type: ignore[method-assign]

    async def _set_user(self, password: str) -> None:
        self._login.users_dict[USER] = UserMetadata(self._config, USER, password=password)

    def change_password(self, password: str) -> None:
        """From now on only this one lets in."""
        self._login.users_dict[USER] = UserMetadata(self._config, USER, password=password)

    async def _inbox(self) -> Any:
        if USER not in self._config.set_cache:
            async with self._login.demo_user_identity.new_session():
                pass
        mailboxes: MailboxSet = self._config.set_cache[USER][0]
        return await mailboxes.get_mailbox("INBOX")

    async def deliver(self, raw: bytes, *, seen: bool = False, at: datetime | None = None) -> int:
        """Put a mail into the inbox; its number."""
        flags: frozenset[Flag] = frozenset({Seen}) if seen else frozenset()
        message = AppendMessage(raw, at or datetime.now(UTC), flags)
        inbox = await self._inbox()
        appended = await inbox.append(message)
        return int(appended.uid)

    async def read(self) -> list[int]:
        """The numbers of the mails that are marked as read."""
        inbox = await self._inbox()
        return [message.uid async for message in inbox.messages() if Seen in message.permanent_flags]

    async def everything(self) -> list[int]:
        """The numbers of all mails."""
        inbox = await self._inbox()
        return [message.uid async for message in inbox.messages()]

    async def empty(self) -> None:
        """Forget all mails, and what was handed in."""
        inbox = await self._inbox()
        await inbox.delete(await self.everything())
        self.handed.clear()
        self.refusals.clear()
        self.hangs_up_over.clear()
        self.silent_over.clear()
        self.store_broken = False

    async def renumber(self) -> None:
        """Make the server count anew: same mails, other validity, as after a move to another machine."""
        inbox = await self._inbox()
        inbox._uid_validity += 1

    async def start_over(self) -> None:
        """Empty, with numbers from the first on that count for the same: as another server's may."""
        await self.empty()
        inbox = await self._inbox()
        inbox._max_uid = 100

    def hang_up(self) -> None:
        """End every connection to the IMAP server."""
        for writer in list(self._writers):
            writer.transport.abort()

    def _smtp(self) -> _Smtp:
        return _Smtp(self)

    async def close(self) -> None:
        """Stop."""
        self.hang_up()
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.hang_up()
        await end(*self._tasks)

    def next_answer(self, command: str) -> str | None:
        """What was said to be answered to this command."""
        answers = self.refusals.get(command)
        return answers.pop(0) if answers else None

    def config(self, **more: Any) -> str:
        """A ``mailboxes.yml`` with the one mailbox ``support``."""
        mailbox: dict[str, Any] = {
            "key": "support",
            "address": USER,
            "name": "Harbour & Hill",
            "slack_channel": "support",
            "imap": {"host": "127.0.0.1", "port": self.imap_port, "security": "none", "user": USER},
            "smtp": {"host": "127.0.0.1", "port": self.smtp_port, "security": "none", "user": USER},
            "authserv_ids": ["mx.shop.example"],
        }
        return yaml.safe_dump({"mailboxes": [mailbox | more]})

    def write_config(self, folder: Path, **more: Any) -> None:
        """Put ``config`` into a folder of config files."""
        (folder / "mailboxes.yml").write_text(self.config(**more))


class _Smtp(SMTP):
    """One connection."""

    def __init__(self, provider: MailProvider) -> None:
        self._provider = provider
        super().__init__(
            _Handler(provider, self),
            hostname="mx.shop.example",
            auth_require_tls=False,
            authenticator=self._let_in,
            loop=asyncio.get_running_loop(),
            data_size_limit=40_000_000,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._provider._connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._provider._connections.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        """Hang up in the middle of whatever is said."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def _let_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        known = self._provider._login.users_dict[USER].password or ""
        good = isinstance(data, LoginPassword) and data.login == USER.encode()
        return AuthResult(success=good and data.password == known.encode(), handled=False)


class _Handler:
    def __init__(self, provider: MailProvider, connection: _Smtp) -> None:
        self._provider = provider
        self._connection = connection

    async def auth_XOAUTH2(self, _server: SMTP, args: list[str]) -> AuthResult:
        """Let in whoever shows a token that the provider knows."""
        import base64

        said = base64.b64decode(args[1]).decode()
        token = said.partition("auth=Bearer ")[2].rstrip("\x01")
        return AuthResult(success=token in self._provider.tokens, handled=False, auth_data=said)

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """MAIL FROM."""
        answer = self._answer("MAIL")
        if answer is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer or "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """RCPT TO."""
        answer = self._answer("RCPT")
        if answer is None:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer or "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """The mail itself."""
        answer = self._answer("DATA", envelope)
        if answer is None:
            self._take(envelope)
        return answer or "250 2.0.0 queued as 1"

    def _answer(self, command: str, envelope: Envelope | None = None) -> str | None:
        answer = self._provider.next_answer(command)
        if answer != "drop":
            return answer
        if envelope is not None and self._provider.takes_before_drop:
            self._take(envelope)
        self._connection.hang_up()
        return "421 gone"

    def _take(self, envelope: Envelope) -> None:
        content = envelope.content
        assert isinstance(content, bytes)
        self._provider.handed.append(Handed(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))


@asynccontextmanager
async def provider(context: ssl.SSLContext | None = None) -> AsyncIterator[MailProvider]:
    """A mail provider, started and stopped."""
    running = MailProvider()
    await running.start(context)
    try:
        yield running
    finally:
        await running.close()
