"""What a tool knows without being told: the case it works for. The model supplies none of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cases.articles import Embed
from cases.customer_data import CustomerData
from cases.enums import Status
from cases.routing import Desk
from storage.db import Database


@dataclass(frozen=True, slots=True)
class AskProposal:
    """A question to a department that a person may post."""

    department: str
    question: str


@dataclass(frozen=True, slots=True)
class ReminderProposal:
    """A reminder that a person may set."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class DraftProposal:
    """A reply that a person may send."""

    reply: str
    """With its markers."""


@dataclass(frozen=True, slots=True)
class StatusProposal:
    """Where a person may say that the case stands."""

    status: Status


Proposal = AskProposal | ReminderProposal | DraftProposal | StatusProposal


@dataclass(frozen=True, slots=True)
class Scope:
    """One piece of work on one case. Made anew for each, shared with no other."""

    db: Database
    workspace_id: int
    case_id: int
    customer_id: int
    now: datetime
    desks: Sequence[Desk] = ()
    embed: Embed | None = None
    """What tells what a question means; None without an embedding model."""
    customers: CustomerData | None = None
    """The CRM, where that and not our own tables knows orders and profiles."""
    shown: dict[str, str] = field(default_factory=dict)
    """Marker → what it stands for, for everything that the model was shown and may cite."""
    proposals: list[Proposal] = field(default_factory=list)
    """What the model proposed, in order: nothing of it has happened."""

    def show(self, marker: str, label: str) -> str:
        """Note that the model was shown something that it may cite; the marker as it is written."""
        self.shown[marker] = label
        return f"[{marker}]"

    def department(self, key: str) -> Desk | None:
        """The department of a key; None for one that the company does not have."""
        return next((desk for desk in self.desks if desk.key == key), None)

    @property
    def departments(self) -> Mapping[str, Desk]:
        """The company's departments by key."""
        return {desk.key: desk for desk in self.desks}
