"""Puts the routes together."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from sandbox.errors import ApiError
from sandbox.town import Town
from sandbox.web.answers import json_body, json_response
from sandbox.web.client import PAGE, Client
from sandbox.web.control import Control
from sandbox.web.files import Files
from sandbox.web.install import Install
from sandbox.web.spread import spread
from sandbox.web.web_api import WebApi

SWEEP_SECONDS = 0.1
MOST_BODY = 30 * 1024 * 1024


def make_app(town: Town) -> web.Application:
    """The whole server."""
    app = web.Application(client_max_size=MOST_BODY)
    api, first = WebApi(town), town.first
    app.add_routes(
        [
            web.get("/api/{method}", api.serve, allow_head=False),
            web.post("/api/{method}", api.serve),
            web.get("/link/", first.sockets.connect),
            web.post("/response/{team}/{secret}", _answer_to(town)),
            *spread(town, lambda box: Control(box).routes()),
            *spread(town, lambda box: Client(box).routes()),
            *spread(town, lambda box: Files(box).routes()),
            *Install(town).routes(),
            web.static("/static", PAGE),
        ]
    )
    app.on_shutdown.append(_let_go(town))
    app.on_response_prepare.append(_always_asked_for)
    app.cleanup_ctx.append(lambda _: _sweeping(town))
    return app


async def _always_asked_for(request: web.Request, response: web.StreamResponse) -> None:
    """The page's scripts belong together: after an update a browser must not mix old and new ones."""
    if request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-cache"


def _answer_to(town: Town) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        """A response_url: `ok` in plain text, or 404 with an error."""
        box, body = town.named(request.match_info["team"]), await json_body(request)
        try:
            box.responses.answer(request.match_info["secret"], body if isinstance(body, dict) else {})
        except ApiError as problem:
            box.refused.note("response_url", problem.code, body, problem.answer())
            return json_response(problem.answer(), 404)
        return web.Response(text="ok")

    return serve


def _let_go(town: Town) -> Callable[[web.Application], Awaitable[None]]:
    async def let_go(_: web.Application) -> None:
        """Open sockets must not hold up the end."""
        town.first.sockets.cut_all()
        for box in town.boxes.values():
            box.watch.cut_all()
        await town.first.http.close()

    return let_go


async def _sweeping(town: Town) -> AsyncIterator[None]:
    """Looks for overdue acknowledgements and due messages while the server runs."""

    async def sweep() -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            town.first.sockets.sweep()
            for box in town.boxes.values():
                box.scheduled.fire(time.time())

    task = asyncio.create_task(sweep())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
