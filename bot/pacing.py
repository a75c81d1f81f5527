"""Token buckets that keep us under Slack's limits instead of running into them."""

from __future__ import annotations

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now() -> float:
    """Seconds of a clock that never jumps, and that also runs while the machine sleeps."""
    return time.clock_gettime(_CLOCK)


class Bucket:
    """``burst`` tokens at most, one more every ``interval`` seconds; interval 0 = no limit.

    ``idle`` is for how many seconds nobody is known to have used it: as many tokens are there.
    """

    def __init__(self, interval: float, burst: int, *, idle: float = float("inf")) -> None:
        self.interval = interval
        self.burst = burst
        self._tokens = min(float(burst), idle / interval) if interval else float(burst)
        self._at = time.monotonic()

    def _refill(self) -> None:
        now = time.monotonic()
        if self.interval:
            self._tokens = min(self.burst, self._tokens + (now - self._at) / self.interval)
        else:
            self._tokens = self.burst
        self._at = now

    def room(self) -> int:
        """Whole tokens there are now."""
        self._refill()
        return max(0, int(self._tokens))

    def take(self, count: int = 1) -> None:
        """Use tokens, on credit if need be."""
        self._refill()
        if self.interval:
            self._tokens -= count

    def put_back(self) -> None:
        """A token that was taken was not used; what Slack made us wait for stays."""
        if self.interval and self._tokens >= 0:
            self._tokens += 1

    def empty(self, seconds: float) -> None:
        """Slack said wait: no token for that long."""
        self._refill()
        if self.interval:
            self._tokens = min(self._tokens, 1 - seconds / self.interval)

    def wait(self) -> float:
        """Seconds until the next token."""
        self._refill()
        return max(0.0, (1 - self._tokens) * self.interval)
