"""Replies that somebody else's system carries: what is handed over, and what may come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

from cases.arrivals import Handle
from cases.enums import Channel
from cases.errors import CxError
from cases.reader import Language

MOST_ATTEMPTS = 8
"""After so many refusals for the moment a reply has failed."""
_WAITS = (10, 30, 120, 300, 600, 1200, 1800)
"""Seconds before each next attempt: an hour in all."""


class NotTaken(CxError):
    """The customer's side refuses this message."""


class TryLater(CxError):
    """The customer's side takes no messages at the moment."""


class Unclear(CxError):
    """It is not known whether this message arrived."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that goes along with a reply."""

    path: Path
    name: str
    mime: str
    size: int


@dataclass(frozen=True, slots=True)
class OutboundReply:
    """A reply as it was approved, with all that its channel needs to hand it over."""

    workspace_id: int
    channel: Channel
    site: str
    message_id: int
    message_uuid: UUID
    """The same at each attempt: what the channel calls the message is made from it."""
    conversation_id: int
    thread_key: str | None
    """The channel's own name of the exchange, where it gave one."""
    to: Handle
    customer: str
    language: Language | None
    case_number: int
    subject: str
    """What the case is about, or how a person called the mail that begins here."""
    text: str
    author: str
    created_at: datetime
    attempt: int
    """From 1."""
    automatic: bool = False
    """Whether it went out by itself, without a person who wrote or sent it."""
    files: Sequence[Enclosed] = ()
    survey: UUID | None = None
    """What the survey's link stands for, where the reply asks how it was."""
    receipt: UUID | None = None
    """What the link to the case's page stands for, where the reply is a receipt: a sender adds
    ``cases.receipts.link_words`` with ``channels.pages.case_link``."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The other system has taken a reply."""

    provider_id: str | None = None
    """What that system calls it."""


class Sender(Protocol):
    """Hands replies of one channel over."""

    @property
    def repeatable(self) -> bool:
        """Whether the other system takes a reply once, however often it is handed over."""
        ...

    async def send(self, reply: OutboundReply) -> Sent:
        """Hand ``reply`` over.

        Raises NotTaken when it surely did not arrive and never will, TryLater when it surely did not
        arrive, Unclear when it may have arrived: that is not tried again by itself, unless it is
        ``repeatable``. Anything else that is raised counts as Unclear.
        """
        ...


def wait_after(attempt: int) -> timedelta:
    """How long to wait after attempt number ``attempt`` (from 1)."""
    return timedelta(seconds=_WAITS[min(attempt, len(_WAITS)) - 1])
