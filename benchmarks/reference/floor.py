"""The floor: bare ASGI, one SQL statement, one shared HTTP session. Nothing is retried or looked up.

It serves as much of the web chat's API as a load generator needs: session, messages, ws.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from uuid import uuid4

import aiohttp
import psycopg
import uvicorn
from psycopg_pool import AsyncConnectionPool

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SLACK = os.environ["SLACK_API_URL"]
BOT = {"Authorization": f"Bearer {os.environ['SLACK_BOT_TOKEN']}"}
APP = {"Authorization": f"Bearer {os.environ['SLACK_APP_TOKEN']}"}
TABLES = """CREATE TABLE IF NOT EXISTS floor_messages
            (id bigserial PRIMARY KEY, conversation text, direction text, text text)"""
INSERT = "INSERT INTO floor_messages (conversation, direction, text) VALUES (%s, %s, %s) RETURNING id"


class Floor:
    """The whole program."""

    def __init__(self) -> None:
        self._pool: AsyncConnectionPool[psycopg.AsyncConnection[tuple[Any, ...]]]
        self._http: aiohttp.ClientSession
        self._threads: dict[str, tuple[str, str]] = {}
        self._sockets: dict[str, Send] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(receive, send)
        else:
            await self._http_request(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        url = os.environ["DATABASE_URL"]
        self._pool = AsyncConnectionPool(url, min_size=8, max_size=8, kwargs={"autocommit": True}, open=False)
        await self._pool.open()
        async with self._pool.connection() as connection:
            await connection.execute(TABLES)
        self._http = aiohttp.ClientSession()
        self._spawn(self._socket_mode())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in self._tasks:
            task.cancel()
        await self._http.close()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _http_request(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        raw, more = b"", True
        while more:
            part = await receive()
            raw, more = raw + part.get("body", b""), part.get("more_body", False)
        path = scope["path"]
        if path.endswith("/messages"):
            token = next(value for key, value in scope["headers"] if key == b"authorization")[7:].decode()
            answer = await self._message(token, json.loads(raw))
        elif path.endswith("/session"):
            answer = await self._session(path.split("/")[2])
        else:
            answer = {}
        body = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _session(self, site: str) -> Message:
        token, channel = uuid4().hex, f"C0LOAD{int(site.removeprefix('site')):02}"
        root = await self._slack("chat.postMessage", {"channel": channel, "text": f"Case {token}"})
        self._threads[token] = channel, root["ts"]
        return {"session_token": token}

    async def _message(self, token: str, message: Message) -> Message:
        number = await self._insert(token, "in", message["text"])
        self._spawn(self._post(token, message["text"]))
        return {"message": {"id": str(number), "text": message["text"]}, "reference": token}

    async def _insert(self, token: str, direction: str, text: str) -> int:
        async with self._pool.connection() as connection:
            row = await (await connection.execute(INSERT, (token, direction, text))).fetchone()
        assert row is not None
        return int(row[0])

    async def _post(self, token: str, text: str) -> None:
        channel, thread_ts = self._threads[token]
        button = {"type": "button", "action_id": "reply_send", "value": token}
        button["text"] = {"type": "plain_text", "text": "Send"}  # type: ignore[assignment]
        section = {"type": "section", "text": {"type": "plain_text", "text": text}}
        blocks = [section, {"type": "actions", "elements": [button]}]
        await self._slack(
            "chat.postMessage", {"channel": channel, "thread_ts": thread_ts, "text": text, "blocks": blocks}
        )

    async def _slack(self, method: str, arguments: Message) -> Message:
        async with self._http.post(SLACK + method, json=arguments, headers=BOT) as response:
            answer: Message = await response.json(content_type=None)
            return answer

    async def _websocket(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        token = ""
        while (frame := await receive())["type"] == "websocket.receive":
            said = json.loads(frame["text"])
            if said["type"] == "hello":
                token = said["token"]
                self._sockets[token] = send
                await send({"type": "websocket.send", "text": '{"type":"ready"}'})
        self._sockets.pop(token, None)

    async def _socket_mode(self) -> None:
        async with self._http.post(SLACK + "apps.connections.open", headers=APP) as response:
            url = (await response.json(content_type=None))["url"]
        async with self._http.ws_connect(url) as socket:
            async for frame in socket:
                envelope = json.loads(frame.data)
                if "envelope_id" in envelope:
                    await socket.send_str(json.dumps({"envelope_id": envelope["envelope_id"]}))
                    if envelope["type"] == "interactive":
                        self._spawn(self._clicked(envelope["payload"]))

    async def _clicked(self, payload: Message) -> None:
        token, text = payload["actions"][0]["value"], payload["message"]["text"]
        number = await self._insert(token, "out", text)
        message = {"seq": number, "author": "agent", "text": text}
        if send := self._sockets.get(token):
            await send(
                {"type": "websocket.send", "text": json.dumps({"type": "message", "message": message})}
            )


def main() -> None:
    """Serve at CX_PORT."""
    config = uvicorn.Config(
        Floor(), port=int(os.environ["CX_PORT"]), log_level="warning", loop="uvloop", http="httptools"
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
