"""Where mails are handed in: a real SMTP server (aiosmtpd) that delivers on this machine only."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from email import message_from_bytes, policy
from email.errors import MessageError
from email.utils import formatdate
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from carriers.config import HOST, SERVER, Options
from carriers.store import mailbox_of

_LARGEST = 40_000_000
Deliver = Callable[[str, bytes], Awaitable[None]]
"""Put a mail into a mailbox for good."""


class Smtp:
    """Takes mails of those who log in, each from their own address only."""

    def __init__(self, options: Options, deliver: Deliver) -> None:
        self._options = options
        self._deliver = deliver
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, HOST, self._options.smtp_port)

    def _connection(self) -> SMTP:
        return SMTP(
            _Handler(self._deliver),
            hostname=SERVER,
            auth_require_tls=False,
            authenticator=self._let_in,
            loop=asyncio.get_running_loop(),
            data_size_limit=_LARGEST,
        )

    def _let_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        """The shop with its password; a customer's mail program, which is ours, with the control secret."""
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        user = data.login.decode(errors="replace")
        known = self._options.mail_secret if user == self._options.shop else self._options.control
        good = hmac.compare_digest(data.password, known.encode())
        return AuthResult(success=good, handled=False, auth_data=user)

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()


class _Handler:
    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def handle_MAIL(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """MAIL FROM."""
        if not session.authenticated:
            return "530 5.7.0 Log in first"
        if address.lower() != _user(session):
            return "550 5.7.1 That is not your address"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """RCPT TO."""
        if mailbox_of(address) is None:
            return "550 5.1.1 There is no such mailbox on this machine"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        """The mail itself: it is on disk before we say that we have it."""
        content = envelope.content
        assert isinstance(content, bytes)
        raw = _stamps(_user(session), content) + content
        for mailbox in dict.fromkeys(mailbox_of(address) for address in envelope.rcpt_tos):
            assert mailbox is not None
            await self._deliver(mailbox, raw)
        return "250 2.0.0 It is in the mailbox"


def _user(session: Session) -> str:
    """Who has logged in."""
    known: Any = session.auth_data
    return str(known)


def _stamps(user: str, content: bytes) -> bytes:
    """What a provider writes above a mail: by what way it came, and whether it is who it says."""
    domain = user.rpartition("@")[2]
    proven = "pass" if _author(content) == user else "fail"
    lines = (
        f"Authentication-Results: {SERVER}; dmarc={proven} header.from={domain}",
        f"Received: by {SERVER} with ESMTPA; {formatdate()}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


def _author(content: bytes) -> str | None:
    try:
        head = content.partition(b"\r\n\r\n")[0]
        (author,) = message_from_bytes(head, policy=policy.default)["From"].addresses
        return str(author.addr_spec).lower()
    except (MessageError, AttributeError, ValueError, TypeError, IndexError):
        return None
