"""Puts answers on the wire, whole, in events, half or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from aiohttp import web

from benchmarks.model_server.answers import Answer
from benchmarks.model_server.asked import Json, Refused

_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def said(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """``body`` as JSON."""
    content = orjson.dumps(body)
    return web.Response(body=content, status=status, headers=headers, content_type="application/json")


def error(message: str, status: int = 400, param: str | None = None, code: str | None = None) -> Json:
    """An error in OpenAI's shape."""
    kind = _KINDS.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def refused(problem: Refused) -> web.Response:
    """The answer to a request that OpenAI would not take."""
    return said(error(str(problem), 400, problem.param, problem.code), 400)


async def instead(request: web.Request, answer: Answer, *, stream: bool) -> web.StreamResponse | None:
    """What is sent instead of a turn, after the answer's delay; None when a turn is to be sent."""
    await asyncio.sleep(answer.delay_seconds)
    if answer.status != 200:
        body = (
            error(f"The script says {answer.status}.", answer.status) if answer.body is None else answer.body
        )
        return said(body, answer.status, answer.headers)
    if answer.raw is not None:
        kind = "text/event-stream" if stream else "application/json"
        content = answer.raw.encode("utf-8", "surrogatepass")
        return web.Response(body=content, content_type=kind, headers=answer.headers)
    if (answer.hang or answer.close) and not answer.says_something:
        return await _end(request, web.Response(), answer)
    return None


async def send_whole(request: web.Request, body: Json, answer: Answer) -> web.StreamResponse:
    """The turn as one JSON, or its first half."""
    if not (answer.hang or answer.close):
        return said(body, headers=answer.headers)
    content = orjson.dumps(body)
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = len(content)
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    return await _end(request, response, answer)


async def send_events(
    request: web.Request, events: Sequence[Json], answer: Answer, *, named: bool
) -> web.StreamResponse:
    """The turn as server-sent events, or the first half; ``named``: by type, else ended by ``[DONE]``."""
    headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
    response = web.StreamResponse(headers=headers | answer.headers)
    await response.prepare(request)
    cut = answer.hang or answer.close
    for event in events[: max(1, len(events) // 2)] if cut else events:
        await response.write(_event(event, named))
        await asyncio.sleep(answer.pace_seconds)
    if cut:
        return await _end(request, response, answer)
    if not named:
        await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


def _event(event: Mapping[str, Any], named: bool) -> bytes:
    head = f"event: {event['type']}\n".encode() if named else b""
    return head + b"data: " + orjson.dumps(event) + b"\n\n"


async def _end(request: web.Request, response: web.StreamResponse, answer: Answer) -> web.StreamResponse:
    """Stay silent until the client gives up (which cancels this), or cut the connection."""
    if answer.hang:
        await asyncio.Event().wait()
    if request.transport is not None:
        request.transport.close() if response.prepared else request.transport.abort()
    return response
