"""Where customers come in besides the web chat: a mailbox, a source of the channel API."""

from __future__ import annotations

from dataclasses import dataclass

from cases.enums import Channel


@dataclass(frozen=True, slots=True)
class Entrance:
    """One of them, as its file names it."""

    channel: Channel
    key: str
    title: str
    slack_channel: str
    """Name or id of the Slack channel where its cases go."""
    file: str
    """The file that says so."""
    workspace: str | None = None
    """Team id (T…) of the Slack workspace; None where there is only one."""
    icon: str | None = None
    """Name of an emoji; None = that of its channel."""
    public: bool = False
    """Whether everybody can read what is said there."""
