"""The other system of a replay: it hands customers' words in by the channel API, and takes the replies."""

from __future__ import annotations

import asyncio
import hmac
import json
import random
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from benchmarks.chat import PATIENCE_SECONDS, REQUEST_SECONDS, Refused
from benchmarks.signals import Signal

KEY = "replay"
_PAUSE_SECONDS = 0.3
_FRESH_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that was posted to us, once however often it came; ``at`` is monotonic seconds."""

    thread: str
    to: str
    text: str
    at: float


class OtherSystem:
    """Both ways of the API. With ``faults`` it has a bad day now and then."""

    def __init__(
        self,
        http: ClientSession,
        secret: str,
        signal: Signal,
        faults: random.Random | None = None,
    ) -> None:
        self.replies: list[Reply] = []
        self.forged = 0
        """Requests that were not signed as they must be."""
        self.faults = faults
        self.port = 0
        self._http = http
        self._secret = b64decode(secret.removeprefix("whsec_"))
        self._signal = signal
        self._seen: set[str] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[OtherSystem]:
        """Take replies meanwhile."""
        app = web.Application()
        app.router.add_post("/replies", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    async def say(self, address: Callable[[], str], content: dict[str, Any]) -> str:
        """Hand a message in under one id until it is taken, on a bad day once more; our id of it.

        Raises Refused or TimeoutError.
        """
        webhook, body = uuid4().hex, json.dumps(content).encode()
        message = await self._say(address, webhook, body)
        if self._happens(0.05):
            await self._say(address, webhook, body)
        return message

    async def _say(self, address: Callable[[], str], webhook: str, body: bytes) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            now = str(int(time.time()))
            headers = {
                "content-type": "application/json",
                "webhook-id": webhook,
                "webhook-timestamp": now,
                "webhook-signature": self._sign(webhook, now, body),
            }
            answer = await self._try(f"{address()}/api/v1/sources/{KEY}/messages", body, headers)
            if answer is not None:
                return str(answer["message"]).replace("-", "")
            await asyncio.sleep(_PAUSE_SECONDS)
        raise TimeoutError(f"a message by the API was not taken for {PATIENCE_SECONDS:.0f} seconds")

    async def _try(self, address: str, body: bytes, headers: dict[str, str]) -> dict[str, Any] | None:
        timeout = ClientTimeout(total=REQUEST_SECONDS)
        try:
            async with self._http.post(address, data=body, headers=headers, timeout=timeout) as response:
                if response.status == 200:
                    taken: dict[str, Any] = await response.json()
                    return taken
                if response.status == 429 or response.status >= 500:
                    return None
                raise Refused(f"the channel API: {response.status} {(await response.text())[:200]}")
        except (ClientError, TimeoutError):
            return None

    def _sign(self, webhook: str, timestamp: str, body: bytes) -> str:
        mac = hmac.digest(self._secret, f"{webhook}.{timestamp}.".encode() + body, "sha256")
        return "v1," + b64encode(mac).decode()

    async def _take(self, request: web.Request) -> web.Response:
        """A reply: on a bad day it is to come later, or it is taken and nobody learns of that."""
        body, headers = await request.read(), request.headers
        webhook, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "0")
        right = self._sign(webhook, timestamp, body) in headers.get("webhook-signature", "").split()
        if not right or abs(time.time() - int(timestamp)) > _FRESH_SECONDS:
            self.forged += 1
            return web.json_response({}, status=401)
        if self._happens(0.03):
            return web.json_response({}, status=503)
        if webhook not in self._seen:
            self._seen.add(webhook)
            data = json.loads(body)["data"]
            reply = Reply(str(data["thread"]), data["to"], data["text"], time.monotonic())
            self.replies.append(reply)
            self._signal.notify()
        if self._happens(0.03) and request.transport is not None:
            request.transport.abort()
        return web.json_response({"id": webhook})

    def _happens(self, probability: float) -> bool:
        return self.faults is not None and self.faults.random() < probability
