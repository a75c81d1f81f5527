"""Many customers and a few agents at once, for measurements: every message carries a number of its own."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType

from benchmarks import rig
from benchmarks.chat import Visitor
from benchmarks.slack import Sandbox

_NUMBER = re.compile(rb"number (\d+)")
WORDS = "Hello, this is message number {number}: my parcel has not arrived, could you have a look, please?"


@dataclass(slots=True)
class Seat:
    """One customer with an open chat session."""

    site: str
    token: str
    thread: tuple[str, str] = ("", "")
    """Channel and ts of the case's thread, once a message stands in it."""
    first: int = 0
    """Number of the message that opened the case."""
    socket: ClientWebSocketResponse | None = None


@dataclass(slots=True)
class Draft:
    """A message of the app or of an agent, ready to be sent to a customer by one click."""

    number: int
    click: dict[str, str]


@dataclass(slots=True)
class Sightings:
    """When each number was first seen, and how often. Seconds are monotonic."""

    at: dict[int, float] = field(default_factory=dict)
    times: dict[int, int] = field(default_factory=dict)
    _waiting: dict[int, asyncio.Future[float]] = field(default_factory=dict)

    def see(self, number: int, at: float) -> None:
        """A number was seen."""
        self.times[number] = self.times.get(number, 0) + 1
        if number not in self.at:
            self.at[number] = at
            if (waiting := self._waiting.pop(number, None)) and not waiting.done():
                waiting.set_result(at)

    async def wait(self, number: int, seconds: float = 30.0) -> float:
        """When the number was seen; raises TimeoutError."""
        if number in self.at:
            return self.at[number]
        future = self._waiting.setdefault(number, asyncio.get_running_loop().create_future())
        return await asyncio.wait_for(asyncio.shield(future), seconds)


class Crowd:
    """The people around one running program."""

    def __init__(self, http: ClientSession, sandbox: Sandbox, address: str) -> None:
        self.http = http
        self.sandbox = sandbox
        self.address = address
        self.seats: list[Seat] = []
        self.in_slack = Sightings()
        self.on_screen = Sightings()
        self.previews = Sightings()
        self.acknowledged: set[int] = set()
        """Numbers whose message was answered with 200."""
        self._numbers = itertools.count(1)
        self._threads: dict[int, tuple[str, str]] = {}
        self._messages: dict[int, dict[str, str]] = {}
        self._private: dict[int, dict[str, str]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def gather(self, seats: int, channels: int, *, screens: bool = True) -> None:
        """Open the sessions, write once in each, and wait until all stand in Slack."""
        self._tasks.append(asyncio.create_task(self._watch()))
        for number in range(seats):
            self.seats.append(await self._sit(rig.site(number % channels), f"load-{time.time_ns()}"))
        firsts = [await self.write(seat) for seat in self.seats]
        for seat, first in zip(self.seats, firsts, strict=True):
            await self.in_slack.wait(first, 60)
            seat.thread, seat.first = self._threads[first], first
        if screens:
            await self.open_screens()

    async def open_screens(self) -> None:
        """Connect every customer's window."""
        for seat in self.seats:
            await self._open_screen(seat)

    async def transcript(self, seat: Seat) -> list[dict[str, Any]]:
        """What was said in the seat's conversation, as the server tells the customer."""
        messages: list[dict[str, Any]] = []
        while True:
            page = await self._page(seat, messages[-1]["seq"] if messages else 0)
            messages += page["messages"]
            if not page["messages"] or not page["more"]:
                return messages

    async def _page(self, seat: Seat, after: int) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {seat.token}"}
        url = f"{self.address}/chat/{seat.site}/messages?after={after}"
        async with self.http.get(url, headers=headers) as response:
            response.raise_for_status()
            page: dict[str, Any] = await response.json()
            return page

    async def leave(self) -> None:
        """Close everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for seat in self.seats:
            if seat.socket is not None:
                with suppress(ClientError, OSError):
                    await seat.socket.close()

    def next_number(self) -> int:
        """A number nobody has used."""
        return next(self._numbers)

    async def write(self, seat: Seat, number: int | None = None) -> int:
        """A customer's message; returns its number. Raises ClientError unless it is accepted."""
        number = self.next_number() if number is None else number
        body = {"client_message_id": f"n{number}", "text": WORDS.format(number=number), "file_ids": []}
        headers = {"Authorization": f"Bearer {seat.token}", "Content-Type": "application/json"}
        url = f"{self.address}/chat/{seat.site}/messages"
        async with self.http.post(url, data=orjson.dumps(body), headers=headers) as response:
            await response.read()
            response.raise_for_status()
        self.acknowledged.add(number)
        return number

    async def prepare_by_button(self, seat: Seat) -> Draft:
        """A customer's message that stands in the thread with its Send button."""
        number = await self.write(seat)
        await self.in_slack.wait(number)
        where = {"channel": seat.thread[0], "ts": self._messages[number]["ts"], "action_id": "reply_send"}
        return Draft(number, {"as": rig.AGENTS[0], "do": "click", **where})

    async def prepare_by_preview(self, seat: Seat) -> Draft:
        """An agent's message with 📤 on it, whose preview is shown."""
        number = self.next_number()
        agent, (channel, thread_ts) = rig.AGENTS[number % len(rig.AGENTS)], seat.thread
        text = WORDS.format(number=number)
        posted = await self.sandbox.act(agent, "post", channel=channel, thread_ts=thread_ts, text=text)
        await self.sandbox.act(agent, "react", channel=channel, ts=posted["ts"], name="outbox_tray")
        await self.previews.wait(number, 60)
        private = self._private[number]
        where = {"channel": channel, "ts": private["ts"], "action_id": "reply_send"}
        return Draft(number, {"as": agent, "do": "click", "value": private["draft"], **where})

    async def click(self, draft: Draft) -> None:
        """Press Send; raises RuntimeError when it was refused."""
        act = dict(draft.click)
        answer = await self.sandbox.act(act.pop("as"), act.pop("do"), **act)
        if not answer["ok"]:
            raise RuntimeError(f"Send was refused: {answer['error']}")

    async def _sit(self, site: str, user_id: str) -> Seat:
        visitor = Visitor(user_id, "A customer").signed(rig.SITE_SECRET)
        body = {"visitor": visitor, "visitor_token": None, "new": True}
        async with self.http.post(f"{self.address}/chat/{site}/session", json=body) as response:
            response.raise_for_status()
            return Seat(site, (await response.json())["session_token"])

    async def _open_screen(self, seat: Seat) -> None:
        url = f"{self.address.replace('http', 'ws', 1)}/chat/{seat.site}/ws"
        seat.socket = await self.http.ws_connect(url, compress=0)
        await seat.socket.send_json({"type": "hello", "token": seat.token, "after": 0})
        while (await seat.socket.receive_json())["type"] != "ready":
            pass
        self._tasks.append(asyncio.create_task(self._read_screen(seat.socket)))

    async def _read_screen(self, socket: ClientWebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is WSMsgType.TEXT and '"message"' in frame.data and '"agent"' in frame.data:
                found = _NUMBER.search(frame.data.encode())
                if found:
                    self.on_screen.see(int(found[1]), time.monotonic())

    async def _watch(self) -> None:
        async for raw in self.sandbox.raw_frames():
            if raw.startswith('{"type":"message",'):
                self._see_message(orjson.loads(raw))
            elif raw.startswith('{"type":"ephemeral",'):
                self._see_private(orjson.loads(raw))

    def _see_message(self, frame: dict[str, Any]) -> None:
        """A reply by the app: its numbers stand in its blocks, several when messages were merged."""
        message = frame["message"]
        if "thread_ts" not in frame or "bot_id" not in message:
            return
        for number in dict.fromkeys(map(int, _NUMBER.findall(orjson.dumps(message["blocks"])))):
            self._threads[number] = frame["channel"], frame["thread_ts"]
            self._messages[number] = {"ts": frame["ts"]}
            self.in_slack.see(number, frame["at"])

    def _see_private(self, frame: dict[str, Any]) -> None:
        for block in frame["message"].get("blocks") or []:
            for element in block.get("elements") or []:
                if element.get("action_id") == "reply_send":
                    found = _NUMBER.search(orjson.dumps(frame["message"]))
                    if found:
                        self._private[int(found[1])] = {"ts": frame["ts"], "draft": element["value"]}
                        self.previews.see(int(found[1]), frame["at"])


@asynccontextmanager
async def crowd(slack: str, address: str) -> AsyncIterator[Crowd]:
    """People for a program at ``address`` in the sandbox at ``slack``."""
    # uvicorn closes a connection that is idle for 5 s; we must be first, or a request meets a closed door.
    async with ClientSession(connector=TCPConnector(limit=0, keepalive_timeout=3)) as http:
        people = Crowd(http, Sandbox(http, f"{slack}/control", rig.CONTROL_SECRET), address)
        try:
            yield people
        finally:
            await people.leave()
