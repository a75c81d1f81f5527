"""Trigger ids: what lets the app open a form in answer to a person's act, for 3 seconds and once."""

import secrets
import time
from dataclasses import dataclass

from sandbox.errors import ApiError

GOOD_SECONDS = 3.0
REMEMBERED_SECONDS = 600.0


@dataclass(slots=True)
class Trigger:
    user: str
    at: float
    view_id: str | None
    used: bool = False


class Triggers:
    def __init__(self) -> None:
        self._given: dict[str, Trigger] = {}

    def give(self, user: str, view_id: str | None = None) -> str:
        """A new id; `view_id` is the form in which the person acted, if any."""
        now = time.monotonic()
        while self._given:
            oldest = next(iter(self._given))
            if self._given[oldest].at > now - REMEMBERED_SECONDS:
                break
            del self._given[oldest]
        trigger_id = (
            f"{secrets.randbelow(10**12):012d}.{secrets.randbelow(10**12):012d}.{secrets.token_hex(16)}"
        )
        self._given[trigger_id] = Trigger(user, now, view_id)
        return trigger_id

    def exchange(self, trigger_id: str) -> Trigger:
        """Raises ApiError: invalid_, exchanged_ or expired_trigger_id."""
        trigger = self._given.get(trigger_id)
        if trigger is None:
            raise ApiError("invalid_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        if time.monotonic() - trigger.at > GOOD_SECONDS:
            raise ApiError("expired_trigger_id")
        trigger.used = True
        return trigger

    def clear(self) -> None:
        self._given.clear()
