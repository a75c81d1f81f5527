"""How a case stands in its customer's words: what the page behind the link of a receipt shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import Enum

from cases.enums import Status
from cases.errors import NotAllowed, NotFound
from cases.language import later
from cases.messages import reference
from cases.progress import Progress
from cases.promises import Step
from cases.reader import Language

LATELY = 10
"""How many of the last messages are shown."""


class PageUnknown(NotFound):
    """This link is not valid. Please open it as it stands in our message."""


class PageOver(NotAllowed):
    """This case was closed long ago, so its page is gone. Please write to us again if anything is left."""


class Turn(Enum):
    """Where a step stands."""

    DONE = later("done")
    NOW = later("now")
    NEXT = later("to come")


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step as the customer reads it."""

    words: str
    turn: Turn


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the customer's own channel shows it."""

    own: bool
    name: str
    text: str
    at: datetime
    files: Sequence[str] = ()
    """Their names: they are opened in the channel."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that the page of a case shows."""

    receipt: int
    """The id of the receipt whose link this is."""
    conversation: int
    """Where an answer goes, and all that was said here."""
    workspace: int
    channel: str
    site: str
    title: str | None
    """What the mailbox or the other system is called; chat sites have theirs in their file."""
    number: int
    status: Status
    language: Language | None
    """The customer's, where it is known."""
    zone: tzinfo
    steps: Sequence[ShownStep]
    promised: datetime | None
    """The date that the customer was told last, while it still holds."""
    late: bool
    """Whether that date is over."""
    said: Sequence[Said]
    """The latest last."""
    writable: bool
    """Whether what the customer writes here comes into this case."""

    @property
    def reference(self) -> str:
        """The case's number as people say it."""
        return reference(self.number)


_WORDS = {
    Status.NEW: later("We have your message and will look at it soon."),
    Status.OPEN: later("We are working on it."),
    Status.WAITING_DEPARTMENT: later("We are working on it."),
    Status.WAITING_CUSTOMER: later("We are waiting for your answer."),
    Status.ANSWERED: later("We have answered you."),
    Status.CLOSED: later("This case is closed."),
}


def in_words(status: Status) -> str:
    """Where a case stands, as its customer may know it: whom else we ask is our own affair."""
    return str(_WORDS[status])


def shown_steps(steps: Sequence[Step], at: Progress | None, language: Language) -> Sequence[ShownStep]:
    """The steps that customers may read, with how far the case is; None where all of them are done."""
    left = [each.place for each in at.left] if at else []
    found = []
    for place, step in enumerate(steps):
        words = (
            step.shown.get(language) or step.shown.get(Language.EN) or next(iter(step.shown.values()), None)
        )
        if words:
            found.append(ShownStep(words, _turn(place, left)))
    return found


def _turn(place: int, left: Sequence[int]) -> Turn:
    if place not in left:
        return Turn.DONE
    return Turn.NOW if place == left[0] else Turn.NEXT
