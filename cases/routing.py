"""Which department a case needs: what a company says of its departments, and what is suggested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cases.commitments import Sum
from cases.endings import Ending
from cases.promises import Timing


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that may be suggested for a case: a department, or a process."""

    key: str
    name: str
    description: str
    examples: Sequence[str]
    """What customers write for whom it is."""


@dataclass(frozen=True, slots=True)
class Desk(Choice):
    """A department as it may be suggested."""

    channel: str = ""
    """Name or id of the Slack channel in which it is asked; without one it is only suggested."""
    calendar: str = ""
    """The key of its hours; without one it works when the team does."""


@dataclass(frozen=True, slots=True)
class Process(Choice):
    """What a case can be about, such as a return."""

    timing: Timing = field(default_factory=Timing)
    """How long what it needs takes."""
    limit: Sum | None = None
    """What agents may decide alone; None where nothing is said of that."""
    ending: Ending = field(default_factory=Ending)
    """How its cases end."""


@dataclass(frozen=True, slots=True)
class Routed:
    """A conversation of which is known whom it needed: what the customer wrote, turn by turn."""

    turns: Sequence[str]
    label: str
    corrected: bool = False
    """Whether a person said so, of a case for which nothing, or another department, was suggested."""
    suggested: str = ""
    """The department that was the likeliest before."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Whom a case needs."""

    label: str
    confidence: float
    """The probability that this is right, 0 to 1."""
    sure: bool
    """Whether that is enough to suggest it; else a person is asked."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """A department by its name, and how sure that is, as in Suggestion."""

    name: str
    confidence: float
    sure: bool
