"""What the copilot proposes to do: nothing of it happens until a person confirms it, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.enums import Status
from cases.roles import Act

MAX_QUESTION = 2_500
"""Characters of a question to a department, as its post shows it: it fits into that, and into its form."""
MAX_TOLD = 400
"""Characters of what a department is told: twenty such notes fit into one message."""


class DeedKind(StrEnum):
    """What is done once somebody confirms it."""

    ASK = "ask"
    REMIND = "remind"
    STATUS = "status"


NEEDS = {DeedKind.ASK: Act.ASK, DeedKind.REMIND: Act.LOOK, DeedKind.STATUS: Act.ARRANGE}
"""What somebody must be allowed to do to confirm or discard it."""


@dataclass(frozen=True, slots=True)
class AskWish:
    """Ask a department."""

    department: str
    """Its key."""
    name: str
    question: str


@dataclass(frozen=True, slots=True)
class RemindWish:
    """Remind whoever asked."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class StatusWish:
    """Say where the case stands."""

    status: Status


@dataclass(frozen=True, slots=True)
class ReplyWish:
    """Write to the customer; it becomes a draft like any other."""

    reply: str
    """With its markers."""


Wish = AskWish | RemindWish | StatusWish | ReplyWish
