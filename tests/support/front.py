"""Slack's one address before several workspaces, each of which is a sandbox of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from tests.support.sandbox import SandboxProcess

_PASSED_ON = ("Authorization", "Content-Type")


class Front:
    """Passes each Web API call on to the workspace whose token, or whose code, it carries."""

    def __init__(self, sandboxes: Sequence[SandboxProcess], session: aiohttp.ClientSession) -> None:
        self._sandboxes = sandboxes
        self._session = session
        self.address = ""

    async def serve(self, request: web.Request) -> web.Response:
        """The first workspace that knows the token answers, else the last one's refusal counts."""
        method, body = request.match_info["method"], await request.read()
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        answer = web.Response(status=503)
        for sandbox in self._sandboxes:
            url = f"{sandbox.api_url}{method}"
            async with self._session.post(
                url, params=request.query, data=body or None, headers=headers
            ) as said:
                content = await said.read()
                passed = {"x-oauth-scopes": said.headers.get("x-oauth-scopes", "")}
                answer = web.Response(body=content, content_type="application/json", headers=passed)
                if b'"invalid_auth"' not in content and b'"invalid_code"' not in content:
                    break
        return answer


@asynccontextmanager
async def front(*sandboxes: SandboxProcess) -> AsyncIterator[Front]:
    """A running front."""
    async with aiohttp.ClientSession() as session:
        slack = Front(sandboxes, session)
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/api/{method}", slack.serve)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield slack
        finally:
            await runner.cleanup()
