"""The local Slack workspace from outside: acting as people, reading, watching, ordering faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType

Json = dict[str, Any]
_TIMEOUT = ClientTimeout(total=20)


class Sandbox:
    """The control side of a sandbox. Raises aiohttp's ClientError when it cannot be reached."""

    def __init__(self, http: ClientSession, control: str, secret: str) -> None:
        self._http = http
        self._control = control.rstrip("/")
        self._headers = {"Authorization": f"Bearer {secret}"}

    async def act(self, user: str, do: str, **details: Any) -> Json:
        """Do something as a person; the answer says ``ok`` or an error code."""
        return await self._ask("POST", "act", {"as": user, "do": do, **details})

    async def state(self, channel: str | None = None, thread_ts: str | None = None) -> Json:
        """The workspace, or one channel or thread of it."""
        wanted = {"channel": channel, "thread_ts": thread_ts}
        query = "&".join(f"{key}={value}" for key, value in wanted.items() if value)
        return await self._ask("GET", f"state?{query}")

    async def person(self, user: str) -> Json:
        """What only that person sees."""
        return await self._ask("GET", f"person?user={user}")

    async def calls(self, after: int = 0) -> Json:
        """Which Web API methods were called, and how they ended."""
        return await self._ask("GET", f"calls?after={after}")

    async def faults(self, rules: list[Json]) -> None:
        """Replace the rules by which things go wrong."""
        await self._ask("POST", "faults", {"rules": rules})

    async def limits(self, on: bool) -> None:
        """Switch Slack's rate limits."""
        await self._ask("POST", "limits", {"on": on})

    async def disconnect_sockets(self) -> None:
        """Cut the app's Socket Mode connections."""
        await self._ask("POST", "do", {"kind": "disconnect_sockets"})

    async def frames(self) -> AsyncIterator[Json]:
        """Everything that happens; ends when the connection does. The first frame is ``connected``."""
        async for raw in self.raw_frames():
            yield json.loads(raw)

    async def raw_frames(self) -> AsyncIterator[str]:
        """The same, not yet parsed."""
        async with self._http.ws_connect(
            f"{self._control.replace('http', 'ws', 1)}/watch",
            headers=self._headers,
            compress=0,
            max_msg_size=0,
        ) as socket:
            yield '{"type":"connected"}'
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    yield frame.data

    async def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        async with self._http.request(
            method, f"{self._control}/{path}", headers=self._headers, json=body, timeout=_TIMEOUT
        ) as response:
            if response.status == 401:
                raise PermissionError("The sandbox does not take the control secret of demo.json.")
            answer: Json = await response.json(content_type=None)
            return answer


async def keep_watching(sandbox: Sandbox, on_frame: Any) -> None:
    """Hand every frame to ``on_frame``; connects again, after a moment, when the connection is lost."""
    while True:
        with suppress(ClientError, TimeoutError, OSError):
            async for frame in sandbox.frames():
                await on_frame(frame)
        await asyncio.sleep(0.2)
