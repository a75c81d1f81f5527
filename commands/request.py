"""What a ``/cx`` word is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from cases.actor import Actor
from cases.articles import Embed
from cases.promises import PlanAt
from storage.db import Database, Row
from views.thread import Rendered


@dataclass(frozen=True, slots=True)
class Hands:
    """What words need that do something: who acts, when, and what only the bot can do for them."""

    actor: Actor
    now: datetime
    owner: Callable[[str], Awaitable[Actor]]
    """Somebody as one who can own cases, by their id; raises InvalidInput."""
    hand_over: Callable[[str, str, str], Awaitable[bool]]
    """Give a case (its token) to somebody (their id), with a word to them."""
    open_case: Callable[[str], Awaitable[Row]]
    """Open a case about something; raises TextMissing."""
    ask: Callable[[Row, str, str], Awaitable[Rendered]]
    """Prepare a question about a case to a department (its key or name): what is to be confirmed."""
    key: str = ""
    """The command's own, so that it acts once."""
    case_channel: str = ""
    """Id of the Slack channel in which cases opened by hand live."""
    without_links: Callable[[str], str] = str
    """A text without the links that customers alone have."""
    open_settings: Callable[[], Awaitable[None]] | None = None
    """Open the form in which settings are changed."""


@dataclass(frozen=True, slots=True)
class Request:
    """A ``/cx`` command as it was typed."""

    db: Database
    workspace_id: int
    workspace_url: str
    user: str
    text: str
    does: Hands | None = None
    embed: Embed | None = None
    """What tells what a question means, where the company has a model for that."""
    at: PlanAt | None = None
    """The company's hours and processes, and now."""

    @property
    def arguments(self) -> list[str]:
        """What follows the word."""
        return self.text.split()[1:]

    @property
    def hands(self) -> Hands:
        """``does``, which is there for every command that somebody typed in Slack."""
        assert self.does is not None
        return self.does
