"""The demo's one address for Slack's requests, before replicas that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bot.demo import front as module
from bot.demo.front import Front
from tests.support.ports import free_port

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def replica(port: int, handler: Handler) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_post("/slack/events", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


async def send(port: int) -> tuple[int, str]:
    url, headers = (
        f"http://127.0.0.1:{port}/slack/events",
        {"X-Slack-Signature": "v0=1", "X-Slack-Retry-Num": "1"},
    )
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=b'{"a": 1}', headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def test_a_request_goes_unchanged_to_whoever_is_there() -> None:
    dead, living, port = free_port(), free_port(), free_port()

    async def handle(request: web.Request) -> web.Response:
        words = [
            request.headers["X-Slack-Signature"],
            request.headers["X-Slack-Retry-Num"],
            await request.text(),
        ]
        return web.Response(text=" ".join(words))

    front = Front([f"http://127.0.0.1:{dead}", f"http://127.0.0.1:{living}"])
    async with front.serve("127.0.0.1", port), replica(living, handle):
        for _ in range(3):
            assert await send(port) == (200, 'v0=1 1 {"a": 1}')


async def test_it_waits_for_one_that_starts_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    later, port = free_port(), free_port()

    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=200, text="here")

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(Front([f"http://127.0.0.1:{later}"]).serve("127.0.0.1", port))
        waiting = asyncio.create_task(send(port))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        async with replica(later, handle):
            assert await waiting == (200, "here")
        monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.2)
        assert (await send(port))[0] == 503


async def test_what_a_replica_may_have_begun_is_not_given_to_another() -> None:
    ports, port, seen = (free_port(), free_port()), free_port(), []

    async def hang_up(request: web.Request) -> web.Response:
        seen.append(await request.read())
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    addresses = [f"http://127.0.0.1:{each}" for each in ports]
    async with (
        Front(addresses).serve("127.0.0.1", port),
        replica(ports[0], hang_up),
        replica(ports[1], hang_up),
    ):
        assert (await send(port))[0] == 502
    assert len(seen) == 1
