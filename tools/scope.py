"""What a tool knows without being told: the case it works for. The model supplies none of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cases.articles import Embed
from cases.customer_data import CustomerData
from cases.deeds import Wish
from cases.routing import Desk
from storage.db import Database


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
    member: str = ""
    """Who asked; empty for work that nobody asked for."""
    shown: dict[str, str] = field(default_factory=dict)
    """Marker → what it stands for, for everything that the model was shown and may cite."""

    wishes: list[Wish] = field(default_factory=list)
    """What the model proposed, in order: nothing of it has happened."""

    def show(self, marker: str, label: str) -> str:
        """Note that the model was shown something that it may cite; the marker as it is written."""
        self.shown[marker] = label
        return f"[{marker}]"


@dataclass(frozen=True, slots=True)
class DeskScope:
    """One question of one person over the cases that they own. Made anew for each, shared with no other."""

    db: Database
    workspace_id: int
    workspace_url: str
    member: str
    now: datetime
    embed: Embed | None = None
    """What tells what a question means; None without an embedding model."""
    shown: dict[str, str] = field(default_factory=dict)
    """Marker → what it stands for, for everything that the model was shown and may cite."""
    places: dict[str, str] = field(default_factory=dict)
    """Marker → the address to which it leads."""

    @property
    def case_id(self) -> None:
        """Its work belongs to no case."""
        return

    def show(self, marker: str, label: str, place: str | None = None) -> str:
        """Note that the model was shown something that it may cite; the marker as it is written."""
        self.shown[marker] = label
        if place:
            self.places[marker] = place
        return f"[{marker}]"
