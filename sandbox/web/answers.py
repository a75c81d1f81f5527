"""JSON in and out."""

from typing import Any

import orjson
from aiohttp import web

from sandbox.errors import ActError


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=orjson.dumps(body),
        status=status,
        headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})},
    )


async def json_body(request: web.Request) -> Any:
    """Raises ActError(invalid_json)."""
    try:
        return orjson.loads(await request.read() or b"{}")
    except orjson.JSONDecodeError:
        raise ActError("invalid_json") from None
