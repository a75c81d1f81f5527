"""What a customer is asked after their case was closed, and when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum

from cases.language import later

ONCE_IN = timedelta(days=30)
"""A customer is asked at most once in this time, whatever they write about."""
TOO_LATE = timedelta(days=1)
"""What could not be asked for so long is not asked any more: nobody remembers."""
DIGIT_FOR = timedelta(days=7)
"""For how long a number in the chat is the answer."""
LINK_FOR = timedelta(days=30)
"""For how long the page takes an answer."""
MAX_COMMENT = 2_000
"""Characters."""
THANKS = later("Thank you for your answer!")
THANKS_FOR_BAD = later("Thank you for telling us. We are sorry, and look at it once more.")
_DAY = timedelta(days=1)


class SurveyKind(StrEnum):
    """How is asked: how satisfied somebody is, or whether they would recommend the company."""

    CSAT = "csat"
    NPS = "nps"


_SCORES = {SurveyKind.CSAT: range(1, 6), SurveyKind.NPS: range(11)}
_BAD_UP_TO = {SurveyKind.CSAT: 2, SurveyKind.NPS: 6}
"""The answers after which somebody should call: the lower two of five, and NPS's detractors."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What a customer answered."""

    score: int
    comment: str = ""
    first_contact: bool | None = None
    """Whether it was solved at the first contact; None where they did not say."""


@dataclass(frozen=True, slots=True)
class AskHours:
    """When, on the customer's clock, they may be asked; ``end`` at midnight is the end of the day."""

    start: time = time(9)
    end: time = time(20)

    def next(self, at: datetime, zone: tzinfo) -> datetime:
        """``at`` where that is between them, else when they begin next."""
        local = at.astimezone(zone)
        opens = datetime.combine(local.date(), self.start, zone)
        if local.time() < self.start:
            return opens.astimezone(at.tzinfo)
        if self.end != time(0) and local.time() >= self.end:
            return datetime.combine(local.date() + _DAY, self.start, zone).astimezone(at.tzinfo)
        return at


def scores(kind: SurveyKind) -> Sequence[int]:
    """The possible answers, the worst first."""
    return _SCORES[kind]


def is_bad(kind: SurveyKind, score: int) -> bool:
    """Whether a supervisor should see it."""
    return score <= _BAD_UP_TO[kind]


def score_of(text: str, kind: SurveyKind) -> int | None:
    """The answer that a message is; None for one that says anything but a number that can be answered."""
    words = text.strip()
    if not maybe_score(words):
        return None
    return int(words) if int(words) in _SCORES[kind] else None


def maybe_score(text: str) -> bool:
    """Whether a message is only a number such as answers are."""
    return re.fullmatch("[0-9]|10", text.strip()) is not None
