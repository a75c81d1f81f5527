"""What a channel refuses, each with a code for programs and a sentence for the person."""

from __future__ import annotations

from typing import ClassVar

from cases.errors import InvalidInput, NotAllowed


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


class BadRequest(InvalidInput):
    """This request cannot be read."""

    code: ClassVar[str] = "bad_request"


class LongRequest(InvalidInput):
    """This request is too large."""

    code: ClassVar[str] = "too_large"
