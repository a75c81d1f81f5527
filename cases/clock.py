"""Business time comes from one place, so that demos and simulations can turn it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The port: what time it is for the business."""

    def now(self) -> datetime:
        """The current business time, aware, in UTC."""
        ...


class SystemClock:
    """The computer's clock, shifted by an offset that can be turned."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset

    def turn(self, offset: timedelta) -> None:
        """Go forward to ``offset``; time never goes back, so that a smaller one changes nothing."""
        self.offset = max(self.offset, offset)

    def now(self) -> datetime:
        """The computer's time plus the offset, aware, in UTC."""
        return datetime.now(UTC) + self.offset
