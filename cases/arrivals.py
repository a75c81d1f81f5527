"""What a customer says over an outside channel: a mail, a message by the channel API."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cases.enums import Channel
from cases.files import Stored
from cases.reader import Language

TOLD = "told"
"""The kind of a mail address to which we wrote first, because we were told of it.

It is no ``email``, which an address becomes by writing: whoever writes from there is as unknown as before,
unless they answer what we wrote.
"""


@dataclass(frozen=True, slots=True)
class Handle:
    """By what a channel knows somebody, unique in a workspace: ``Handle("email", "a@b.example")``."""

    kind: str
    value: str
    """As the channel compares it: addresses in lower case."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message of a customer, parsed by its channel. Its words hold neither NUL nor lone surrogates."""

    workspace_id: int
    channel: Channel
    site: str
    """Key of the mailbox or of the API's source."""
    slack_channel: str
    """Id of the Slack channel in which a case that it opens lives."""
    who: Handle
    verified: bool
    """Whether the channel knows that it is from them."""
    client_message_id: str
    """The channel's own id of it, unique on its site: repeated = one effect."""
    text: str
    name: str = ""
    email: str | None = None
    phone: str | None = None
    language: Language | None = None
    conversation_id: int | None = None
    """The exchange that it goes on with, where the channel found that out; it counts only if the writer
    is the customer of that one."""
    thread_key: str | None = None
    """Else the channel's own name of the exchange; None = a new one."""
    subject: str | None = None
    """What a case that it opens is called; None = as its words begin."""
    files: Sequence[Stored] = ()
    warnings: Sequence[str] = ()
    """Sentences for the team about what is odd, in its language."""
    may_answer: bool = True
    """Whether something may go back by itself: not to a bounce, an automatic reply, or who asks for none."""


def phone_digits(number: str | None) -> str:
    """A phone number as numbers are compared: digits only, without the 00 of international calls."""
    return re.sub(r"\D", "", number or "", flags=re.ASCII).removeprefix("00")


@dataclass(frozen=True, slots=True)
class Entrance:
    """A mailbox or a source of the channel API, as its file says."""

    channel: Channel
    key: str
    """Its ``site`` in arrivals and replies."""
    title: str
    slack_channel: str
    """Name or id of the Slack channel in which its cases live."""
    file: str
    """Which file says so."""
    workspace: str | None = None
    """Team id (T…) of the Slack workspace; None where there is only one."""
    icon: str | None = None
    """Name of an emoji; None = that of the channel."""
    public: bool = False
    """Whether everybody can read what is said there."""


@dataclass(frozen=True, slots=True)
class OpenEntrance:
    """An entrance whose workspace and Slack channel are known."""

    entrance: Entrance
    workspace_id: int
    slack_channel: str
    """Id of the Slack channel."""
