"""How a refusal looks over HTTP: a code for programs, one sentence for the person, a fitting status."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from starlette.responses import JSONResponse

from cases.errors import AlreadyDone, CxError, InvalidInput, NotAllowed, NotFound, Unavailable
from cases.language import later, ngettext


class UnknownSite(NotFound):
    """There is no chat at this address. Please check the data-site of the widget."""

    code: ClassVar[str] = "unknown_site"


class UnknownFile(NotFound):
    """This file does not exist in this conversation."""

    code: ClassVar[str] = "unknown_file"


class UnknownArticle(NotFound):
    """This article is not there any more."""

    code: ClassVar[str] = "unknown_article"


class OriginNotAllowed(NotAllowed):
    """This website is not allowed to use this chat. Its address must be listed in config/sites.yml."""

    code: ClassVar[str] = "origin_not_allowed"


class FileTooLarge(InvalidInput):
    """This file is too large."""

    code: ClassVar[str] = "file_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__("This file is too large: at most {limit} MB can be sent.", limit=limit / 1_000_000)


class NoRoom(CxError):
    """There is no room for files at the moment. Please send your message without it."""

    code: ClassVar[str] = "no_room"


class TooFast(NotAllowed):
    """That was too fast."""

    code: ClassVar[str] = "rate_limited"

    def __init__(self, what: later, retry_after: int) -> None:
        super().__init__()
        self.what = what
        self.retry_after = retry_after

    @property
    def sentence(self) -> str:
        """What there was too much of, and when to try again."""
        again = ngettext(
            "Please try again in {count} second.", "Please try again in {count} seconds.", self.retry_after
        )
        return f"{self.what} {again}"


_STATUS = {
    "address_refused": HTTPStatus.BAD_REQUEST,
    "bad_signature": HTTPStatus.UNAUTHORIZED,
    "bad_token": HTTPStatus.UNAUTHORIZED,
    "session_expired": HTTPStatus.UNAUTHORIZED,
    "text_too_long": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "file_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "file_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "no_room": HTTPStatus.INSUFFICIENT_STORAGE,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "too_slow": HTTPStatus.REQUEST_TIMEOUT,
    "too_many_changes": HTTPStatus.TOO_MANY_REQUESTS,
}
_BY_KIND: tuple[tuple[type[CxError], str, HTTPStatus], ...] = (
    (NotFound, "not_found", HTTPStatus.NOT_FOUND),
    (NotAllowed, "not_allowed", HTTPStatus.FORBIDDEN),
    (InvalidInput, "invalid", HTTPStatus.BAD_REQUEST),
    (AlreadyDone, "already_done", HTTPStatus.CONFLICT),
    (Unavailable, "unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
)


def code_of(error: CxError) -> str:
    """The code by which a program tells this error from others."""
    own = getattr(error, "code", None)
    if isinstance(own, str):
        return own
    return next((code for kind, code, _ in _BY_KIND if isinstance(error, kind)), "error")


def status_of(error: CxError) -> int:
    """The HTTP status that fits this error."""
    by_kind = (status for kind, _, status in _BY_KIND if isinstance(error, kind))
    return _STATUS.get(code_of(error)) or next(by_kind, HTTPStatus.INTERNAL_SERVER_ERROR)


def error_body(code: str, message: str) -> dict[str, object]:
    """The body of every error of the chat API."""
    return {"error": {"code": code, "message": message}}


def error_response(error: CxError) -> JSONResponse:
    """``error`` as the answer to a request."""
    headers = {}
    if isinstance(error, TooFast):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unavailable):
        headers["Retry-After"] = "1"
    return JSONResponse(error_body(code_of(error), error.sentence), status_of(error), headers)
