"""Another system that speaks the channel API: it signs as Standard Webhooks say, and takes replies."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiohttp import ClientResponse, ClientSession, web
from standardwebhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def signed(
    body: bytes, secret: str = SECRET, key: str | None = None, at: datetime | None = None
) -> dict[str, str]:
    """The headers of a request."""
    key, at = key or uuid4().hex, at or datetime.now(UTC)
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(key, at, body.decode("utf-8", "replace")),
        "content-type": "application/json",
    }


@dataclass
class Source:
    """The other system's way in."""

    http: ClientSession
    address: str
    key: str = "desk"
    secret: str = SECRET

    async def post(self, what: str, content: Any, webhook: str | None = None) -> ClientResponse:
        """Send something signed, whatever comes of it."""
        body = json.dumps(content).encode()
        return await self.raw(what, body, signed(body, self.secret, webhook))

    async def raw(self, what: str, body: bytes, headers: dict[str, str]) -> ClientResponse:
        """Send these bytes with these headers; the answer has been read, so that it holds no connection."""
        address = f"{self.address}/api/v1/sources/{self.key}/{what}"
        answer = await self.http.post(address, data=body, headers=headers)
        await answer.read()
        return answer

    async def says(
        self, text: str, webhook: str | None = None, who: dict[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        """A message of a customer that is taken."""
        message = {"sender": who or {"id": "mia", "name": "Mia"}, "text": text} | more
        answer = await self.post("messages", message, webhook)
        found: dict[str, Any] = await answer.json()
        assert answer.status == 200, found
        return found


@dataclass
class Desk:
    """Where replies are posted: keeps those whose signature is right; answers as told."""

    address: str = ""
    replies: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """The statuses of the next answers; then 200."""

    async def take(self, request: web.Request) -> web.Response:
        """One reply."""
        body = await request.read()
        Webhook(SECRET).verify(body, dict(request.headers))
        self.replies.append(json.loads(body) | {"webhook-id": request.headers["webhook-id"]})
        status = self.answers.pop(0) if self.answers else 200
        return web.json_response({"id": f"desk-{len(self.replies)}"}, status=status)


@asynccontextmanager
async def open_desk() -> AsyncIterator[Desk]:
    """A running server that takes replies."""
    desk = Desk()
    app = web.Application()
    app.router.add_post("/replies", desk.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    desk.address = f"http://127.0.0.1:{runner.addresses[0][1]}/replies"
    try:
        yield desk
    finally:
        await runner.cleanup()
