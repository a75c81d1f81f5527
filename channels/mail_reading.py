"""A mail's bytes as an ``InboundMail``: whatever they are, this ends soon and raises Quarantine at worst."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from cases.language import _
from channels import mail_automatic, mail_senders, mail_text, mail_threading, mail_trust
from channels.errors import Flaw, Quarantine
from channels.mail import MAX_SUBJECT, Address, InboundMail, Own
from channels.mail_parts import Headers, parse
from channels.mail_tokens import without_token
from channels.mail_words import header

_MAX_DATE = 100
_ARRIVED_BY = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")


def read(raw: bytes, own: Own) -> InboundMail:
    """The mail in ``raw``. Raises Quarantine for what cannot be read safely, and nothing else.

    A large one takes tenths of a second: do this in a thread.
    """
    try:
        return _read(raw, own)
    except Quarantine:
        raise
    except Exception as error:  # A mail of a shape that nobody thought of must not stop the others.
        raise Quarantine(Flaw.UNREADABLE) from error


def _read(raw: bytes, own: Own) -> InboundMail:
    root = parse(raw)
    headers = root.headers
    sender = mail_senders.sender(headers)
    reply_to = mail_senders.reply_to(headers, sender)
    to, cc = mail_senders.everybody(headers, "to"), mail_senders.everybody(headers, "cc")
    subject = header(headers.first("subject"))[:MAX_SUBJECT]
    words = mail_text.body(root)
    said = mail_text.said(root, words, subject)
    automatic = mail_automatic.automatic(root, sender, words, own)
    authenticated = mail_trust.authenticated(headers, sender, own.authserv_ids)
    return InboundMail(
        message_id=mail_threading.message_id(headers),
        sender=sender,
        reply_to=reply_to,
        to=to,
        cc=cc,
        subject=subject,
        text=said.text,
        folded=said.folded,
        language=_language(headers),
        references=mail_threading.references(headers),
        tokens=_tokens(headers, (*to, *cc), own),
        attachments=said.attachments,
        date=_date(headers.first("date")),
        automatic=automatic,
        may_answer=mail_automatic.may_answer(headers, sender, automatic),
        authenticated=authenticated,
        warnings=_warnings(sender, reply_to, authenticated=authenticated),
    )


def _tokens(headers: Headers, named: tuple[Address, ...], own: Own) -> tuple[str, ...]:
    """What follows the plus sign of our own addresses, wherever a mail says whom it is for."""
    arrived = [one for name in _ARRIVED_BY for one in mail_senders.everybody(headers, name)]
    parts = (without_token(one.email) for one in (*named, *arrived))
    return tuple(dict.fromkeys(token for base, token in parts if token and base in own.addresses))


def _date(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(value[:_MAX_DATE])
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _language(headers: Headers) -> str | None:
    tag = headers.first("content-language").partition(",")[0].strip().partition("-")[0].lower()
    return tag if len(tag) == 2 and tag.isascii() and tag.isalpha() else None


def _warnings(sender: Address, reply_to: Address | None, *, authenticated: bool | None) -> tuple[str, ...]:
    found = []
    if authenticated is False:
        found.append(_("Nothing proves that this mail comes from {address}.", address=sender.email))
    if reply_to is not None:
        found.append(_("The sender asks for answers to another address: {address}.", address=reply_to.email))
    if mail_senders.is_strange(sender.name):
        found.append(
            _(
                "The sender's name holds letters that are easily taken for others: {name} ({address}).",
                name=mail_senders.spelled(sender.name),
                address=sender.email,
            )
        )
    if mail_senders.names_another(sender):
        found.append(
            _("The sender's name looks like another address; it came from {address}.", address=sender.email)
        )
    return tuple(found)
