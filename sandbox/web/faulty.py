"""Answers to the app with the ordered faults in force."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.box import Box
from sandbox.model import Json
from sandbox.web.answers import json_response

LONGEST_SILENCE = 300.0


def limited(wait: int) -> web.Response:
    return json_response({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(wait)})


async def faulty(
    box: Box,
    request: web.Request,
    name: str,
    args: Json,
    serve: Callable[[], Awaitable[web.StreamResponse]],
) -> web.StreamResponse:
    """Serves a request, or does what the rules for `name` say instead, before or after serving it."""
    if not box.faults.rules:
        return await serve()
    at = time.monotonic()
    faults, channel = box.faults, args.get("channel") or args.get("channel_id")
    delay = faults.struck("delay", name, channel)
    if delay is not None:
        await asyncio.sleep(delay.delay_ms / 1000)
    slowed = faults.struck("error_429", name, channel)
    if slowed is not None:
        box.calls.note(name, args, "ratelimited", at)
        return limited(slowed.retry_after)
    if faults.struck("error_500", name, channel):
        box.calls.note(name, args, "fault:error_500", at)
        return web.Response(status=500, text="Internal Server Error")
    answer = await serve()
    if faults.struck("drop_reply", name, channel):
        _cut(request)
    elif faults.struck("timeout", name, channel):
        await _stay_silent(request)
    return answer


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _stay_silent(request: web.Request) -> None:
    """Never answers, and ends when the caller has given up."""
    deadline = time.monotonic() + LONGEST_SILENCE
    while (
        time.monotonic() < deadline and request.transport is not None and not request.transport.is_closing()
    ):
        await asyncio.sleep(0.1)
    _cut(request)
