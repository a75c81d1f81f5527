"""A small server with OpenAI's embeddings endpoint, for which some words mean the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

MEANINGS = (
    {"parcel", "package", "shipment", "box"},
    {"refund", "money", "reimbursement"},
    {"lamp", "light", "bulb"},
)
MODEL = "tiny"


@dataclass
class Embedder:
    """What it was asked, and how it behaves."""

    url: str = ""
    asked: list[list[str]] = field(default_factory=list)
    seconds: float = 0.0
    status: int = 200
    poison: str | None = None
    """A word that it refuses."""

    async def embed(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(body["input"])
        await asyncio.sleep(self.seconds)
        if self.status != 200:
            return web.json_response({"error": {"message": "busy"}}, status=self.status)
        if self.poison and any(self.poison in text for text in body["input"]):
            return web.json_response({"error": {"message": "too long"}}, status=400)
        data = [
            {"object": "embedding", "index": index, "embedding": meaning(text)}
            for index, text in enumerate(body["input"])
        ]
        # In no order: the index says whose each is.
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return web.json_response(
            {"object": "list", "data": data[::-1], "model": body["model"], "usage": usage}
        )


def meaning(text: str) -> list[float]:
    """How much of each meaning is in a text."""
    words = {word.strip(".,?!") for word in text.lower().split()}
    return [0.1, *(float(len(words & means)) for means in MEANINGS)]


@asynccontextmanager
async def embedder() -> AsyncIterator[Embedder]:
    """A running one."""
    server = Embedder()
    app = web.Application()
    app.router.add_post("/v1/embeddings", server.embed)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()
