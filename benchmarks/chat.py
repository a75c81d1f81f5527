"""A customer's program: what the widget does, over the web chat's public API."""

from __future__ import annotations

import asyncio
import hmac
import itertools
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout, ClientWebSocketResponse, WSMsgType

from benchmarks.signals import Signal

REQUEST_SECONDS = 5.0
PATIENCE_SECONDS = 180.0
"""How long a customer's program goes on repeating one request."""
_PAUSE_SECONDS = 0.3


class Refused(Exception):
    """The chat refused a request in a way that repeating does not cure."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who writes. ``user_id`` is signed with the site's secret, as the host site would."""

    user_id: str
    name: str | None = None
    email: str | None = None

    def signed(self, secret: str) -> dict[str, str]:
        """The visitor object of a session request."""
        signature = hmac.new(secret.encode(), self.user_id.encode(), sha256).hexdigest()
        made = {"user_id": self.user_id, "signature": signature}
        return made | {key: value for key in ("name", "email") if (value := getattr(self, key))}


@dataclass(frozen=True, slots=True)
class Shown:
    """A message on the customer's screen; ``at`` is monotonic seconds."""

    seq: int
    author: str
    text: str
    at: float


class Api:
    """Requests to any of the bots: they are spread, and go to the next one when one fails."""

    def __init__(self, http: ClientSession, site: str, addresses: Callable[[], Sequence[str]]) -> None:
        self.http = http
        self._site = site
        self._addresses = addresses
        self._turn = itertools.count()

    def bot(self) -> str:
        """The next bot's address."""
        known = self._addresses()
        return known[next(self._turn) % len(known)]

    def address(self) -> str:
        """The next bot's address of this site's chat."""
        return f"{self.bot()}/chat/{self._site}"

    async def ask(self, method: str, path: str, token: str | None = None, body: Any = None) -> dict[str, Any]:
        """The answer, repeated until there is one.

        Raises Refused for a refusal that repeating does not cure, TimeoutError after PATIENCE_SECONDS.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            wait = await self._try(method, path, headers, body)
            if isinstance(wait, dict):
                return wait
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} {path} was not answered for {PATIENCE_SECONDS:.0f} seconds")
            await asyncio.sleep(wait)

    async def _try(
        self, method: str, path: str, headers: dict[str, str], body: Any
    ) -> dict[str, Any] | float:
        """The answer, or how many seconds to wait before asking again."""
        timeout = ClientTimeout(total=REQUEST_SECONDS)
        try:
            async with self.http.request(
                method, f"{self.address()}/{path}", headers=headers, json=body, timeout=timeout
            ) as response:
                text = await response.text()
                if response.status == 200:
                    answer: dict[str, Any] = json.loads(text)
                    return answer
                if response.status == 429 or response.status >= 500:
                    return float(response.headers.get("Retry-After", _PAUSE_SECONDS))
                raise Refused(f"{method} {path}: {response.status} {text[:200]}")
        except (ClientError, TimeoutError, ValueError):
            return _PAUSE_SECONDS


class Customer:
    """One chat session: writes over HTTP, reads over a WebSocket that comes back when it is cut."""

    def __init__(self, api: Api, signal: Signal) -> None:
        self._api = api
        self._signal = signal
        self._socket: ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self.token = ""
        self.reference = ""
        self.status = "new"
        self.screen: list[Shown] = []
        self._seen: set[int] = set()

    async def open(self, visitor: Visitor, secret: str) -> None:
        """Start a conversation of its own, and listen to it."""
        await self.start(visitor, secret)
        self._reader = asyncio.create_task(self._listen())

    async def start(self, visitor: Visitor, secret: str) -> None:
        """Start a conversation of its own."""
        answer = await self._api.ask(
            "POST", "session", body={"visitor": visitor.signed(secret), "visitor_token": None, "new": True}
        )
        self.token = answer["session_token"]

    async def write(self, text: str) -> str:
        """Send a message, repeated under one client message id until it is accepted; returns its id."""
        body = {"client_message_id": uuid4().hex, "text": text, "file_ids": []}
        answer = await self._api.ask("POST", "messages", self.token, body)
        self.reference = answer["reference"]
        message_id: str = answer["message"]["id"]
        return message_id.replace("-", "")

    async def transcript(self) -> tuple[list[tuple[str, str]], str]:
        """((author, text) of every message, the status) as the server tells it."""
        found: list[dict[str, Any]] = []
        while True:
            path = f"messages?after={found[-1]['seq'] if found else 0}"
            answer = await self._api.ask("GET", path, self.token)
            found += answer["messages"]
            if not answer["messages"] or not answer["more"]:
                return [(each["author"], each["text"]) for each in found], answer["status"]

    def answers(self) -> list[Shown]:
        """What the screen shows from agents."""
        return [shown for shown in self.screen if shown.author == "agent"]

    def cut(self) -> None:
        """Lose the connection, as phones do."""
        socket = self._socket
        if socket is not None and (transport := socket.get_extra_info("socket")) is not None:
            with suppress(OSError):
                transport.shutdown(2)

    async def close(self) -> None:
        """Stop listening."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            with suppress(ClientError, TimeoutError, OSError):
                await self._one_connection()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _one_connection(self) -> None:
        address = self._api.address().replace("http", "ws", 1)
        async with self._api.http.ws_connect(f"{address}/ws", heartbeat=10.0, compress=0) as socket:
            self._socket = socket
            last = max(self._seen, default=0)
            await socket.send_json({"type": "hello", "token": self.token, "after": last})
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._read(socket, json.loads(frame.data))

    async def _read(self, socket: ClientWebSocketResponse, frame: dict[str, Any]) -> None:
        if frame["type"] == "status":
            self.status = frame["status"]
        elif frame["type"] == "message":
            message = frame["message"]
            if message["seq"] in self._seen:
                return
            self._seen.add(message["seq"])
            self.screen.append(Shown(message["seq"], message["author"], message["text"], time.monotonic()))
            self._signal.notify()
            await socket.send_json({"type": "received", "seq": message["seq"]})
