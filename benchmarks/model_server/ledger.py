"""What has been asked, and what it would have cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SECRET_HEADERS = frozenset({"authorization", "api-key", "x-api-key", "cookie"})


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of one answer."""

    prompt: int
    cached: int
    completion: int


@dataclass(slots=True)
class Sums:
    """The tokens of all answers."""

    calls: int = 0
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    embeddings: int = 0
    """Calls of the embeddings endpoint."""
    embedded: int = 0
    """Their tokens."""


@dataclass(slots=True)
class Ledger:
    """Requests in the order in which they came, and sums."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    sums: Sums = field(default_factory=Sums)

    def note(self, path: str, headers: Mapping[str, str], body: object) -> None:
        """Write a request down; of secrets only that they were there."""
        kept = {name.lower(): value for name, value in headers.items()}
        kept |= {name: "present" for name in kept if name in SECRET_HEADERS}
        self.requests.append({"path": path, "headers": kept, "body": body})

    def spend(self, usage: Usage) -> None:
        """Add an answer to the sums."""
        self.sums.calls += 1
        self.sums.prompt += usage.prompt
        self.sums.cached += usage.cached
        self.sums.completion += usage.completion

    def embed(self, spent: int) -> None:
        """Add a call of the embeddings endpoint to the sums."""
        self.sums.embeddings += 1
        self.sums.embedded += spent

    def usage(self) -> dict[str, int]:
        """The sums by name."""
        return asdict(self.sums)
