"""What an adapter that reads from another system's HTTP API is given, and how it says what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cases.errors import ConfigError, Unavailable


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: its JSON, and its headers by their names in lower case."""

    value: Any
    headers: Mapping[str, str]


class Refused(ConfigError):
    """The other system refuses us."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
        """Of its answer: 400 to 499."""


class Unreadable(Unavailable):
    """The other system answered something that cannot be read."""


class Fetch(Protocol):
    """Reads from one host, and from no other."""

    async def __call__(self, path: str, query: Mapping[str, str]) -> Answer:
        """The JSON at ``path`` below the base; raises Refused, Unreadable or Unavailable."""


def part(value: object, *names: str) -> Any:
    """What stands under ``names``, one inside the other, in a JSON object; None where it does not."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
