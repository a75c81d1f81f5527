"""The addresses of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import ModuleType

import orjson
from aiohttp import web

from benchmarks.model_server import chat, control, embeddings, responses, sending
from benchmarks.model_server.asked import Asked, Json, Refused
from benchmarks.model_server.model import Model

MODELS = ("gpt-5.2", "gpt-5-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4o-mini", "text-embedding-3-small")
_LARGEST_BODY = 256 * 1024 * 1024
_Serve = Callable[[Model, web.Request, Json, str], Awaitable[web.StreamResponse]]


def make_app(model: Model, stop: asyncio.Event) -> web.Application:
    """The server; ``stop`` is set when somebody asks it to end."""
    app = web.Application(client_max_size=_LARGEST_BODY)
    app.router.add_post("/v1/chat/completions", _read(model, _turn(chat, named=False)))
    app.router.add_post("/v1/responses", _read(model, _turn(responses, named=True)))
    app.router.add_post("/v1/embeddings", _read(model, _embed))
    app.router.add_get("/v1/models", _read(model, _models))
    app.router.add_get("/v1/models/{name}", _read(model, _one_model))
    control.add_routes(app, model, stop)
    return app


def _read(model: Model, serve: _Serve) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Writes the request down, and answers what cannot be read as OpenAI does."""

    async def handle(request: web.Request) -> web.StreamResponse:
        content = await request.read()
        try:
            body = orjson.loads(content) if content else {}
        except orjson.JSONDecodeError:
            body = None
        model.ledger.note(
            request.path, request.headers, content.decode(errors="replace") if body is None else body
        )
        if not isinstance(body, dict):
            return sending.refused(Refused("We could not parse the JSON body of your request."))
        try:
            return await serve(model, request, body, content.decode())
        except Refused as problem:
            return sending.refused(problem)

    return handle


def _turn(wire: ModuleType, *, named: bool) -> _Serve:
    """A turn of the model, in the shapes of ``wire``."""

    async def serve(model: Model, request: web.Request, body: Json, text: str) -> web.StreamResponse:
        asked = _asked(wire, body)
        answer = model.answer(request.path, text, asked)
        other = await sending.instead(request, answer, stream=asked.stream)
        if other is not None:
            return other
        usage = model.spend(asked, answer)
        if asked.stream:
            events = list(wire.events(asked, answer, usage, body))
            return await sending.send_events(request, events, answer, named=named)
        return await sending.send_whole(request, wire.whole(asked, answer, usage, body), answer)

    return serve


def _asked(wire: ModuleType, body: Json) -> Asked:
    """The request as ``wire`` reads it; raises Refused."""
    try:
        asked: Asked = wire.read(body)
    except (KeyError, TypeError, AttributeError) as problem:
        raise Refused(f"Missing, or of a wrong type: {problem}") from problem
    return asked


async def _scripted(model: Model, request: web.Request, text: str) -> web.StreamResponse | None:
    """What a rule for this path sends instead."""
    answer = model.scripted(request.path, text)
    return None if answer is None else await sending.instead(request, answer, stream=False)


async def _embed(model: Model, request: web.Request, body: Json, text: str) -> web.StreamResponse:
    other = await _scripted(model, request, text)
    if other is not None:
        return other
    found, spent = embeddings.embed(body)
    model.ledger.embed(spent)
    return sending.said(found)


async def _models(model: Model, request: web.Request, body: Json, text: str) -> web.StreamResponse:
    other = await _scripted(model, request, text)
    return other or sending.said({"object": "list", "data": [_described(name) for name in MODELS]})


async def _one_model(model: Model, request: web.Request, body: Json, text: str) -> web.StreamResponse:
    other = await _scripted(model, request, text)
    return other or sending.said(_described(request.match_info["name"]))


def _described(name: str) -> Json:
    return {"id": name, "object": "model", "created": 1_760_000_000, "owned_by": "local"}
