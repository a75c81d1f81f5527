"""Rate limits: token buckets per method and, for posting, per channel."""

import math
import time

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
POST_PER_SECOND = 1.0
POST_BURST = 5.0
MOST_FILE_BYTES = 1 << 30


class Limits:
    """Switchable; off lets everything through."""

    def __init__(self, on: bool) -> None:
        self.on = on
        self.file_bytes = MOST_FILE_BYTES
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def clear(self) -> None:
        self._buckets.clear()
        self.file_bytes = MOST_FILE_BYTES

    def wait(self, method: str, tier: int | None, channel: str) -> int:
        """Whole seconds to wait before this call may be made; 0 lets it through and counts it.

        Posting: 1/s per channel with a burst of 5. Tiers: their calls per minute, half of them as a burst.
        """
        if not self.on:
            return 0
        if method == "chat.postMessage":
            return self._take((method, channel), POST_PER_SECOND, POST_BURST)
        if tier is None:
            return 0
        return self._take((method, ""), PER_MINUTE[tier] / 60, max(1.0, PER_MINUTE[tier] / 2))

    def _take(self, key: tuple[str, str], per_second: float, burst: float) -> int:
        now = time.monotonic()
        left, then = self._buckets.get(key, (burst, now))
        left = min(burst, left + (now - then) * per_second)
        if left < 1:
            self._buckets[key] = (left, now)
            return max(1, math.ceil((1 - left) / per_second))
        self._buckets[key] = (left - 1, now)
        return 0
