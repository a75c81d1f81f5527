"""The side on which tests and benchmarks say how to answer, and see what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from benchmarks.model_server.model import Model
from benchmarks.model_server.rules import BadRule
from benchmarks.model_server.sending import error, said

_Handler = Callable[[web.Request], Awaitable[web.Response]]


def add_routes(app: web.Application, model: Model, stop: asyncio.Event) -> None:
    """The addresses under ``/control``."""
    app.router.add_put("/control/rules", _put(model.rules.put))
    app.router.add_put("/control/outputs", _put(model.put_outputs))
    app.router.add_put("/control/default", _put(model.put_default))
    app.router.add_put("/control/seed", _put(model.put_seed))
    app.router.add_get("/control/requests", _get(lambda: model.ledger.requests))
    app.router.add_get("/control/usage", _get(model.ledger.usage))
    app.router.add_delete("/control/requests", _do(model.ledger.requests.clear))
    app.router.add_delete("/control/cache", _do(model.cache.forget))
    app.router.add_post("/control/stop", _do(stop.set))


def _put(take: Callable[[Any], None]) -> _Handler:
    async def handle(request: web.Request) -> web.Response:
        try:
            take(orjson.loads(await request.read()))
        except (BadRule, orjson.JSONDecodeError) as problem:
            return said(error(str(problem)), 400)
        return said({"ok": True})

    return handle


def _get(look: Callable[[], object]) -> _Handler:
    async def handle(request: web.Request) -> web.Response:
        return said(look())

    return handle


def _do(act: Callable[[], None]) -> _Handler:
    async def handle(request: web.Request) -> web.Response:
        act()
        return said({"ok": True})

    return handle
