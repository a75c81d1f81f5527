"""What a channel refuses, each with a code for programs and a sentence for the person."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from cases.errors import AlreadyDone, InvalidInput, NotAllowed, NotFound


class BadSignature(NotAllowed):
    """This visitor could not be verified: the signature does not belong to this user and chat."""

    code: ClassVar[str] = "bad_signature"


class BadToken(NotAllowed):
    """This chat session is not valid. Please open the chat again."""

    code: ClassVar[str] = "bad_token"


class SessionExpired(NotAllowed):
    """This chat session has expired. Please open the chat again; the conversation continues."""

    code: ClassVar[str] = "session_expired"


class BadText(InvalidInput):
    """This message contains characters that are not text. Please remove them and send it again."""

    code: ClassVar[str] = "bad_text"


class EmptyMessage(InvalidInput):
    """There is nothing to send: please write something or attach a file."""

    code: ClassVar[str] = "empty_message"


class LongText(InvalidInput):
    """This message is too long. Please send it in several parts."""

    code: ClassVar[str] = "text_too_long"


class TooLateToChange(NotAllowed):
    """This message can no longer be changed; please write a new one."""

    code: ClassVar[str] = "too_late"


class ChangedElsewhere(AlreadyDone):
    """This message was changed in another window meanwhile; please look at it again."""

    code: ClassVar[str] = "changed_elsewhere"


class TooManyChanges(NotAllowed):
    """Too many changes wait for messages that have not arrived."""

    code: ClassVar[str] = "too_many_changes"


class FileTypeRefused(InvalidInput):
    """Programs and scripts cannot be sent here. Please choose another file."""

    code: ClassVar[str] = "file_type"


class FileTaken(NotFound):
    """This file has gone with another message already. Please attach it again."""

    code: ClassVar[str] = "unknown_file"


class BadRequest(InvalidInput):
    """This request cannot be read."""

    code: ClassVar[str] = "bad_request"


class AddressRefused(InvalidInput):
    """Files are fetched from public https addresses only."""

    code: ClassVar[str] = "address_refused"


class Unsigned(NotAllowed):
    """This request is not signed as it must be."""

    code: ClassVar[str] = "bad_signature"


class UnknownSource(NotFound):
    """There is no source of this name. It must be listed in config/sources.yml."""

    code: ClassVar[str] = "unknown_source"


class UnknownMessage(NotFound):
    """This source was given no message of that id."""

    code: ClassVar[str] = "unknown_message"


class LongRequest(InvalidInput):
    """This request is too large."""

    code: ClassVar[str] = "too_large"


class SlowRequest(InvalidInput):
    """This request took too long to arrive. Please send it again."""

    code: ClassVar[str] = "too_slow"


class Flaw(StrEnum):
    """Why a mail is not let in."""

    TOO_LARGE = "too-large"
    TOO_DEEP = "too-deep"
    TOO_MANY_PARTS = "too-many-parts"
    LONG_HEADERS = "long-headers"
    NO_SENDER = "no-sender"
    SEVERAL_SENDERS = "several-senders"
    ODD_SENDER = "odd-sender"
    UNREADABLE = "unreadable"
    """A bug of ours: this mail should be among our tests."""


class Quarantine(InvalidInput):
    """This mail was set aside, because it cannot be read safely."""

    code: ClassVar[str] = "quarantine"

    def __init__(self, flaw: Flaw) -> None:
        super().__init__()
        self.flaw = flaw


class BadHeader(InvalidInput):
    """This mail cannot be sent: its subject, a name or an address holds what does not belong there."""

    code: ClassVar[str] = "bad_header"


class BadReplyToken(NotAllowed):
    """This address of a reply was not made by us."""

    code: ClassVar[str] = "bad_reply_token"
