"""Tasks of ours come to their end when they are told to."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_SECONDS = 10.0
"""A task that has not ended by then is told once more; longer than any of ours takes to finish."""


async def end(*tasks: asyncio.Future[Any], again: float = AGAIN_SECONDS) -> None:
    """Cancel tasks and wait until they are over, whatever they end with.

    Once is not always enough: in Python 3.11 ``asyncio.wait_for``, by which psycopg's pool waits for a
    connection, forgets that it was cancelled when it gets one at that moment, and whoever works in a loop
    would go on for ever. Cancelled itself, it still sees them end, then raises CancelledError.
    """
    cancelled = False
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left, timeout=again)
        except asyncio.CancelledError:
            cancelled = True
    await asyncio.gather(*tasks, return_exceptions=True)
    if cancelled:
        raise asyncio.CancelledError
