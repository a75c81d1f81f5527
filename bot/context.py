"""What listeners need, wired once in ``bot.bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from procrastinate import App

from bot.admins import Admins
from bot.amendments import Amendments
from bot.caller import Caller
from bot.departments import Departments
from bot.directory import Directory
from bot.gate import Gate
from bot.homes import Homes
from bot.mentions import Mentions
from bot.pane import Pane
from bot.poster import Poster
from bot.rooms import Rooms
from bot.sender import Sender
from bot.settings import Settings
from bot.web.uploads import FileStore
from bot.workspace import Workspace
from cases.articles import Embed
from cases.clock import Clock
from cases.customer_data import CustomerData
from cases.ledger import Rules
from cases.mailboxes import OpenMailbox
from cases.receipts import Place
from channels.tokens import Signer
from storage.db import Database
from storage.plans import Planned
from storage.watched import Watched


@dataclass(frozen=True, slots=True)
class Bot:
    """One running bot."""

    settings: Settings
    db: Database
    clock: Clock
    workspace_id: int
    workspace_url: str
    sealed: str | None
    """The encrypted token of its installation by OAuth; None for the workspace of SLACK_BOT_TOKEN."""
    slack: Workspace
    directory: Directory
    admins: Admins
    rooms: Rooms
    gate: Gate
    homes: Homes
    mentions: Mentions
    pane: Pane
    poster: Poster
    caller: Caller
    sender: Sender
    store: FileStore
    departments: Departments
    planned: Watched[Planned]
    """What cases can be about, and by when they should be done, in this workspace."""
    amendments: Amendments
    """What supervisors changed of that."""
    rules: Callable[[], Rules]
    """What replies may promise, and by when that is, if they are sent now."""
    case_channels: Sequence[str]
    """The Slack channels that cases come to; the first one is for those that come from nowhere."""
    titles: Mapping[str, str]
    """What each chat site is called, by its key."""
    mailboxes: Sequence[OpenMailbox]
    """Where agents can begin a mail to a customer; the first one is the usual."""
    receipts: Collection[Place]
    """Where the first message of a case is answered with a receipt."""
    signer: Signer
    """What knows the links that customers are given."""
    jobs: App
    embed: Embed | None
    """What tells what a question means; None without an embedding model."""
    customers: CustomerData
