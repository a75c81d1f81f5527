"""What a check of `cx doctor` found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check ended."""

    GOOD = "ok"
    NOTE = "note"
    """Nothing is broken, but somebody may want to know."""
    FAILED = "fails"
    BLOCKED = "blocks"
    """`cx run` cannot start like this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    check: str
    state: State
    what: str
    mend: str = ""
