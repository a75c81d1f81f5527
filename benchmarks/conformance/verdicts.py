"""The two ways in which a check speaks: it compares, or it says what is wrong."""

from __future__ import annotations

from typing import Any


class Wrong(Exception):
    """The workspace did something else than Slack does; the text says what."""


def same(found: Any, expected: Any) -> None:
    """Raises Wrong unless both are equal."""
    if found != expected:
        raise Wrong(f"{found!r} instead of {expected!r}")


def true(found: Any, says: str) -> None:
    """Raises Wrong unless `found` is truthy."""
    if not found:
        raise Wrong(says)


def has(found: dict[str, Any], **expected: Any) -> None:
    """Raises Wrong unless all these fields are there with these values."""
    for key, value in expected.items():
        if found.get(key) != value:
            raise Wrong(f"{key} is {found.get(key)!r} instead of {value!r}")
