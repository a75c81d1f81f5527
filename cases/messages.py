"""Value types that travel between channels, flows and views."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cases.enums import Channel, Priority, Status
from cases.promises import Due, Told
from cases.reader import Language
from cases.surveys import SurveyKind
from cases.triage import Triaged

REPLY_WINDOW_DAYS = 7
"""A reply to a closed case reopens it for this long; later it opens a follow-up."""
BURST_QUIET = timedelta(minutes=30)
"""After this long without a word of the customer their next message begins a new burst."""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message of a customer, parsed and verified by its channel."""

    conversation_id: int
    client_message_id: str
    """The channel's own id of the message: repeated = one effect."""
    text: str
    file_uuids: Sequence[UUID] = field(default=())
    subject: str | None = None
    """What a case that it opens is called; None = as its words begin."""


@dataclass(frozen=True, slots=True)
class Change:
    """A customer's wish to change one of their messages, parsed and verified by its channel."""

    conversation_id: int
    client_message_id: str
    edit: int
    """The number of this edit of the message, growing: the highest stays."""
    text: str | None
    """The new words; None takes the message back."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an inbound message."""

    message_id: int
    message_uuid: UUID
    seq: int
    """Position in the conversation, from 1, without gaps."""
    case_id: int
    case_number: int
    slack_channel: str
    created_at: datetime
    duplicate: bool
    changed: bool = False
    """Whether an edit or deletion that came before it was applied to it at once."""
    post: dict[str, Any] | None = None
    """Its post in Slack, when it was stamped at once and must be sent now."""

    @property
    def reference(self) -> str:
        """The case's reference as people read it."""
        return reference(self.case_number)


@dataclass(frozen=True, slots=True)
class OtherCase:
    """Another open case of the same customer, as a card points at it."""

    number: int
    subject: str
    token: UUID
    url: str | None
    """The address of its card once that is posted."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A customer whom the unproven one of a case may be."""

    token: UUID
    name: str
    customer: str | None
    """Their number in the company's own systems."""
    order: str | None
    """The number of theirs that was named."""
    address: str | None = None
    """Else the address of theirs that was given."""


@dataclass(frozen=True, slots=True)
class WaitsOn:
    """A department that is being waited for."""

    department: str
    since: datetime
    taken_by: str | None = None
    """Who looks after the question there."""
    later_at: datetime | None = None
    """By when they mean to answer, where they said so."""


@dataclass(frozen=True, slots=True)
class CaseCard:
    """Everything that the card of a case shows."""

    case_id: int
    token: UUID
    number: int
    customer: str
    customer_verified: bool
    channel: Channel
    site: str
    language: Language | None
    """In which the customer reads, where that is known."""
    subject: str
    status: Status
    owner: str | None
    opened_at: datetime
    closed_at: datetime | None
    close_reason: str | None
    orders: int
    earlier_cases: int
    follows: int | None
    """Number of the closed case that this one follows."""
    priority: Priority = Priority.NORMAL
    tags: Sequence[str] = ()
    away_until: datetime | None = None
    """The owner is away until then."""
    cover: str | None = None
    """Who covers for them."""
    linked: Sequence[int] = ()
    """Numbers of the cases linked to this one."""
    merged_into: int | None = None
    """Number of the case that this one goes on in."""
    problem: int | None = None
    """Number of the open problem that is behind it."""
    problem_title: str = ""
    others: Sequence[OtherCase] = ()
    """The newest other open cases of the customer that nobody has linked to this one."""
    others_left_out: int = 0
    suggestion: Suggestion | None = None
    waits_on: Sequence[WaitsOn] = ()
    """The departments whose answers are due, the longest waiting first."""
    triaged: Triaged | None = None
    """Whom the copilot suggests to ask, until a person has chosen."""
    process: str = ""
    """The key of what it is about."""
    process_name: str = ""
    """What that is called; empty while nobody has said it."""
    department: str | None = None
    """The key of the department that a person chose, or of the one that is suggested."""
    told: Told | None = None
    """What the customer was told of a date."""
    due: Due | None = None
    """By when it should be done, where that was looked up."""
    handle: str = ""
    """The address or phone number by which they are known on the channel, where people read it."""
    place: str = ""
    """What the mailbox or the other system is called."""
    icon: str | None = None
    """Its emoji, where it has one of its own."""
    public: bool = False
    """Whether everybody can read what is said there."""
    rating: tuple[SurveyKind, int] | None = None
    """What the customer answered when they were asked how it was."""


def reference(number: int) -> str:
    """The reference of a case as people read it: CX-1042."""
    return f"CX-{number}"


def problem_reference(number: int) -> str:
    """The reference of a problem as people read it: PR-7."""
    return f"PR-{number}"


def greeting(texts: Mapping[Language | None, str], language: Language) -> str:
    """What a chat begins with in that language."""
    return texts.get(language) or texts.get(None) or next(iter(texts.values()), "")


def case_number(word: str) -> int | None:
    """The number in a case's reference such as CX-1042, or in 1042; None for what is no reference."""
    return _number(word, "CX")


def problem_number(word: str) -> int | None:
    """The number in a problem's reference such as PR-7, or in 7; None for what is no reference."""
    return _number(word, "PR")


def _number(word: str, mark: str) -> int | None:
    found = re.fullmatch(rf"(?:{mark}-)?(\d{{1,12}})", word.strip(), re.IGNORECASE)
    return int(found[1]) if found else None
