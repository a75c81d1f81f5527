"""Sends frames over one WebSocket in order, without making the sender wait."""

import asyncio
from collections import deque

from aiohttp import WSMsgType, web

MOST_WAITING = 100_000


class Pump:
    """One outgoing side of a socket. A reader that falls far behind is cut off."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request
        self._waiting: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def send(self, frame: bytes) -> None:
        if len(self._waiting) > MOST_WAITING:
            self.cut()
            return
        self._waiting.append(frame)
        self._wake.set()

    def cut(self) -> None:
        """Drops the connection without notice."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def flush(self) -> None:
        """Returns when all that waits has been written or the socket is gone."""
        while self._waiting and not self._task.done():
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                try:
                    await self._socket.send_frame(self._waiting[0], WSMsgType.TEXT)
                except ConnectionError:
                    self._waiting.clear()
                    return
                self._waiting.popleft()
