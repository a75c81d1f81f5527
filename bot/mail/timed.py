"""Mails are read in threads of their own, each for a limited time, so that nothing waits for an odd one."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

from channels.mail import InboundMail, Own
from channels.mail_reading import read

READ_SECONDS = 60.0
THREADS = 3
"""Of a mailbox. A thread cannot be stopped: so many mails may go on being read after their time."""
_BUSY_SECONDS = 0.5


class TimedReading:
    """Reads the mails of one mailbox."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="mail")
        self._running: list[Future[InboundMail]] = []

    async def read(self, raw: bytes, own: Own) -> InboundMail:
        """As ``channels.mail_reading.read``; raises TimeoutError after READ_SECONDS, too."""
        while self._many() >= THREADS:
            # What waits for a thread is not the slow one, so its time has not begun.
            await asyncio.sleep(_BUSY_SECONDS)
        future = self._pool.submit(read, raw, own)
        self._running.append(future)
        async with asyncio.timeout(READ_SECONDS):
            return await asyncio.wrap_future(future)

    def _many(self) -> int:
        self._running = [future for future in self._running if not future.done()]
        return len(self._running)
