"""Slack over HTTP: the request URL of events, clicks, forms and commands."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import orjson
import structlog
from slack_sdk.signature import SignatureVerifier
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.edge import Body, Edge
from bot.web.body import read_body
from channels.errors import LongRequest, SlowRequest

PATH = "/slack/events"
MAX_BODY = 1_000_000
_FORM = b"application/x-www-form-urlencoded"

log = structlog.get_logger(__name__)


class InFront:
    """Slack's one address before everything else: it needs none of the chat's middleware."""

    def __init__(self, slack: SlackEndpoint, rest: ASGIApp) -> None:
        self._slack = slack
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand /slack/events to Slack's endpoint and all else on."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._rest(scope, receive, send)
        elif scope["method"] != "POST":
            await _answer(send, 405)
        else:
            await self._slack(scope, receive, send)


class SlackEndpoint:
    """POST /slack/events as a bare ASGI endpoint: one signed URL for everything from Slack."""

    def __init__(self, edge: Edge, signing_secret: str) -> None:
        self._edge = edge
        self._verifier = SignatureVerifier(signing_secret)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """401 for a bad signature; 500 when an event could not be stored, so that Slack retries."""
        headers = {key.lower(): value for key, value in scope["headers"]}
        try:
            raw = await read_body(scope, receive, MAX_BODY)
        except LongRequest:
            await _answer(send, 413)
            return
        except SlowRequest:
            await _answer(send, 408)
            return
        except ClientDisconnect:
            return
        if not self._genuine(headers, raw):
            await _answer(send, 401)
            return
        body = _parse(headers.get(b"content-type", b""), raw)
        if body is None:
            await _answer(send, 400)
            return
        if body.get("type") == "url_verification":
            await _answer(send, 200, {"challenge": body.get("challenge")})
            return

        answered = False

        async def ack(payload: Body | None) -> None:
            nonlocal answered
            answered = True
            await _answer(send, 200, payload)

        try:
            if body.get("type") in {"event_callback", "app_rate_limited"}:
                await self._edge.event(body, ack)
            else:
                await self._edge.act(body, ack)
        except Exception as error:
            log.warning("slack_http.not_acknowledged", error=type(error).__name__)
            if not answered:
                await _answer(send, 500)

    def _genuine(self, headers: dict[bytes, bytes], raw: bytes) -> bool:
        try:
            return self._verifier.is_valid(
                raw,
                headers.get(b"x-slack-request-timestamp", b"").decode(),
                headers.get(b"x-slack-signature", b"").decode(),
            )
        except (ValueError, TypeError):
            # A timestamp that is no number, a body that is no UTF-8, a signature that is no ASCII.
            return False


def _parse(content_type: bytes, raw: bytes) -> Body | None:
    try:
        if content_type.startswith(_FORM):
            fields = {
                key: values[0] for key, values in parse_qs(raw.decode(), keep_blank_values=True).items()
            }
            body = orjson.loads(fields["payload"]) if "payload" in fields else fields
        else:
            body = orjson.loads(raw)
    except (ValueError, UnicodeDecodeError):
        return None
    return body if isinstance(body, dict) else None


async def _answer(send: Send, status: int, payload: Body | None = None) -> None:
    content = b"" if payload is None else json.dumps(payload).encode()
    headers = [(b"content-length", str(len(content)).encode())]
    if payload is not None:
        headers.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
