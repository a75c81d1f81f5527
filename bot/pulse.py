"""Signs of life of one process's Slack: when an event last came, and whether our posts come back."""

from __future__ import annotations

from bot.pacing import now


class Pulse:
    """Slack echoes each post of ours as an event: posts without any event mean that none come."""

    def __init__(self) -> None:
        self._event: float | None = None
        self._post: float | None = None

    def event(self) -> None:
        """Slack sent an event."""
        self._event = now()
        self._post = None

    def post(self) -> None:
        """Slack took a post."""
        if self._post is None:
            self._post = now()

    def elsewhere(self, age: float) -> None:
        """Another process heard an event ``age`` seconds ago."""
        if self._post is not None and self._post < now() - age:
            self._post = None

    @property
    def event_age(self) -> float | None:
        """Seconds since the last event."""
        return None if self._event is None else now() - self._event

    @property
    def post_age(self) -> float | None:
        """Seconds since the first post after the last event."""
        return None if self._post is None else now() - self._post
