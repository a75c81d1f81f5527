"""Who acts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """The agent who acts: Slack user id and the name that customers see."""

    id: str
    name: str
