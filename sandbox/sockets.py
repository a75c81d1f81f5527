"""Socket Mode: single-use addresses, each envelope to one connection, redelivery without acknowledgement."""

import asyncio
import secrets
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from sandbox.delivery import ACK_SECONDS, SLACK_RETRY_DELAYS, Parcel
from sandbox.faults import Faults
from sandbox.model import Json
from sandbox.pump import Pump

MOST_CONNECTIONS = 10
TICKET_SECONDS = 60.0
PARKED_SECONDS = 60.0
CLOSING_SECONDS = 10.0


@dataclass(slots=True, eq=False)
class Connection:
    """One open socket of the app; a leaving one gets nothing new."""

    id: str
    pump: Pump
    leaving: bool = False


@dataclass(slots=True)
class SocketMode:
    """Delivery over the app's sockets.

    `retry_delays` are the seconds to wait after each missed acknowledgement (Slack: at once, 1 min, 5 min).
    """

    app_id: str
    host: str
    enabled: bool
    faults: Faults
    retry_delays: tuple[float, ...] = SLACK_RETRY_DELAYS
    ack_seconds: float = ACK_SECONDS
    _tickets: dict[str, float] = field(default_factory=dict)
    _connections: list[Connection] = field(default_factory=list)
    _turn: int = 0
    _under_way: dict[str, Parcel] = field(default_factory=dict)
    _deadlines: deque[tuple[float, str]] = field(default_factory=deque)
    _parked: deque[Parcel] = field(default_factory=deque)
    _resting: set[Parcel] = field(default_factory=set)

    # ── connections ──────────────────────────────────────────────────────────────────────────────

    def address(self) -> str:
        """A single-use address for one connection, good for a minute."""
        now = time.monotonic()
        self._tickets = {ticket: until for ticket, until in self._tickets.items() if until > now}
        ticket = secrets.token_hex(16)
        self._tickets[ticket] = now + TICKET_SECONDS
        return f"ws://{self.host}/link/?ticket={ticket}&app_id={self.app_id}"

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serves one connection until it ends."""
        until = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if until < time.monotonic():
            return web.Response(status=404, text="This address has been used or is too old.")
        socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 24)
        await socket.prepare(request)
        pump = Pump(socket, request)
        connection = Connection(secrets.token_hex(8), pump)
        try:
            refusal = self._refusal()
            if refusal:
                await self._dismiss(connection, socket, refusal)
                return socket
            self._welcome(connection)
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._read(frame.data)
        finally:
            if connection in self._connections:
                self._connections.remove(connection)
            await pump.close()
        return socket

    def _refusal(self) -> str | None:
        if not self.enabled:
            return "link_disabled"
        return "too_many_websockets" if len(self._connections) >= MOST_CONNECTIONS else None

    async def _dismiss(self, connection: Connection, socket: web.WebSocketResponse, reason: str) -> None:
        connection.pump.send(self._farewell(reason))
        await connection.pump.flush()
        await socket.close()

    def _welcome(self, connection: Connection) -> None:
        self._connections.append(connection)
        info = {"app_id": self.app_id}
        debug = {**self._debug(), "approximate_connection_time": 18060}
        hello = {
            "type": "hello",
            "num_connections": len(self._connections),
            "connection_info": info,
            "debug_info": debug,
        }
        connection.pump.send(orjson.dumps(hello))
        now = time.monotonic()
        waiting, self._parked = self._parked, deque()
        for parcel in waiting:
            if parcel.parked_until > now:
                self.send(parcel)

    def _debug(self) -> Json:
        return {"host": "applink-sandbox", "build_number": 1}

    def _farewell(self, reason: str) -> bytes:
        return orjson.dumps({"type": "disconnect", "reason": reason, "debug_info": self._debug()})

    def cut_all(self) -> int:
        """Cuts every socket without notice; returns how many."""
        connections, self._connections = self._connections, []
        for connection in connections:
            connection.pump.cut()
        return len(connections)

    def refresh(self, reason: str) -> int:
        """Asks all connections to make way: `warning` tells, `refresh_requested` closes after 10 s."""
        for connection in self._connections:
            connection.pump.send(self._farewell(reason))
            if reason != "warning":
                connection.leaving = True
                asyncio.get_running_loop().call_later(CLOSING_SECONDS, connection.pump.cut)
        return len(self._connections)

    @property
    def connections(self) -> int:
        return len(self._connections)

    @property
    def undelivered(self) -> int:
        """Events and interactions that wait for a connection or an acknowledgement."""
        waiting = {parcel for parcel in self._under_way.values() if not parcel.done}
        return len(waiting | self._resting | set(self._parked))

    # ── deliveries ───────────────────────────────────────────────────────────────────────────────

    def forget(self) -> None:
        self._parked.clear()
        self._resting.clear()
        self._under_way.clear()
        self._deadlines.clear()

    def send(self, parcel: Parcel) -> bool:
        """Hands a parcel to the next connection; an event that finds none is kept for a minute."""
        connection = self._next()
        if connection is None:
            if parcel.kind == "events_api":
                parcel.parked_until = time.monotonic() + PARKED_SECONDS
                self._parked.append(parcel)
            return False
        envelope_id = str(uuid.uuid4())
        self._under_way[envelope_id] = parcel
        self._deadlines.append((time.monotonic() + self.ack_seconds, envelope_id))
        connection.pump.send(_envelope(envelope_id, parcel))
        return True

    def _next(self) -> Connection | None:
        for _ in range(len(self._connections)):
            self._turn = (self._turn + 1) % len(self._connections)
            if not self._connections[self._turn].leaving:
                return self._connections[self._turn]
        return None

    def _read(self, text: str) -> None:
        try:
            frame: Any = orjson.loads(text)
        except orjson.JSONDecodeError:
            return
        envelope_id = str(frame.get("envelope_id")) if isinstance(frame, dict) else ""
        parcel = self._under_way.get(envelope_id)
        if parcel is None:
            return
        if self.faults.rules and self.faults.struck("swallow_ack", parcel.name, parcel.channel):
            return
        del self._under_way[envelope_id]
        self._resting.discard(parcel)
        parcel.done = True
        if parcel.answer is not None and not parcel.answer.done():
            payload = frame.get("payload")
            parcel.answer.set_result(payload if isinstance(payload, dict) and payload else None)

    def sweep(self) -> None:
        """Sends events again whose acknowledgement is overdue; called several times a second."""
        now = time.monotonic()
        while self._deadlines and self._deadlines[0][0] <= now:
            _, envelope_id = self._deadlines.popleft()
            parcel = self._under_way.pop(envelope_id, None)
            if parcel is None or parcel.done or parcel.answer is not None:
                continue
            if parcel.attempt < len(self.retry_delays):
                delay = self.retry_delays[parcel.attempt]
                parcel.attempt += 1
                self._resting.add(parcel)
                asyncio.get_running_loop().call_later(delay, self._again, parcel)

    def _again(self, parcel: Parcel) -> None:
        if parcel in self._resting:
            self._resting.remove(parcel)
            self.send(parcel)


def _envelope(envelope_id: str, parcel: Parcel) -> bytes:
    takes_answer = parcel.kind != "events_api"
    envelope: Json = {
        "envelope_id": envelope_id,
        "payload": orjson.Fragment(parcel.payload),
        "type": parcel.kind,
        "accepts_response_payload": takes_answer,
    }
    if not takes_answer:
        envelope["retry_attempt"] = parcel.attempt
        envelope["retry_reason"] = "timeout" if parcel.attempt else ""
    return orjson.dumps(envelope)
