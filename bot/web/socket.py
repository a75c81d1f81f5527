"""The live connection of a widget: what is new goes out, receipts come back."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.ending import end
from bot.web.context import WebContext
from bot.web.errors import OriginNotAllowed, TooFast, code_of
from bot.web.gate import origin_allowed
from bot.web.hub import Subscription
from bot.web.limits import ConversationLimit
from bot.web.sessions import check_session, site_of
from cases.errors import CxError, Unavailable
from cases.language import later
from channels.errors import BadRequest, SessionExpired
from channels.tokens import Session
from storage import conversations

HELLO_SECONDS = 10.0
MAX_FRAME = 4_096
"""Characters; a client has only short things to say here."""
MAX_SOCKETS = 20
"""Windows of one conversation connected to this process."""
_CROWDED_SECONDS = 30
_RETRY_SECONDS = 1.0
_REFUSED = 4_400
_MAX_SEQ = 2**53

log = structlog.get_logger(__name__)


async def chat_socket(web: WebContext, socket: WebSocket, reads: ConversationLimit) -> None:
    """Serve one widget until it leaves or its session is over."""
    await socket.accept()
    try:
        session, after, revision = await _hello(web, socket)
        reads.take(session.conversation_id, socket.scope)
        await _serve(web, socket, session, after, revision)
    except CxError as error:
        web.metrics.refused.labels(code_of(error)).inc()
        await _say(socket, {"type": "error", "code": code_of(error), "message": error.sentence})
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(_REFUSED)
    except WebSocketDisconnect:
        pass


async def _hello(web: WebContext, socket: WebSocket) -> tuple[Session, int, int]:
    """The first frame says who this is and what it has seen."""
    site = site_of(web, socket.path_params["site"])
    origin, host = socket.headers.get("origin"), socket.headers.get("host")
    if not origin_allowed(origin, host, site, web.public_url):
        raise OriginNotAllowed
    try:
        frame = await asyncio.wait_for(_receive(socket), HELLO_SECONDS)
    except TimeoutError:
        raise BadRequest("The first frame must be a hello with the session token.") from None
    if frame.get("type") != "hello" or not isinstance(frame.get("token"), str):
        raise BadRequest("The first frame must be a hello with the session token.")
    session = check_session(web, frame["token"], site.key)
    return session, _seq(frame.get("after", 0)), _seq(frame.get("revision", 0))


async def _serve(web: WebContext, socket: WebSocket, session: Session, after: int, revision: int) -> None:
    if web.hub.watching(session.conversation_id) >= MAX_SOCKETS:
        raise TooFast(later("This chat is open in too many windows."), _CROWDED_SECONDS)
    subscription = web.hub.subscribe(session.conversation_id, after, revision)
    await _say(socket, {"type": "ready"})
    try:
        async with asyncio.timeout((session.expires_at - datetime.now(UTC)).total_seconds()):
            await _first_done(_send_news(socket, subscription), _listen(web, socket, session, subscription))
    except TimeoutError:
        raise SessionExpired from None
    finally:
        web.hub.unsubscribe(subscription)


async def _first_done(*works: Any) -> None:
    """Run until one of the works ends, then stop the others; its exception, if any, is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end(*tasks)


async def _send_news(socket: WebSocket, subscription: Subscription) -> None:
    while True:
        try:
            frames = await subscription.next()
        except Unavailable:
            await asyncio.sleep(_RETRY_SECONDS)
            continue
        for frame in frames:
            await socket.send_text(frame)


async def _listen(web: WebContext, socket: WebSocket, session: Session, subscription: Subscription) -> None:
    delivered = read = 0
    while True:
        frame = await _receive(socket)
        kind = frame.get("type")
        if kind == "ping":
            await _say(socket, {"type": "pong"})
        if kind in ("received", "read"):
            seq = min(_seq(frame.get("seq")), subscription.last)
            if seq <= (read if kind == "read" else delivered):
                continue
            delivered, read = max(delivered, seq), seq if kind == "read" else read
            await _mark(web, session, delivered, read)


async def _mark(web: WebContext, session: Session, delivered: int, read: int) -> None:
    try:
        await conversations.mark(
            web.db, session.conversation_id, web.clock.now(), delivered=delivered, read=read
        )
    except Unavailable:
        log.warning("chat.receipt_lost", conversation=session.conversation_id)


async def _receive(socket: WebSocket) -> dict[str, Any]:
    try:
        text = await socket.receive_text()
    except KeyError:
        raise BadRequest("A frame must be text.") from None
    if len(text) > MAX_FRAME:
        raise BadRequest("This frame is too long.")
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadRequest("A frame must be JSON.") from None
    if not isinstance(frame, dict):
        raise BadRequest("A frame must be a JSON object.")
    return frame


async def _say(socket: WebSocket, frame: dict[str, Any]) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.send_text(orjson.dumps(frame).decode())


def _seq(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_SEQ:
        raise BadRequest("“seq”, “after” and “revision” must be whole numbers from 0.")
    return value
