"""Our answers as mails that every program shows well: plain words, and the same in a quiet house layout.

Nothing in them is fetched from elsewhere. The same mail gives the same bytes, so that sending it again is
sending it once. Python's newer mail policy encodes long Message-IDs as if they were words, so this uses the
older one.
"""

from __future__ import annotations

import html
import re
import unicodedata
from email.charset import QP, Charset
from email.encoders import encode_base64
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.policy import Compat32
from email.utils import format_datetime, quote
from hashlib import sha256
from io import BytesIO

from cases.language import _
from cases.reader import reader
from channels.errors import BadHeader
from channels.mail import Address, OutboundMail, Part, Quoted
from channels.mail_senders import address
from channels.mail_threading import ids

MAX_REFERENCES = 20
"""Message-IDs that a reply names: the first of the exchange, and the newest."""
MAX_QUOTED = 20_000
"""Characters of the customer's mail below a reply."""

_POLICY = Compat32(linesep="\r\n", max_line_length=None)
_RE = re.compile(r"\s*(?:re|aw|odp|vá|vs|sv|ynt|antw)\s*(?:\[\d+\])?\s*:\s*", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"]{1,2000}")
_END_OF_LINK = ".,;:!?)]}'’”"
_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+")

_PAGE = (
    '<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"></head>\n'
    "<body style=\"margin:0;padding:16px;font:15px/1.5 -apple-system,'Segoe UI',Roboto,Arial,sans-serif;"
    'color:#1d1c1d">\n{content}</body></html>\n'  # not translated
)
_QUOTE = (
    '<p style="margin:24px 0 8px;color:#616061">{said}</p>\n'
    '<blockquote style="margin:0;padding:0 0 0 12px;border-left:2px solid #ddd;color:#616061">\n'
    "{content}</blockquote>\n"  # not translated
)


def answer(subject: str) -> str:
    """The subject of an answer to ``subject``: with one ``Re:``, however many there were, on one line."""
    subject = " ".join(subject.split())
    while found := _RE.match(subject):
        subject = subject[found.end() :]
    return f"Re: {subject}"  # not translated


def write(mail: OutboundMail) -> bytes:
    """``mail`` as it goes over the wire, its own words in the reader's language (``cases.reader.use``).

    Raises BadHeader for control characters in a header, and for an address or Message-ID that is none.
    """
    headers = _headers(mail)
    root = _whole(mail)
    for name, value in headers:
        root[name] = value
    written = BytesIO()
    BytesGenerator(written, mangle_from_=False, policy=_POLICY).flatten(root)
    return written.getvalue()


# ── Headers ──────────────────────────────────────────────────────────────────────────────────────────────


def _headers(mail: OutboundMail) -> list[tuple[str, str]]:
    references = _references(mail.references)
    found = [
        ("From", _address("From", mail.sender)),  # not translated
        ("To", _address("To", mail.to)),
        ("Subject", _words("Subject", mail.subject)),  # not translated
        ("Date", format_datetime(mail.date)),  # not translated
        ("Message-ID", _message_id(mail.message_id)),
    ]
    if mail.reply_to is not None:
        found.insert(2, ("Reply-To", _address("Reply-To", mail.reply_to)))
    if references:
        found.append(("In-Reply-To", references[-1]))
        found.append(("References", "\n ".join(references)))  # not translated
    if mail.automatic:
        found.append(("Auto-Submitted", "auto-replied" if references else "auto-generated"))
        found.append(("X-Auto-Response-Suppress", "All"))  # not translated
    return [*found, ("Content-Language", reader().language.value)]


def _checked(text: str) -> str:
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in text):
        raise BadHeader
    return text


def _words(name: str, text: str) -> str:
    """Words of a header, folded; encoded where they are not plain (RFC 2047)."""
    plain = _checked(text).isascii() and "=?" not in text
    return Header(text, "us-ascii" if plain else "utf-8", maxlinelen=76, header_name=name).encode()


def _address(name: str, person: Address) -> str:
    email = address(person.email)
    if email is None or _checked(person.email) != person.email.strip():
        raise BadHeader
    if not person.name.strip():
        return email
    shown = _checked(person.name).strip()
    if _PLAIN_PHRASE.fullmatch(shown) and "=?" not in shown:
        return f"{shown}\n <{email}>" if len(shown) + len(email) > 60 else f"{shown} <{email}>"
    if shown.isascii() and "=?" not in shown:
        return f'"{quote(shown)}"\n <{email}>'
    return f"{Header(shown, 'utf-8', maxlinelen=76, header_name=name).encode()}\n <{email}>"


def _message_id(value: str) -> str:
    if ids(value) != [_checked(value)] or not value.isascii():
        raise BadHeader
    return value


def _references(values: tuple[str, ...]) -> list[str]:
    """The first and the newest of them; those that are none are left out: others wrote them."""
    sound = [one for value in values for one in ids(value) if one.isascii() and len(one) <= 250]
    return sound if len(sound) <= MAX_REFERENCES else [sound[0], *sound[1 - MAX_REFERENCES :]]


# ── Content ──────────────────────────────────────────────────────────────────────────────────────────────


def _whole(mail: OutboundMail) -> Message:
    words = MIMEMultipart("alternative", boundary=_boundary(mail, "words"), policy=_POLICY)
    words.attach(_text(_plain(mail), "plain"))
    words.attach(_text(_page(mail), "html"))
    if not mail.attachments:
        return words
    whole = MIMEMultipart("mixed", boundary=_boundary(mail, "files"), policy=_POLICY)
    whole.attach(words)
    for part in mail.attachments:
        whole.attach(_attached(part))
    return whole


def _boundary(mail: OutboundMail, what: str) -> str:
    return f"={what}={sha256((mail.message_id + what).encode()).hexdigest()[:24]}="


def _text(text: str, kind: str) -> MIMEText:
    charset = Charset("utf-8")
    charset.body_encoding = QP
    part = MIMEText("", kind, "us-ascii", policy=_POLICY)
    del part["Content-Transfer-Encoding"], part["MIME-Version"]
    part.set_payload(text, charset)
    del part["MIME-Version"]
    return part


def _attached(part: Part) -> Message:
    kind = part.mime_type if _TYPE.fullmatch(part.mime_type) else "application/octet-stream"
    made = MIMENonMultipart(*kind.split("/"), policy=_POLICY)
    del made["MIME-Version"]
    made.set_payload(part.content)
    encode_base64(made)
    name = _checked(part.name)
    made.add_header(
        "Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name)
    )
    return made


def _plain(mail: OutboundMail) -> str:
    parts = [mail.text.strip()]
    if mail.signature.strip():
        parts.append(f"-- \n{mail.signature.strip()}")
    if mail.quoted is not None:
        lines = mail.quoted.text[:MAX_QUOTED].strip().split("\n")
        quoted = "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines)
        parts.append(f"{_said(mail.quoted)}\n{quoted}")
    return "\n\n".join(parts) + "\n"


def _page(mail: OutboundMail) -> str:
    content = _paragraphs(mail.text)
    if mail.signature.strip():
        content += f'<p style="margin:16px 0 0;color:#616061">{_lines(mail.signature.strip())}</p>\n'
    if mail.quoted is not None:
        words = _paragraphs(mail.quoted.text[:MAX_QUOTED])
        content += _QUOTE.format(said=html.escape(_said(mail.quoted)), content=words)
    return _PAGE.format(language=reader().language.value, content=content)


def _said(quoted: Quoted) -> str:
    """The line above a quote, in the reader's language."""
    return _("On {at}, {name} wrote:", at=quoted.at, name=" ".join(quoted.name.split()))


def _paragraphs(text: str) -> str:
    blocks = (block for block in re.split(r"\n[ \t]*\n", text.strip()) if block.strip())
    return "".join(f'<p style="margin:0 0 12px">{_lines(block)}</p>\n' for block in blocks)


def _lines(text: str) -> str:
    """Text as HTML to the letter; addresses of pages lead where they say."""
    parts, place = [], 0
    for found in _LINK.finditer(text):
        target = found[0].rstrip(_END_OF_LINK)
        escaped = html.escape(target)
        parts += [html.escape(text[place : found.start()]), f'<a href="{escaped}">{escaped}</a>']
        place = found.start() + len(target)
    return "".join([*parts, html.escape(text[place:])]).replace("\n", "<br>\n")
