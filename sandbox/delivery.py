"""The way to the app: parcels, the faults that befall them, and two carriers, sockets and HTTP."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import orjson

from sandbox.errors import NotDelivered
from sandbox.faults import Faults
from sandbox.model import Json

ACK_SECONDS = 3.0
REORDER_SECONDS = 0.5
SLACK_RETRY_DELAYS = (0.0, 60.0, 300.0)


@dataclass(slots=True, eq=False)
class Parcel:
    """Something on its way to the app. `kind`: events_api, interactive or slash_commands."""

    kind: str
    payload: bytes
    name: str
    channel: str | None = None
    attempt: int = 0
    parked_until: float = 0.0
    answer: "asyncio.Future[Json | None] | None" = None
    done: bool = False


class Carrier(Protocol):
    """Brings parcels to the app and events again that were not acknowledged."""

    def send(self, parcel: Parcel) -> bool:
        """Takes a parcel; False when nobody is there to get it. Never waits."""

    def forget(self) -> None:
        """Drops everything that waits to be delivered."""

    @property
    def undelivered(self) -> int:
        """How many events and interactions wait for a connection or an acknowledgement."""


class Delivery:
    """Brings events and interactions to the app by the carrier in force."""

    def __init__(self, faults: Faults, carrier: Carrier, ack_seconds: float = ACK_SECONDS) -> None:
        self._ack_seconds = ack_seconds
        self.carrier = carrier
        self._faults = faults
        self._held: Parcel | None = None

    def event(self, payload: bytes, name: str, channel: str | None) -> None:
        """Delivers an encoded events payload, again if it is not acknowledged; never waits."""
        parcel = Parcel("events_api", payload, name, channel)
        if not self._faults.rules:
            self.carrier.send(parcel)
            return
        delay = self._faults.struck("delay_delivery", name, channel)
        if delay is not None:
            asyncio.get_running_loop().call_later(delay.delay_ms / 1000, self._ordered, parcel)
        else:
            self._ordered(parcel)

    def _ordered(self, parcel: Parcel) -> None:
        """Sends now, or after the next one when a rule says so."""
        if self._held is None and self._faults.struck("reorder_delivery", parcel.name, parcel.channel):
            self._held = parcel
            asyncio.get_running_loop().call_later(REORDER_SECONDS, self._release, parcel)
            return
        self.carrier.send(parcel)
        if self._faults.struck("duplicate_delivery", parcel.name, parcel.channel):
            self.carrier.send(parcel)
        if self._held is not None:
            self._release(self._held)

    def _release(self, parcel: Parcel) -> None:
        if self._held is parcel:
            self._held = None
            self.carrier.send(parcel)

    async def interaction(self, kind: str, payload: Json) -> Json | None:
        """Delivers a click, form or command once and returns what the acknowledgement carried.

        Raises NotDelivered when nobody took it, none came within 3 s, or it was an error.
        """
        answer: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        name = str(payload.get("type", kind))
        parcel = Parcel(kind, orjson.dumps(payload), name, answer=answer)
        if self._faults.rules:
            delay = self._faults.struck("delay_delivery", name)
            if delay is not None:
                await asyncio.sleep(delay.delay_ms / 1000)
        if not self.carrier.send(parcel):
            raise NotDelivered("dispatch_failed")
        if self._faults.rules and self._faults.struck("duplicate_delivery", name):
            self.carrier.send(parcel)
        try:
            return await asyncio.wait_for(answer, self._ack_seconds)
        except TimeoutError:
            parcel.done = True
            raise NotDelivered("operation_timeout") from None

    def forget(self) -> None:
        """Drops everything that waits to be delivered."""
        self._held = None
        self.carrier.forget()
