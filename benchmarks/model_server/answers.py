"""What is answered, before it takes the shape of an endpoint."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.model_server import tokens


@dataclass(frozen=True, slots=True)
class Call:
    """A tool to call; the arguments need not be JSON."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's turn, and what goes wrong on its way."""

    text: str | None = None
    calls: tuple[Call, ...] = ()
    refusal: str | None = None
    finish: str | None = None
    """``length`` or ``content_filter``; None: it ended by itself."""
    status: int = 200
    body: Any = None
    """What an answer with another status than 200 carries; None: an error in OpenAI's shape."""
    headers: dict[str, str] = field(default_factory=dict)
    raw: str | None = None
    """The body as it is, with status 200."""
    empty: str | None = None
    """``choices``: without any; ``content``: one that has none."""
    delay_seconds: float = 0
    pace_seconds: float = 0
    """Between the chunks of a stream."""
    hang: bool = False
    """Never ends: after half of a text or of calls if it has them, else without a byte."""
    close: bool = False
    """The connection is cut: after half of a text or of calls if it has them, else without a byte."""

    @property
    def says_something(self) -> bool:
        """Whether there is a turn to send, whole or half."""
        return self.text is not None or bool(self.calls) or self.refusal is not None

    def within(self, most_tokens: int | None) -> Answer:
        """The same, with its text cut where the client's limit ends it."""
        if most_tokens is None or self.text is None or tokens.count(self.text) <= most_tokens:
            return self
        return replace(self, text=tokens.cut(self.text, most_tokens), finish="length")

    def cost(self) -> int:
        """Its tokens."""
        said = tokens.count(self.text or "") + tokens.count(self.refusal or "")
        return said + sum(tokens.count(f"{call.name} {call.arguments}") for call in self.calls)


def arguments_of(value: object) -> str:
    """Arguments as they travel; a string goes as it is, so that it may be malformed."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def chunks(text: str, most: int = 64) -> list[str]:
    """``text`` in pieces as a stream sends them: 16 characters each, more when there would be too many."""
    size = max(16, -(-len(text) // most))
    return [text[at : at + size] for at in range(0, len(text), size)]
