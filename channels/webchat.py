"""The web chat: what a visitor's browser may send us, read strictly and cleaned."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from channels.errors import BadRequest, BadText, EmptyMessage, LongText

MAX_TEXT = 10_000
"""Characters (Unicode code points) of one message."""
MAX_BODY = 64 * 1024
"""Bytes of one JSON request; 10,000 characters of any language fit as UTF-8."""
MAX_FILES = 10
"""Files of one message."""
MAX_QUESTION = 1_000
"""Characters of a text for which articles are looked up: the last ones."""
MAX_EDIT = 1_000_000
"""The highest number of an edit."""

_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNPRINTABLE = {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}
_EMAIL = re.compile(r"[^@\s<>()\[\],;:\"\\]{1,64}@[^@\s<>()\[\],;:\"\\]{1,189}")


@dataclass(frozen=True, slots=True)
class SignedVisitor:
    """A visitor as the host page presents them; only ``user_id`` is covered by the signature."""

    user_id: str
    signature: str
    name: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """A browser's wish to chat."""

    visitor: SignedVisitor | None
    visitor_token: str | None
    session_token: str | None
    """The session this browser had: its conversation goes on, also when the session is over."""
    new: bool


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message as a visitor wrote it."""

    client_message_id: str
    text: str
    files: tuple[UUID, ...]


def parse_session(body: bytes) -> SessionRequest:
    """Read the body of a session request; an empty body is an anonymous visitor.

    Raises BadRequest or BadText.
    """
    data = _object(body) if body.strip() else {}
    visitor = data.get("visitor")
    if visitor is not None and not isinstance(visitor, dict):
        raise BadRequest("“visitor” must be an object or null.")
    new = data.get("new")
    if new is not None and not isinstance(new, bool):
        raise BadRequest("“new” must be true or false.")
    return SessionRequest(
        visitor=None if visitor is None else _signed_visitor(visitor),
        visitor_token=_optional(data, "visitor_token", 1024),
        session_token=_optional(data, "session_token", 1024),
        new=bool(new),
    )


def parse_message(body: bytes) -> ChatMessage:
    """Read the body of a message.

    Raises BadRequest, BadText (NUL or broken Unicode), LongText, EmptyMessage.
    """
    data = _object(body)
    text = data.get("text", "")
    if not isinstance(text, str):
        raise BadRequest("“text” must be a string.")
    files = _file_uuids(data.get("file_ids"))
    text = clean_text(text)
    if not files and not text.strip():
        raise EmptyMessage
    return ChatMessage(_required(data, "client_message_id", 64), text, files)


def parse_question(body: bytes) -> str:
    """Read what a visitor is writing, for which articles are looked up: its end.

    Raises BadRequest, BadText, LongText.
    """
    text = _object(body).get("text")
    if not isinstance(text, str):
        raise BadRequest("“text” must be a string.")
    return clean_text(text)[-MAX_QUESTION:].strip()


def parse_edit(body: bytes) -> tuple[int, str]:
    """Read the body of an edit: its number and the new words.

    Raises BadRequest, BadText, LongText.
    """
    data = _object(body)
    edit, text = data.get("edit"), data.get("text")
    if not isinstance(edit, int) or isinstance(edit, bool) or not 1 <= edit <= MAX_EDIT:
        raise BadRequest("“edit” must be a whole number from 1, higher with each edit of a message.")
    if not isinstance(text, str):
        raise BadRequest("“text” must be a string.")
    return edit, clean_text(text)


def check_message_id(value: str) -> str:
    """The client's id of a message, from an address; raises BadRequest or BadText."""
    return _required({"client_message_id": value}, "client_message_id", 64)


def clean_text(text: str, most: int = MAX_TEXT) -> str:
    """``text`` with ``\\n`` line ends and without control characters except newline and tab.

    Raises BadText for NUL and lone surrogates (PostgreSQL and UTF-8 have no place for them) and
    LongText above ``most`` characters.
    """
    _check_characters(text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub("", text)
    if len(text) > most:
        raise LongText(
            "This message has {count} characters, and {most} fit into one. Please send it in several parts.",
            count=len(text),
            most=most,
        )
    return text


def clean_name(name: str, limit: int = 80) -> str | None:
    """A person's name on one line, without characters that cannot be seen or that turn the reading
    direction; None when nothing is left."""
    _check_characters(name)
    visible = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", name))
    visible = "".join(char for char in visible if unicodedata.category(char) not in _UNPRINTABLE)
    return " ".join(visible.split())[:limit].strip() or None


def clean_email(address: str) -> str | None:
    """The mail address, or None when it is not one (a wrong one must not keep anybody from chatting)."""
    address = address.strip()
    return address if _EMAIL.fullmatch(address) and address.isprintable() else None


def clean_file_name(name: str, limit: int = 120) -> str:
    """The last part of a path as a harmless file name that keeps its ending.

    Takes away folders, control and direction-changing characters, and the characters that some
    file system gives a meaning to; a name of which nothing is left becomes ``file``.
    """
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    base = "".join(char for char in base if unicodedata.category(char) not in _UNPRINTABLE)
    base = re.sub(r"[<>:\"|?*]", "_", base)
    base = " ".join(base.split()).strip(". ")
    stem, dot, ending = base.rpartition(".")
    if dot and len(ending) <= 16:
        base = f"{stem[: limit - len(ending) - 1]}.{ending}"
    return base[:limit] or "file"


_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
SAFE_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Types that a browser may show in place; everything else is only ever downloaded."""
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")


def file_type(head: bytes, claimed: str | None) -> str:
    """The media type of a file that starts with ``head`` (at least 12 bytes where it has them).

    An image type is only believed when the bytes say so; other types are the sender's word.
    """
    for magic, mime in _MAGIC:
        if head.startswith(magic):
            return mime
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    claimed = (claimed or "").split(";")[0].strip().lower()
    if not _TYPE.fullmatch(claimed) or claimed in SAFE_IMAGES:
        return "application/octet-stream"
    return claimed


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if "surrogate" in str(error) and "UTF-8" not in str(error):
            raise BadText from None
        raise BadRequest("This request is not JSON in UTF-8.") from None
    if not isinstance(data, dict):
        raise BadRequest("This request must be a JSON object.")
    return data


def _check_characters(text: str) -> None:
    if "\x00" in text:
        raise BadText
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadText from None


def _required(data: dict[str, Any], key: str, limit: int) -> str:
    value = _optional(data, key, limit)
    if not value:
        raise BadRequest(f"“{key}” must be a string of 1 to {limit} characters.")
    return value


def _optional(data: dict[str, Any], key: str, limit: int) -> str | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > limit:
        raise BadRequest(f"“{key}” must be a string of at most {limit} characters.")
    _check_characters(value)
    return value


def _signed_visitor(data: dict[str, Any]) -> SignedVisitor:
    name = _optional(data, "name", 1_000)
    email = _optional(data, "email", 1_000)
    return SignedVisitor(
        user_id=_required(data, "user_id", 200),
        signature=_optional(data, "signature", 200) or "",
        name=clean_name(name) if name else None,
        email=clean_email(email) if email else None,
    )


def _file_uuids(value: object) -> tuple[UUID, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_FILES:
        raise BadRequest(f"“file_ids” must be a list of at most {MAX_FILES} file ids.")
    try:
        return tuple(dict.fromkeys(UUID(item) for item in value))
    except (ValueError, TypeError, AttributeError):
        raise BadRequest("“file_ids” must hold ids that this chat gave out.") from None
