"""What a tool knows without being told: the case it works for. The model supplies none of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

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
    shown: dict[str, str] = field(default_factory=dict)
    """Marker → what it stands for, for everything that the model was shown and may cite."""

    def show(self, marker: str, label: str) -> str:
        """Note that the model was shown something that it may cite; the marker as it is written."""
        self.shown[marker] = label
        return f"[{marker}]"
