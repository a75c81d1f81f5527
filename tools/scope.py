"""What a tool knows without being told: the case it works for. The model supplies none of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cases.articles import Embed
from cases.customer_data import CustomerData
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
    shown: dict[str, str] = field(default_factory=dict)
    """Marker → what it stands for, for everything that the model was shown and may cite."""

    def show(self, marker: str, label: str) -> str:
        """Note that the model was shown something that it may cite; the marker as it is written."""
        self.shown[marker] = label
        return f"[{marker}]"
