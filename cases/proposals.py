"""A reply that the copilot proposes, as it travels from where it is made to where people read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class FlagKind(StrEnum):
    """Why a person must look at some words twice before they send them."""

    MONEY = "money"
    DATE = "date"
    POLICY = "policy"
    LINK = "link"
    """An address that is not the company's own: it goes as plain text."""
    INVENTED = "invented"
    """A token for personal data that stands for nothing."""
    GAP = "gap"
    """What a macro did not know: nothing goes before somebody has filled it in."""


class Tone(StrEnum):
    """How a proposed reply can be put another way."""

    SHORTER = "shorter"
    FRIENDLIER = "friendlier"


@dataclass(frozen=True, slots=True)
class Flag:
    """Words to look at twice."""

    kind: FlagKind
    words: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a reply rests on."""

    marker: str
    label: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the copilot proposes. Without a ``reply`` it says what was found and what has to be asked."""

    reply: str
    cited: str
    """The reply with its markers."""
    language: str
    """As a code; empty where it is not known."""
    seen: int
    """The customer's last message that it knows, by its number in the conversation."""
    back_translation: str = ""
    sources: Sequence[Source] = ()
    dropped: int = 0
    """Citations that named nothing that the model was shown."""
    flags: Sequence[Flag] = ()
    findings: Sequence[str] = ()
    questions: Sequence[str] = ()
    note: str = ""
    """Why there is less than was asked for: a ``copilot.model.Why``, or ``ungrounded``."""
    prompt: str = ""
    model: str = ""
    """Empty where no model had a part in it."""
