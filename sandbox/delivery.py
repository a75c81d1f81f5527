"""The way to the app: one small interface, so that Socket Mode and HTTP are interchangeable."""

from typing import Protocol

from sandbox.model import Json


class Delivery(Protocol):
    """Brings events and interactions to the app."""

    def event(self, payload: bytes, name: str, channel: str | None) -> None:
        """Delivers an encoded events payload, again if it is not acknowledged; never waits."""

    async def interaction(self, kind: str, payload: Json) -> Json | None:
        """Delivers a click, form or command once and returns what the acknowledgement carried.

        Raises NotDelivered when no connection took it or no acknowledgement came within 3 s.
        """

    def forget(self) -> None:
        """Drops everything that waits to be delivered."""
