"""Reading a request's body without ever holding more of it than is allowed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Network, ip_address

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from bot.web.errors import TooFast
from cases.language import later
from channels.errors import LongRequest, SlowRequest

BODY_SECONDS = 30.0
"""A body that takes longer to arrive is not waited for."""


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of that lower-case name."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


def network(scope: Scope) -> str:
    """Where the client is, as limits count it; behind a proxy what the proxy names.

    An IPv4 address, or the /64 of an IPv6 one: that is the least that a subscriber is given (RFC 6177),
    so that its holder may write from 2**64 addresses.
    """
    client = scope.get("client")
    name = str(client[0]) if client else ""
    try:
        found = ip_address(name)
    except ValueError:
        return name
    if isinstance(found, IPv4Address):
        return name
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Network((int(found), 64), strict=False))


async def read_body(scope: Scope, receive: Receive, limit: int, seconds: float = BODY_SECONDS) -> bytes:
    """The whole body, at most ``limit`` bytes, which must have come after ``seconds``.

    Raises LongRequest as soon as the announced length or the bytes so far exceed the limit, without
    reading the rest, and SlowRequest.
    """
    announced(scope, limit)
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive, limit)
    except TimeoutError:
        raise SlowRequest from None


async def _read(receive: Receive, limit: int) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_long(limit)
        more = message.get("more_body", False)
    return bytes(body)


def announced(scope: Scope, limit: int) -> int:
    """How many bytes the body has at most: as it says itself, or ``limit``; raises LongRequest."""
    length = header(scope, b"content-length")
    if not length or not length.isdigit():
        return limit
    if int(length) > limit:
        raise _too_long(limit)
    return int(length)


class BodyRoom:
    """How much may be read side by side of what strangers send, in bytes: of one network, and of all."""

    def __init__(self, what: later, each: int, total: int) -> None:
        """``what`` says what was too much."""
        self._what = what
        self._each = each
        self._total = total
        self._held: Counter[str] = Counter()

    @contextmanager
    def hold(self, where: str, size: int) -> Iterator[None]:
        """Keep room for a body of ``size`` bytes from the network ``where``; raises TooFast."""
        if self._held[where] + size > self._each or self._held.total() + size > self._total:
            raise TooFast(self._what, 1)
        self._held[where] += size
        try:
            yield
        finally:
            self._held[where] -= size
            if not self._held[where]:
                del self._held[where]


def _too_long(limit: int) -> LongRequest:
    return LongRequest(
        "This request is too large: at most {limit} KB are accepted here.", limit=limit // 1024
    )


def bearer(scope: Scope) -> str:
    """The token of the Authorization header, or an empty string."""
    value = header(scope, b"authorization") or ""
    kind, _, token = value.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
