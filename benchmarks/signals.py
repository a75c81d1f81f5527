"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Signal:
    """Wakes everybody who waits whenever something has changed."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Something has changed."""
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, found: Callable[[], T | None], seconds: float) -> T | None:
        """What ``found`` returns as soon as that is not None; None after so many seconds without it."""
        deadline = time.monotonic() + seconds
        while True:
            event = self._event
            value = found()
            left = deadline - time.monotonic()
            if value is not None or left <= 0:
                return value
            try:
                await asyncio.wait_for(event.wait(), left)
            except TimeoutError:
                return found()
