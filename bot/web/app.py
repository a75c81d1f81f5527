"""The HTTP application, made from its context."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from bot.ending import end
from bot.web.api import ChannelApi, api_routes
from bot.web.case_page import case_routes
from bot.web.chat import chat_routes
from bot.web.context import WebContext
from bot.web.demo import demo_routes
from bot.web.demo_clock import clock_routes
from bot.web.demo_windows import window_routes
from bot.web.errors import error_body
from bot.web.gate import Gate
from bot.web.install import install_routes
from bot.web.messages import MessagesFirst, PostMessage
from bot.web.operations import operations_routes
from bot.web.survey import survey_routes
from bot.web.uploads import FileStore
from cases.language import _


def create_web(web: WebContext, channel_api: ChannelApi | None = None) -> ASGIApp:
    """The web chat, health and metrics, the channel API, and the demo's shop page when there are shoppers.

    While its lifespan runs it looks for messages that nobody announced.
    """
    store = FileStore(web.files_dir, web.max_file_bytes)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await store.sweep()
        watching = asyncio.create_task(web.hub.run())
        yield
        await end(watching)

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    gated = partial(Gate, sites=web.sites, public_url=web.public_url, metrics=web.metrics)
    app.add_middleware(gated)
    app.add_exception_handler(HTTPException, _http_error)
    app.include_router(chat_routes(web, store))
    app.include_router(survey_routes(web))
    app.include_router(case_routes(web))
    app.include_router(operations_routes(web))
    if channel_api is not None:
        app.include_router(api_routes(web, channel_api, store))
    if web.installer is not None:
        app.include_router(install_routes(web.installer))
    if web.shoppers is not None:
        app.include_router(demo_routes(web, web.shoppers))
        if web.carriers is not None:
            app.include_router(window_routes(web.carriers, web.shoppers))
    if web.clock_control is not None:
        app.include_router(clock_routes(web, web.clock_control))
    return MessagesFirst(gated(PostMessage(web)), app)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http")
    message = {
        404: _("There is nothing at this address."),
        405: _("This address does not take that method."),
    }
    return JSONResponse(
        error_body(code, message.get(error.status_code, str(error.detail))), error.status_code, error.headers
    )
