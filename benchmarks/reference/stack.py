"""The stack used as it comes: Starlette, Bolt, SQLAlchemy's ORM, AsyncWebClient.

What one writes after reading the four manuals. It answers the same requests as the floor.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import uvicorn
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


class Base(DeclarativeBase):
    """Tables."""


class Case(Base):
    """A conversation and its thread."""

    __tablename__ = "stack_cases"
    token: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    thread_ts: Mapped[str]


class Message(Base):
    """What was said."""

    __tablename__ = "stack_messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_token: Mapped[str] = mapped_column(ForeignKey("stack_cases.token"))
    direction: Mapped[str]
    text: Mapped[str]


engine = create_async_engine(os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:", 1))
new_session = async_sessionmaker(engine, expire_on_commit=False)
client = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
bolt = AsyncApp(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"])
sockets: dict[str, WebSocket] = {}


@bolt.action("reply_send")
async def send(ack: AsyncAck, body: dict[str, Any]) -> None:
    """Send: store the reply and show it to the customer."""
    await ack()
    token, text = body["actions"][0]["value"], body["message"]["text"]
    async with new_session() as session:
        message = Message(case_token=token, direction="out", text=text)
        session.add(message)
        await session.commit()
    if socket := sockets.get(token):
        shown = {"seq": message.id, "author": "agent", "text": text}
        await socket.send_json({"type": "message", "message": shown})


@bolt.event("message")
async def message_event() -> None:
    """People's and our own messages are of no interest."""


async def open_session(request: Request) -> JSONResponse:
    """A new case with its card."""
    token, number = uuid4().hex, int(request.path_params["site"].removeprefix("site"))
    channel = f"C0LOAD{number:02}"
    root = await client.chat_postMessage(channel=channel, text=f"Case {token}")
    async with new_session() as session:
        session.add(Case(token=token, channel=channel, thread_ts=root["ts"]))
        await session.commit()
    return JSONResponse({"session_token": token})


async def customer_message(request: Request) -> JSONResponse:
    """Store it, post it, say so."""
    token = request.headers["authorization"].removeprefix("Bearer ")
    text = (await request.json())["text"]
    async with new_session() as session:
        case = (await session.scalars(select(Case).where(Case.token == token))).one()
        message = Message(case_token=token, direction="in", text=text)
        session.add(message)
        await session.commit()
    button: dict[str, Any] = {"type": "button", "text": {"type": "plain_text", "text": "Send"}}
    button |= {"action_id": "reply_send", "value": token}
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "plain_text", "text": text}},
        {"type": "actions", "elements": [button]},
    ]
    await client.chat_postMessage(channel=case.channel, thread_ts=case.thread_ts, text=text, blocks=blocks)
    return JSONResponse({"message": {"id": str(message.id), "text": text}, "reference": token})


async def live(socket: WebSocket) -> None:
    """The customer's screen."""
    await socket.accept()
    token = (await socket.receive_json())["token"]
    sockets[token] = socket
    await socket.send_json({"type": "ready"})
    try:
        while True:
            await socket.receive_json()
    except WebSocketDisconnect:
        sockets.pop(token, None)


async def healthz(request: Request) -> JSONResponse:
    """Up."""
    return JSONResponse({})


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Tables, and Socket Mode."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    handler = AsyncSocketModeHandler(bolt, os.environ["SLACK_APP_TOKEN"])
    await handler.connect_async()  # type: ignore[no-untyped-call]
    yield
    await handler.close_async()  # type: ignore[no-untyped-call]
    await engine.dispose()


app = Starlette(
    routes=[
        Route("/healthz", healthz),
        Route("/chat/{site}/session", open_session, methods=["POST"]),
        Route("/chat/{site}/messages", customer_message, methods=["POST"]),
        WebSocketRoute("/chat/{site}/ws", live),
    ],
    lifespan=lifespan,
)

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["CX_PORT"]), log_level="warning")
