"""(b) How soon Slack gets its acknowledgement, over loopback HTTP, one request at a time."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks import rig, signed

BLOCK = 50
"""Requests in a row to one program before the other's turn."""
WARM_UP = 50
PAUSE_SECONDS = 0.01
"""After each answer: one at a time means that the work which follows an acknowledgement is over too."""

Request = Callable[[int], tuple[bytes, dict[str, str]]]


@dataclass(slots=True)
class Acks:
    """Seconds from a request to its answer, of one program."""

    events: list[float] = field(default_factory=list)
    commands: list[float] = field(default_factory=list)


def _event(turn: int) -> tuple[bytes, dict[str, str]]:
    """A person's message in a thread: what must be written down before the acknowledgement."""
    now = time.time_ns() // 1_000
    ts = f"{now // 1_000_000}.{now % 1_000_000:06}"
    text = f"Between ourselves, message {turn} of the measurement"
    content = signed.message_event(rig.channel_id(0), ts, "1700000000.000100", rig.AGENTS[0], text)
    return signed.event(content)


def _command(turn: int) -> tuple[bytes, dict[str, str]]:
    return signed.command("help")


async def measure(addresses: dict[str, str], count: int) -> dict[str, Acks]:
    """Ask the programs (name → address) in turns, ``count`` events and commands each."""
    return await asyncio.to_thread(_measure, addresses, count)


def _measure(addresses: dict[str, str], count: int) -> dict[str, Acks]:
    acks = {name: Acks() for name in addresses}
    for start in range(-WARM_UP, count, BLOCK):
        for name, address in addresses.items():
            events = _ask(address, _event)
            commands = _ask(address, _command)
            if start >= 0:
                acks[name].events += events
                acks[name].commands += commands
    return acks


def _ask(address: str, request: Request) -> list[float]:
    """Over one connection and a bare socket: a client library would take longer than what it measures."""
    seconds = []
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port or 80), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for turn in range(BLOCK):
            body, headers = request(turn)
            lines = [
                f"{key}: {value}" for key, value in {**headers, "Content-Length": str(len(body))}.items()
            ]
            head = "\r\n".join(["POST /slack/events HTTP/1.1", f"Host: {place.netloc}", *lines, "", ""])
            began = time.perf_counter()
            connection.sendall(head.encode() + body)
            status = _answer(connection)
            seconds.append(time.perf_counter() - began)
            if status != 200:
                raise RuntimeError(f"{address} answered {status} to a signed request")
            time.sleep(PAUSE_SECONDS)
    return seconds


def _answer(connection: socket.socket) -> int:
    """The status of one complete answer."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += _more(connection)
    head, _, body = raw.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head.lower())
    while length and len(body) < int(length[1]):
        body += _more(connection)
    return int(head.split()[1])


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    if not data:
        raise ConnectionError("The connection was closed before the answer was complete.")
    return data
