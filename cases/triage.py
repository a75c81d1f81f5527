"""What a look at a new case finds out: whom it needs, how urgent it is, what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cases.enums import Priority
from cases.reader import Language

LOOKS_WITH_MODEL = 3
"""Looks at one case while nobody is sure whom it needs, …"""
MODEL_LOOKS = 2
"""… of which a model takes part in so many."""
LOOKS_WITHOUT_MODEL = 6
"""Without a model they cost nothing."""
CALM = timedelta(seconds=3)
"""After the customer's last word, so that a burst is one look; …"""
LONGEST_CALM = timedelta(seconds=15)
"""… but one who goes on writing is looked at after so long."""
NOBODY_ELSE = "-"
"""In place of a department's key: a person says that the case needs none."""
GENERAL = "general"
"""What a case is about until somebody has said it."""
NEW = timedelta(days=1)
"""Older cases are in people's hands."""


class By(StrEnum):
    """Who looked."""

    WORDS = "words"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Claim:
    """A case that is somebody's to look at until a lease ends."""

    case_id: int
    workspace_id: int
    tries: int
    """Which look at it this is, from 1."""
    through: int
    """How much the customer had said, as ``conversations.last_in_seq`` counts it."""
    at: datetime
    """Real time: whoever claims it anew has another one."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found."""

    by: By
    department: str | None = None
    """The key of the likeliest one."""
    department_name: str = ""
    confidence: float = 0.0
    sure: bool = False
    asks: bool = False
    """Whether people are to be asked whom the case needs."""
    said: bool = True
    """Whether the customer has said more than a greeting."""
    process: str | None = None
    process_name: str = ""
    priority: Priority | None = None
    language: Language | None = None
    prompt: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Triaged:
    """What a card says of it."""

    department: str | None
    """The name of the department that is suggested; None asks."""
    confidence: float
    model: str
    """Empty where no model had a part in it."""
