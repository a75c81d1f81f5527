"""A customer's mail program: writes mails as those do, and reads them as text."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from carriers.store import Kept

_LONGEST = 50_000
_SNIPPET = 140
_UNREADABLE = "(This mail cannot be shown.)"
_ODD = (MessageError, LookupError, ValueError, AttributeError, TypeError)
"""What Python's parser raises at headers and bodies that are none."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a customer typed."""

    key: str
    """Makes its Message-ID: handed in again, it is the same mail."""
    name: str
    address: str
    subject: str
    text: str


def compose(letter: Letter, to: str, answered: Kept | None) -> bytes:
    """The mail; an answer names what it answers and quotes it below."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = _mailbox(letter.name, letter.address)
    mail["Subject"] = " ".join(letter.subject.split())
    mail["Message-ID"] = message_id(letter)
    text = letter.text
    if answered is not None:
        earlier = _parsed(answered)
        _refer(mail, earlier)
        text += f"\n\n{_quoted(answered, earlier)}"
        mail["To"] = _answer_address(earlier) or to
    else:
        mail["To"] = to
    mail.set_content(text, cte="quoted-printable")
    return mail.as_bytes()


def message_id(letter: Letter) -> str:
    """By which every program knows this mail again."""
    return f"<{letter.key}@{letter.address.rpartition('@')[2]}>"


def recipient(raw: bytes) -> str:
    """To whom a mail of ours goes."""
    return str(message_from_bytes(raw, policy=policy.default)["To"].addresses[0].addr_spec)


def was_sent(kept: list[Kept], letter: Letter) -> bool:
    """Whether this letter lies among the sent ones already."""
    return any(each.mine and _parsed(each)["Message-ID"] == message_id(letter) for each in kept)


def summary(kept: Kept) -> dict[str, Any]:
    """One line of the list of mails."""
    mail = _parsed(kept)
    words = " ".join(_text(mail).split())
    return {
        "number": kept.number,
        "mine": kept.mine,
        "who": _who(mail, "To" if kept.mine else "From"),
        "subject": _said(mail, "Subject"),
        "at": kept.at.isoformat(),
        "begins": words[:_SNIPPET],
    }


def whole(kept: Kept) -> dict[str, Any]:
    """A mail as its reader sees it."""
    mail = _parsed(kept)
    files = [part.get_filename() or "file" for part in mail.walk() if part.is_attachment()]
    return summary(kept) | {"text": _text(mail)[:_LONGEST], "files": files}


def _mailbox(name: str, address: str) -> Address:
    return Address(" ".join(name.split()), addr_spec=address)


def _parsed(kept: Kept) -> EmailMessage:
    return message_from_bytes(kept.raw(), policy=policy.default)


def _said(mail: EmailMessage, name: str) -> str:
    try:
        return str(mail[name] or "")
    except _ODD:
        return ""


def _who(mail: EmailMessage, name: str) -> str:
    try:
        first = mail[name].addresses[0]
    except _ODD:
        return _said(mail, name)
    return str(first.display_name or first.addr_spec)


def _text(mail: EmailMessage) -> str:
    """Its plain text: this program never shows HTML."""
    try:
        body = mail.get_body(("plain",))
        return str(body.get_content()).strip() if body is not None else _UNREADABLE
    except _ODD:
        return _UNREADABLE


def _answer_address(earlier: EmailMessage) -> Any:
    """To whom an answer goes, under the name that the mail came from; None = nobody can be told."""
    for name in ("Reply-To", "From"):
        try:
            return _mailbox(_who(earlier, "From"), str(earlier[name].addresses[0].addr_spec))
        except _ODD:
            continue
    return None


def _refer(mail: EmailMessage, earlier: EmailMessage) -> None:
    answered = " ".join(_said(earlier, "Message-ID").split())
    if answered:
        mail["In-Reply-To"] = answered
        mail["References"] = " ".join([*_said(earlier, "References").split()[-20:], answered])


def _quoted(kept: Kept, earlier: EmailMessage) -> str:
    day = format_datetime(kept.at).rpartition(":")[0]
    lines = [f"> {line}".rstrip() for line in _text(earlier)[:_LONGEST].splitlines()]
    return "\n".join([f"On {day}, {_who(earlier, 'From')} wrote:", *lines])
