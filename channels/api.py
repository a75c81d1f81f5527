"""The channel API: what other systems send us, read strictly, and how both sides sign (Standard Webhooks)."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from standardwebhooks import Webhook

from cases.arrivals import Handle
from channels.errors import BadRequest, BadText, EmptyMessage, Unsigned
from channels.webchat import MAX_FILES, clean_email, clean_name, clean_text

MAX_BODY = 12_000_000
"""Bytes of one request, files in it included: larger ones are named by their address."""
MAX_TEXT = 50_000
"""Characters of one message, or of a call's notes and transcript."""
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
"""The headers that a signed request has, in either direction."""

_ID = re.compile(r"[!-\-/-~]{1,128}")
"""A webhook-id: printable, without the dot that separates what is signed."""
_STAMP = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_FRESH_SECONDS = 300
"""As Standard Webhooks say, and the library that verifies."""
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing that a customer wrote is older."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
Short = Annotated[str, StringConstraints(max_length=300)]
Words = Annotated[str, StringConstraints(max_length=MAX_TEXT)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(_Strict):
    """Who writes or calls, as your system knows them."""

    id: Id = Field(description="Your own id of this person: the same person, the same id.")
    name: Short | None = None
    email: Short | None = None
    phone: Short | None = None
    verified: bool = Field(
        False,
        description="Whether your system knows that it is them, and that address and number are theirs.",
    )


class File(_Strict):
    """A file: its content in base64, or a public https address from which we fetch it at once."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    type: Short | None = Field(None, description="Its media type.")
    content: str | None = Field(None, description="The bytes in base64. Either this or `url`.")
    url: Annotated[str, StringConstraints(max_length=2000)] | None = None


class Message(_Strict):
    """Something that a customer wrote."""

    sender: Person
    text: Words = ""
    subject: Short | None = Field(None, description="What a case that it opens is called.")
    thread: Id | None = Field(
        None, description="Your name of the exchange: messages of one sender and thread are one conversation."
    )
    files: Annotated[list[File], Field(max_length=MAX_FILES)] = []
    language: Annotated[str, StringConstraints(max_length=35)] | None = Field(
        None, description="In which the customer reads, such as `pl` or `hu-HU`."
    )
    at: AwareDatetime | None = Field(
        None, description="When it was written, if that was a while ago: since 2000."
    )
    automatic: bool = Field(
        False,
        description="Whether a machine wrote it, such as an out-of-office note: nothing goes back by itself.",
    )


class DeliveryReport(_Strict):
    """How far one of our replies has come."""

    message: UUID = Field(description="The reply's id: its `webhook-id`, and `message` in its body.")
    state: Literal["delivered", "read", "failed"]
    reason: Short | None = Field(None, description="Why it failed, for the agent.")


class Call(_Strict):
    """A phone call: that it began, or what was said once it is over."""

    event: Literal["started", "ended"]
    caller: Person
    agent: Short | None = Field(None, description="Who took it, for the record.")
    notes: Words = ""
    transcript: Words = ""


class Taken(_Strict):
    """Your message is written down."""

    message: UUID = Field(description="Our id of it.")
    reference: str = Field(description="The case's reference, such as CX-1042.")
    duplicate: bool = Field(description="Whether it had come before under this webhook-id.")


class Noted(_Strict):
    """Your report is written down."""

    news: bool = Field(description="Whether it was new to us.")


class CallTaken(_Strict):
    """Your call is written down."""

    reference: str | None = Field(
        description="The case in which it is shown; null where the caller has none and the call only began."
    )
    duplicate: bool


class ErrorDetail(_Strict):
    """What is wrong."""

    code: str = Field(description="For programs.")
    message: str = Field(description="One sentence for people.")


class ErrorAnswer(_Strict):
    """Nothing was done."""

    error: ErrorDetail


_T = TypeVar("_T", bound=BaseModel)


def check_headers(headers: Mapping[str, str], now: datetime) -> None:
    """Refuse, before anything is read, a request that cannot be signed as it must be; ``now`` is real time.

    Raises Unsigned.
    """
    if not all(headers.get(name) for name in SIGNED):
        raise Unsigned
    if not _ID.fullmatch(headers["webhook-id"]):
        raise Unsigned("“webhook-id” must be 1 to 128 visible characters without a dot.")
    stamp = headers["webhook-timestamp"]
    if not _STAMP.fullmatch(stamp) or abs(float(stamp) - now.timestamp()) > _FRESH_SECONDS:
        raise Unsigned


def check_signature(secret: str | None, headers: Mapping[str, str], body: bytes) -> str:
    """The webhook-id of a request that ``secret`` has signed in the last five minutes.

    Raises Unsigned for every other one, whatever is wrong with it.
    """
    check_headers(headers, datetime.now(UTC))
    if secret is None:
        raise Unsigned
    try:
        Webhook(secret).verify(body, {name: headers[name] for name in SIGNED}, json_parse=False)
    except Exception:
        # The library lets what it cannot parse through as it comes: bad UTF-8, base64, numbers.
        raise Unsigned from None
    return headers["webhook-id"]


def signed(secret: str, message: str, body: str, now: datetime) -> dict[str, str]:
    """The headers that prove to the other side that ``body`` is ours; ``now`` is real time."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, now, body),
    }


def parse_message(body: bytes, now: datetime) -> Message:
    """Read a message. Raises BadRequest, BadText, LongText, EmptyMessage."""
    message = _parse(Message, body)
    if message.at is not None and not _FIRST <= message.at <= now + timedelta(days=1):
        raise BadRequest("“at” must be between the year 2000 and tomorrow.")
    text = clean_text(message.text, MAX_TEXT)
    if not text.strip() and not message.files:
        raise EmptyMessage
    for file in message.files:
        if (file.content is None) == (file.url is None):
            raise BadRequest("A file needs either “content” or “url”.")
        clean_text(file.name)
        if file.content is not None:
            decoded(file)
    return message.model_copy(
        update={
            "text": text,
            "sender": cleaned(message.sender),
            "subject": clean_name(message.subject or "", 300),
        }
    )


def parse_delivery(body: bytes) -> DeliveryReport:
    """Read a report. Raises BadRequest or BadText."""
    report = _parse(DeliveryReport, body)
    return report.model_copy(update={"reason": clean_name(report.reason or "", 300)})


def parse_call(body: bytes) -> Call:
    """Read a call. Raises BadRequest, BadText, LongText."""
    call = _parse(Call, body)
    return call.model_copy(
        update={
            "caller": cleaned(call.caller),
            "agent": clean_name(call.agent or ""),
            "notes": clean_text(call.notes, MAX_TEXT).strip(),
            "transcript": clean_text(call.transcript, MAX_TEXT).strip(),
        }
    )


def cleaned(person: Person) -> Person:
    """Somebody without what cannot be seen in their name, and without an address that is none."""
    email = clean_email(person.email or "")
    return person.model_copy(
        update={
            "name": clean_name(person.name or ""),
            "email": email.lower() if email else None,
            "phone": clean_name(person.phone or "", 40),
        }
    )


def handle(source: str, person: str) -> Handle:
    """By what a person of a source is known."""
    return Handle("api", f"{source}:{person}")


def decoded(file: File) -> bytes:
    """The bytes of a file that came along; raises BadRequest when they are no base64."""
    try:
        return b64decode(file.content or "", validate=True)
    except (NotBase64, ValueError):
        raise BadRequest("“content” must be base64.") from None


def _parse(kind: type[_T], body: bytes) -> _T:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_input=False)[0]) from None


def _refusal(found: Mapping[str, Any]) -> BadRequest | BadText:
    if found["type"] == "json_invalid":
        return BadText() if "surrogate" in found["msg"] else BadRequest("This request is not JSON in UTF-8.")
    place = ".".join(str(part) for part in found["loc"])
    if not place:
        return BadRequest("This request must be a JSON object.")
    return BadRequest(f"“{place[:100]}”: {found['msg']}.")
