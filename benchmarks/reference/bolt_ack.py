"""Bare Bolt over HTTP: it acknowledges at once and works afterwards, as Bolt does by itself.

Its one piece of work is a private message for each 📤, so that one can see whether it happened.
"""

from __future__ import annotations

import os
from typing import Any

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

client = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
bolt = AsyncApp(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])
handler = AsyncSlackRequestHandler(bolt)


@bolt.event("message")
async def message() -> None:
    """Acknowledged, and forgotten."""


@bolt.event("reaction_added")
async def reaction(event: dict[str, Any], client: AsyncWebClient) -> None:
    """Look up the person and show them that it was seen: half the calls of Slack's own sample."""
    item, person = event["item"], await client.users_info(user=event["user"])
    await client.chat_postEphemeral(
        channel=item["channel"], user=person["user"]["id"], text=f"seen {item['ts']}"
    )


@bolt.command("/cx")
async def command(ack: AsyncAck) -> None:
    """An empty acknowledgement."""
    await ack()


async def slack_events(request: Request) -> Response:
    """Everything from Slack."""
    return await handler.handle(request)


async def healthz(request: Request) -> JSONResponse:
    """Up."""
    return JSONResponse({})


app = Starlette(routes=[Route("/healthz", healthz), Route("/slack/events", slack_events, methods=["POST"])])

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["CX_PORT"]), log_level="warning")
