"""Arguments of a Web API call, read the way Slack reads them."""

import base64
from typing import Any

import orjson

from sandbox.errors import ApiError, InvalidArguments
from sandbox.model import Json

TRUE = frozenset({"1", "true", "True", "yes"})


class Args:
    """Query, form and JSON merged; booleans may come as 1 or 0, lists comma-joined, objects as JSON text."""

    __slots__ = ("raw",)

    def __init__(self, raw: Json) -> None:
        self.raw = raw

    def text(self, name: str) -> str | None:
        """None when it is absent or empty."""
        value = self.raw.get(name)
        if value is None or value == "":
            return None
        return value if isinstance(value, str) else str(value)

    def needed(self, name: str) -> str:
        """Raises InvalidArguments when it is absent."""
        value = self.text(name)
        if value is None:
            raise InvalidArguments([f"missing required field: {name}"])
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.raw.get(name)
        if value is None or value == "":
            return default
        return value if isinstance(value, bool) else str(value) in TRUE

    def whole(self, name: str) -> int | None:
        """A whole number, possibly given as text. Raises InvalidArguments."""
        value = self.text(name)
        try:
            return None if value is None else int(value)
        except ValueError:
            raise InvalidArguments([f"must be a number: {name}"]) from None

    def limit(self, default: int, most: int) -> int:
        """Raises ApiError(invalid_limit)."""
        try:
            limit = int(self.raw.get("limit") or default)
        except (TypeError, ValueError):
            raise ApiError("invalid_limit") from None
        if not 0 < limit <= most:
            raise ApiError("invalid_limit")
        return limit

    def parsed(self, name: str, error: str) -> Any:
        """An object or list, possibly given as JSON text. Raises ApiError(error)."""
        value = self.raw.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise ApiError(error) from None

    def several(self, name: str) -> list[str]:
        value = self.raw.get(name)
        if isinstance(value, list):
            return [str(each) for each in value]
        return [each.strip() for each in str(value).split(",") if each.strip()] if value else []

    def cursor(self) -> str | None:
        """What `next_cursor` was made of. Raises ApiError(invalid_cursor)."""
        value = self.text("cursor")
        if value is None:
            return None
        try:
            word, _, rest = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            raise ApiError("invalid_cursor") from None
        if word != "next":
            raise ApiError("invalid_cursor")
        return rest


def next_cursor(rest: str | None) -> Json:
    """`response_metadata` of a page; an empty cursor ends the list."""
    return {"next_cursor": base64.b64encode(f"next:{rest}".encode()).decode() if rest else ""}


def page(things: list[Any], args: Args, limit: int) -> tuple[list[Any], Json]:
    """One page of a list that is counted by position."""
    start = args.cursor() or "0"
    if not start.isdigit():
        raise ApiError("invalid_cursor")
    end = int(start) + limit
    return things[int(start) : end], next_cursor(str(end) if end < len(things) else None)
