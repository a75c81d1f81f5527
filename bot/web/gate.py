"""The door of the HTTP surface: which websites may come in, and how refusals and faults go out."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.metrics import Metrics
from bot.web.body import header
from bot.web.context import ChatSite
from bot.web.errors import OriginNotAllowed, code_of, error_body, error_response
from bot.web.language import reader_of_request
from cases.errors import CxError
from cases.language import _
from cases.reader import use

_PREFLIGHT_SECONDS = "7200"

log = structlog.get_logger(__name__)


def origin_allowed(origin: str | None, host: str | None, site: ChatSite, public_url: str | None) -> bool:
    """Whether a page of ``origin`` may use ``site``: listed, any (``*``), or served by ourselves.

    Programs send no Origin and are let in: what protects conversations are tokens and signatures;
    origins only keep other websites from using visitors' browsers.
    """
    if origin is None or "*" in site.allowed_origins or origin in site.allowed_origins:
        return True
    if public_url and urlsplit(public_url)[:2] == urlsplit(origin)[:2]:
        return True
    return host is not None and urlsplit(origin).netloc == host


class Gate:
    """ASGI middleware: CORS of each chat site, known errors as sentences, unknown ones as an id."""

    def __init__(
        self, app: ASGIApp, sites: Mapping[str, ChatSite], public_url: str | None, metrics: Metrics
    ) -> None:
        self._app = app
        self._sites = sites
        self._public_url = public_url
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, and answer it in its customer's language."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        with use(reader_of_request(scope)):
            await self._through(scope, receive, send)

    async def _through(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        origin = header(scope, b"origin")
        site = self._site(scope) if origin else None
        reply = send
        if origin and site:
            # Also a website that is refused may read why: nothing else is in the answer.
            reply = _with_cors(send, origin)
            if scope["method"] == "OPTIONS":
                await _preflight()(scope, receive, reply)
                return
            if not origin_allowed(origin, header(scope, b"host"), site, self._public_url):
                await self._refuse(OriginNotAllowed(), scope, receive, reply)
                return
        await self._guard(scope, receive, reply)

    async def _guard(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            return
        except CxError as error:
            await self._refuse(error, scope, receive, send)
        except Exception:
            if started:
                raise
            await _fault(scope)(scope, receive, send)

    async def _refuse(self, error: CxError, scope: Scope, receive: Receive, send: Send) -> None:
        self._metrics.refused.labels(code_of(error)).inc()
        await error_response(error)(scope, receive, send)

    def _site(self, scope: Scope) -> ChatSite | None:
        parts = scope["path"].split("/", 3)
        return self._sites.get(parts[2]) if len(parts) == 4 and parts[1] == "chat" else None


def _with_cors(send: Send, origin: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = "Retry-After"
            headers.add_vary_header("Origin")  # not translated
        await send(message)

    return sending


def _preflight() -> Response:
    return Response(
        status_code=HTTPStatus.NO_CONTENT,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",  # not translated
            "Access-Control-Allow-Headers": "authorization, content-type",  # not translated
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        },
    )


def _fault(scope: Scope) -> Response:
    """An answer that tells nothing but an id, under which the log has the rest."""
    fault = uuid4().hex[:8]
    log.exception("web.fault", fault=fault, path=scope["path"])
    message = _(
        "Something went wrong on our side ({fault}). Nothing was lost; please try again.", fault=fault
    )
    return JSONResponse(
        error_body("internal", message),
        HTTPStatus.INTERNAL_SERVER_ERROR,
        {"Retry-After": "1"},
    )
