"""The one address to which Slack sends its requests in HTTP mode, in front of every replica of the demo."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from bot.manifest import EVENTS

PATIENCE_SECONDS = 2.5
"""How long a request waits for a replica that is starting: Slack itself gives up after 3 s."""
_PAUSE_SECONDS = 0.02
_LARGEST_BODY = 2_000_000
_TAKEN_OFF = {"host", "content-length", "transfer-encoding", "connection"}


class Front:
    """Passes requests on, unchanged, to a replica that takes them.

    As load balancers do, it asks another replica only when the connection was refused: a request that a
    replica may have begun to handle is not repeated, but for those that Slack itself sends again.
    """

    def __init__(self, replicas: Sequence[str]) -> None:
        """``replicas`` are the addresses of the bots."""
        self._replicas = itertools.cycle(replicas)
        self._count = len(replicas)
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def serve(self, host: str, port: int) -> AsyncIterator[None]:
        """Listen for as long as the context lasts; raises OSError when the port is taken."""
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_post(EVENTS, self._pass_on)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        async with aiohttp.ClientSession(auto_decompress=False) as self._session:
            try:
                await web.TCPSite(runner, host, port).start()
                yield
            finally:
                await runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _TAKEN_OFF}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for replica in itertools.islice(self._replicas, self._count):
                try:
                    return await self._ask(replica + request.path, body, headers, deadline)
                except aiohttp.ClientConnectorError:
                    continue
                except (aiohttp.ClientError, TimeoutError):
                    return web.Response(status=502)
            await asyncio.sleep(_PAUSE_SECONDS)
        return web.Response(status=503)

    async def _ask(self, address: str, body: bytes, headers: dict[str, str], deadline: float) -> web.Response:
        assert self._session is not None
        left = aiohttp.ClientTimeout(total=max(deadline - time.monotonic(), 0.1))
        async with self._session.post(address, data=body, headers=headers, timeout=left) as answer:
            kept = {
                k: v for k, v in answer.headers.items() if k.lower().startswith(("x-slack", "content-type"))
            }
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)
