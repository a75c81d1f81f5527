"""The time as Slack writes it."""

import time


def now_ts() -> str:
    """Seconds and microseconds since 1970, as in `event_ts`."""
    micros = time.time_ns() // 1000
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"
