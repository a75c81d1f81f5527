"""(c) A backlog of one channel at Slack's limit: nothing lost, nothing refused, faster by merging."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from benchmarks.crowd import Crowd

CASES = 20
MESSAGES = 300
_PATIENCE_SECONDS = 400.0


@dataclass(slots=True)
class Backlog:
    """What became of the backlog."""

    lost: int
    doubled: int
    refused: int
    """Posts that Slack answered with 429."""
    posts: int
    per_second: float
    """Messages per second, from the first send to the last arrival."""


async def measure(crowd: Crowd) -> Backlog:
    """Write all at once, the cases in turns, and wait until the last one stands in its thread."""
    await crowd.gather(CASES, 1, screens=False)
    before = await _posts(crowd)
    began = time.monotonic()
    numbers = list(await asyncio.gather(*(_write(crowd, case) for case in range(CASES))))
    expected = [number for several in numbers for number in several]
    for number in expected:
        try:
            await crowd.in_slack.wait(number, max(0.1, began + _PATIENCE_SECONDS - time.monotonic()))
        except TimeoutError:
            break
    await asyncio.sleep(3)  # whatever comes twice comes now
    after, seen = await _posts(crowd), crowd.in_slack
    arrived = [seen.at[number] for number in expected if number in seen.at]
    return Backlog(
        lost=len(expected) - len(arrived),
        doubled=sum(seen.times.get(number, 0) > 1 for number in expected),
        refused=after.get("ratelimited", 0) - before.get("ratelimited", 0),
        posts=after.get("ok", 0) - before.get("ok", 0),
        per_second=len(arrived) / (max(arrived) - began) if arrived else 0.0,
    )


async def _write(crowd: Crowd, case: int) -> list[int]:
    seat = crowd.seats[case]
    return [await crowd.write(seat) for _ in range(MESSAGES // CASES)]


async def _posts(crowd: Crowd) -> dict[str, int]:
    counts: dict[str, dict[str, int]] = (await crowd.sandbox.calls(after=10**9))["counts"]
    return counts.get("chat.postMessage", {})
