"""One mail is handed in over SMTP (RFC 5321), and it is said how sure that is."""

from __future__ import annotations

import ssl
from contextlib import suppress

import aiosmtplib

from bot.mail.errors import LoginRefused, Trouble, unreachable
from bot.mail.logins import Login
from cases.deliveries import NotTaken, TryLater, Unclear
from cases.mailboxes import Mailbox, Security

CONNECT_SECONDS = 12.0
COMMAND_SECONDS = 12.0
DATA_SECONDS = 40.0
"""Altogether less than what one attempt may take, so that we know how it ended."""
_MOST_SAID = 300


async def hand_in(mailbox: Mailbox, login: Login | None, recipient: str, raw: bytes) -> str:
    """Hand ``raw`` in for ``recipient``; what the server said to that.

    Raises NotTaken when it will never be taken, TryLater when it was not taken now, and Unclear when the
    connection broke after the server had all of it.
    """
    client = _client(mailbox)
    try:
        await _greet(client, mailbox, login)
        await _envelope(client, mailbox.address, recipient)
        return await _data(client, raw)
    finally:
        with suppress(aiosmtplib.SMTPException, OSError):
            client.close()


async def greet(mailbox: Mailbox, login: Login | None) -> None:
    """Log in, and hang up without sending anything; raises LoginRefused or Trouble."""
    client = _client(mailbox)
    try:
        await _log_in(client, mailbox, login)
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=COMMAND_SECONDS)
    finally:
        client.close()


def _client(mailbox: Mailbox) -> aiosmtplib.SMTP:
    server = mailbox.smtp
    secure = server.security is not Security.NONE
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security is Security.TLS,
        start_tls=server.security is Security.STARTTLS,
        tls_context=ssl.create_default_context() if secure else None,
        timeout=COMMAND_SECONDS,
        local_hostname=mailbox.domain,
    )


async def _greet(client: aiosmtplib.SMTP, mailbox: Mailbox, login: Login | None) -> None:
    try:
        await _log_in(client, mailbox, login)
    except Trouble as error:
        raise TryLater("The mail server cannot be used now: {why}", why=str(error)) from error


async def _log_in(client: aiosmtplib.SMTP, mailbox: Mailbox, login: Login | None) -> None:
    server = mailbox.smtp
    place = f"{server.host}:{server.port}"
    try:
        await client.connect(timeout=CONNECT_SECONDS)
        if server.user is not None and login is not None:
            if mailbox.oauth is not None:
                await client.auth_xoauth2(server.user, await login.token())
            else:
                await client.login(server.user, login.smtp_password)
    except aiosmtplib.SMTPAuthenticationError as error:
        if login is not None:
            login.forget()
        said = _said(error.code, error.message)
        why = f"{place} refuses the login of {server.user}: {said}"  # not translated
        raise LoginRefused(why) from error
    except aiosmtplib.SMTPResponseException as error:
        why = f"{place} turns us away: {_said(error.code, error.message)}"  # not translated
        raise Trouble(why) from error
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise unreachable(place, error.__cause__ or error) from error


async def _envelope(client: aiosmtplib.SMTP, sender: str, recipient: str) -> None:
    try:
        await client.mail(sender)
        await client.rcpt(recipient)
    except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused) as error:
        raise _refusal(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise TryLater("The mail server hung up before it took this.") from error


async def _data(client: aiosmtplib.SMTP, raw: bytes) -> str:
    try:
        answer = await client.data(raw, timeout=DATA_SECONDS)
    except aiosmtplib.SMTPDataError as error:
        raise _refusal(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise Unclear("The mail server hung up before it said whether it took this.") from error
    return _said(answer.code, answer.message)


def _refusal(code: int, message: str) -> NotTaken | TryLater:
    """4xx is for now, 5xx for good (RFC 5321, 4.2.1)."""
    said = _said(code, message)
    if 500 <= code < 600:
        return NotTaken("The mail server refuses this: {said}", said=said)
    return TryLater("The mail server does not take this now: {said}", said=said)


def _said(code: int, message: str) -> str:
    words = " ".join("".join(char if char.isprintable() else " " for char in message).split())
    return f"{code} {words}"[:_MOST_SAID]
