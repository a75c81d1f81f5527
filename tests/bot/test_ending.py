"""What works in a loop ends when it is told to."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from bot.ending import end


async def _forgets(times: int) -> str:
    """A loop in which that many cancellations get lost, as in ``asyncio.wait_for`` of Python 3.11."""
    for _ in range(times):
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
    await asyncio.Event().wait()
    return "never"


async def test_who_forgets_that_it_was_cancelled_is_told_again() -> None:
    forgetful = [asyncio.create_task(_forgets(times)) for times in range(4)]
    await asyncio.sleep(0)
    await end(*forgetful, again=0.01)
    assert all(task.cancelled() for task in forgetful)


async def test_what_failed_or_is_over_is_left_as_it_is() -> None:
    async def fails() -> None:
        raise ValueError

    failed, over = asyncio.create_task(fails()), asyncio.create_task(asyncio.sleep(0, "done"))
    await asyncio.sleep(0.01)
    await end(failed, over)
    assert (type(failed.exception()), over.result()) == (ValueError, "done")
    await end()


async def test_cancelled_itself_it_still_sees_them_end() -> None:
    forgetful = asyncio.create_task(_forgets(1))
    ending = asyncio.create_task(end(forgetful, again=5))
    await asyncio.sleep(0.01)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert forgetful.cancelled()
