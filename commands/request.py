"""What a ``/cx`` word is given."""

from __future__ import annotations

from dataclasses import dataclass

from storage.db import Database


@dataclass(frozen=True, slots=True)
class Request:
    """A ``/cx`` command as it was typed."""

    db: Database
    workspace_id: int
    workspace_url: str
    user: str
    text: str

    @property
    def arguments(self) -> list[str]:
        """What follows the word."""
        return self.text.split()[1:]
