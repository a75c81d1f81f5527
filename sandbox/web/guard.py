"""Loopback only: checks of Host, Origin and secrets."""

import hmac

from aiohttp import web

from sandbox.box import Box


def is_local(box: Box, request: web.Request) -> bool:
    """Whether the request names this server and comes from none but its own pages."""
    hosts = {f"{name}:{box.options.port}" for name in ("127.0.0.1", "localhost")}
    if request.headers.get("Host", "") not in hosts:
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin in {f"http://{host}" for host in hosts}


def same(given: str | None, expected: str) -> bool:
    """Compares secrets in constant time."""
    return hmac.compare_digest((given or "").encode(), expected.encode())


def bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme == "Bearer" else ""
