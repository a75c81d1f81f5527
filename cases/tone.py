"""How a company wants its customers to be written to: in all, in one language, on one channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cases.enums import Channel
from cases.reader import Language


@dataclass(frozen=True, slots=True)
class Tone:
    """A policy, as the model reads it."""

    label: str
    """Its name and version, as recorded with each output."""
    words: str


@dataclass(frozen=True, slots=True)
class Tones:
    """A company's own policies; where none fits the one that comes with the prompts counts."""

    known: Mapping[tuple[Language | None, Channel | None], Tone] = field(default_factory=dict)
    """For a language, a channel, or both; (None, None) is for all."""

    def pick(self, language: Language | None, channel: Channel | None) -> Tone | None:
        """The most particular policy: of both, of the language, of the channel, of all."""
        places = ((language, channel), (language, None), (None, channel), (None, None))
        return next((self.known[place] for place in places if place in self.known), None)
