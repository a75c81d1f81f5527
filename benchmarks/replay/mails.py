"""What the company sends by mail in a replay, as its recipient has it."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage

ADDRESS = "support@replay.example"
"""The company's."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that the company handed in; ``at`` is monotonic seconds."""

    recipient: str
    message: EmailMessage
    at: float
