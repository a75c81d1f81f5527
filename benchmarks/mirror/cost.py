"""(d) What a message costs: processor time, and connections opened to Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.crowd import Crowd
from benchmarks.rig import Running

MESSAGES = 1_000
_WARM_UP = 200
_AT_ONCE = 16


class Doorkeeper:
    """A plain TCP relay in front of Slack's API that counts the connections opened to it."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._host, self._port = parts.hostname, parts.port
        self.connections = 0
        self.address = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection both ways."""
        self.connections += 1
        there, back = await asyncio.open_connection(self._host, self._port)
        await asyncio.gather(_relay(reader, back), _relay(there, writer), return_exceptions=True)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with suppress(ConnectionError, RuntimeError):
        writer.close()


@asynccontextmanager
async def doorkeeper(slack: str) -> AsyncIterator[Doorkeeper]:
    """A relay to ``slack`` at an address of its own."""
    keeper = Doorkeeper(slack)
    server = await asyncio.start_server(keeper.handle, "127.0.0.1", 0)
    keeper.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield keeper
    finally:
        server.close()


@dataclass(slots=True)
class Cost:
    """Of one customer message on its way to the thread."""

    cpu_seconds: float
    """Processor time of the program's processes per message."""
    connections: float
    """Connections opened to Slack's API per 1,000 posts."""


async def measure(crowd: Crowd, running: Running, keeper: Doorkeeper) -> Cost:
    """Send a thousand messages, a few at a time, each seen in the thread; a few before do not count."""
    await _send(crowd, _WARM_UP)
    cpu, connections = running.cpu_seconds(), keeper.connections
    await _send(crowd, MESSAGES)
    return Cost(
        cpu_seconds=(running.cpu_seconds() - cpu) / MESSAGES,
        connections=(keeper.connections - connections) * 1_000 / MESSAGES,
    )


async def _send(crowd: Crowd, messages: int) -> None:
    turns = iter(range(messages))

    async def work() -> None:
        for turn in turns:
            seat = crowd.seats[turn % len(crowd.seats)]
            await crowd.in_slack.wait(await crowd.write(seat))

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
