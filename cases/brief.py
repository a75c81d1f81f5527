"""What somebody needs to know before they act on a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from cases.routing import Suggested
from cases.waiting import Waited


@dataclass(frozen=True, slots=True)
class Spoken:
    """One message of the conversation with the customer."""

    by_customer: bool
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """An order of the customer."""

    external_id: str
    status: str
    items: Sequence[str]
    placed: date | None = None
    """When it was placed, where the shop has said so."""
    total: str | None = None
    """What it cost, as the shop writes it."""


@dataclass(frozen=True, slots=True)
class EarlierCase:
    """Another case of the customer."""

    number: int
    subject: str
    status: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Promised:
    """What a reply promised, in its own words, and by when."""

    words: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Brief:
    """The facts of a case, all from stored rows."""

    number: int
    customer: str
    email: str | None
    opened_with: Spoken | None
    unanswered: Sequence[Spoken]
    """What the customer said since our last answer."""
    last_answer: Spoken | None
    messages: int
    orders: Sequence[KnownOrder]
    earlier: Sequence[EarlierCase]
    articles: Sequence[str]
    """Titles of articles that may answer the customer, the likeliest first."""
    department: Suggested | None
    """Whom to ask; None where nothing suggests one."""
    promised: Sequence[Promised] = ()
    """What our replies promised that is still open, the most urgent first."""
    stale: bool = False
    """Whether the orders are stored ones because the CRM, which knows better, does not answer."""
    waited: Waited | None = None
    """For whom the case waited so far; None where nobody asked for that."""
