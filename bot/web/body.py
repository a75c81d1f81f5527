"""Reading a request's body without ever holding more of it than is allowed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Network, ip_address

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from channels.errors import LongRequest


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


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body, at most ``limit`` bytes.

    Raises LongRequest as soon as the announced length or the bytes so far exceed the limit, without
    reading the rest.
    """
    length = header(scope, b"content-length")
    if length and length.isdigit() and int(length) > limit:
        raise _too_long(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        if len(body) > limit:
            raise _too_long(limit)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
    if len(body) > limit:
        raise _too_long(limit)
    return body


def _too_long(limit: int) -> LongRequest:
    return LongRequest(
        "This request is too large: at most {limit} KB are accepted here.", limit=limit // 1024
    )


def bearer(scope: Scope) -> str:
    """The token of the Authorization header, or an empty string."""
    value = header(scope, b"authorization") or ""
    kind, _, token = value.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
