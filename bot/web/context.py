"""What the web surface needs; wired once, in bootstrap."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from uuid import UUID

from bot.installing import Installer
from bot.metrics import Metrics
from bot.web.hub import Hub
from bot.web.limits import Rate
from cases.clock import Clock
from cases.hours import Hours
from cases.messages import Change, InboundMessage, Receipt
from cases.promises import Plan
from cases.reader import Language, Reader
from cases.standing import Standing
from cases.surveys import Rating
from channels.tokens import Signer
from flows.change import Changed
from storage.db import Database

MESSAGE_RATE = Rate(20, 10)
UPLOAD_RATE = Rate(30, 300)
READ_RATE = Rate(300, 60)
"""Twenty windows that poll every five seconds read 240 times a minute."""
OPENING_SECONDS = 600
OPENING_RATE = Rate(10, OPENING_SECONDS)
ADDRESS_SESSIONS = Rate(30, 60)
ADDRESS_MESSAGES = Rate(60, 60)
ADDRESS_FILES = Rate(100, 600)
ADDRESS_BYTES = Rate(250_000_000, 600)
ADDRESS_READS = Rate(600, 60)
ADDRESS_ARTICLES = Rate(60, 60)
"""Whoever writes without a pause looks twice in three seconds."""
PAGE_RATE = Rate(10, 600)

Receive = Callable[[InboundMessage, datetime, Callable[[], None]], Awaitable[Receipt]]
"""(message, now, what to ask before a case is opened) → what became of it."""
ChangeMessage = Callable[[Change, datetime], Awaitable[Changed]]
RateCase = Callable[[UUID, Rating], Awaitable[None]]
"""(what was asked, the answer) → kept; raises what ``flows.survey.rate`` raises."""
WriteOnPage = Callable[[Standing, InboundMessage, datetime], Awaitable[Receipt]]
"""(the case whose page it is, the message, now) → what became of it."""
Check = Callable[[], Awaitable[str | None]]
"""A health check: None when all is well, else one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class ChatSite:
    """A place where the widget is embedded."""

    key: str
    title: str
    greeting: Mapping[Language | None, str]
    """What the chat begins with, by language; None = in every other."""
    slack_channel: str
    """Id of the Slack channel for its cases, but for those that a route sends elsewhere."""
    workspace_id: int
    allowed_origins: tuple[str, ...] = ()
    """Origins like https://shop.example, or ``*``."""
    secret: str | None = None
    """Key of the signatures of signed-in visitors."""
    routes: Mapping[Language, str] = field(default_factory=dict)
    """Ids of the Slack channels for cases of customers of a language."""


@dataclass(frozen=True, slots=True)
class Shopper:
    """A customer of the demo's shop, whom one may pretend to be."""

    external_id: str
    name: str
    email: str | None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class ClockControl:
    """How the demo's clock is turned over HTTP."""

    token: str
    """What programs show."""
    zone: Callable[[], tzinfo]
    """By whose clocks people read the time."""


@dataclass(frozen=True, slots=True)
class Carriers:
    """Where the demo's customers have their mails and text messages."""

    url: str
    token: str = field(repr=False)
    """What the carriers let us in by."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: rows for Slack, events from Slack."""

    outbox: int
    inbox: int


@dataclass(frozen=True, slots=True)
class AddressRates:
    """What may come from one network address, whatever its sessions; None = no limit."""

    sessions: Rate | None = ADDRESS_SESSIONS
    messages: Rate | None = ADDRESS_MESSAGES
    files: Rate | None = ADDRESS_FILES
    file_bytes: Rate | None = ADDRESS_BYTES
    reads: Rate | None = ADDRESS_READS
    articles: Rate | None = ADDRESS_ARTICLES


_ANYBODY = Reader()
UNLIMITED = AddressRates(None, None, None, None, None, None)


def usual_plan(_workspace: int) -> Plan:
    """Without processes: of no case is known what its steps are."""
    return Plan({"team": Hours(UTC, {})})


async def _no_backlog() -> Backlog:
    return Backlog(0, 0)


@dataclass(frozen=True, slots=True)
class WebContext:
    """Everything that the web surface is made from."""

    db: Database
    sites: Mapping[str, ChatSite]
    signer: Signer
    hub: Hub
    metrics: Metrics
    clock: Clock
    receive: Receive
    """Accepts one message of a customer (``flows.intake``), and wakes who must post it."""
    change: ChangeMessage
    """Edits or takes back one message of a customer (``flows.change``), and wakes who must show it."""
    rate: RateCase
    """Keeps what a customer answered (``flows.survey``), and wakes who must post it."""
    write_on_page: WriteOnPage
    """Takes what a customer wrote on the page of their case, and wakes who must post it."""
    edit_seconds: int
    """How long after writing a message may be changed; 0 = never."""
    files_dir: Path
    max_file_bytes: int
    session_lifetime: timedelta
    team: Reader = _ANYBODY
    """Who reads what customers cause in Slack."""
    public_url: str | None = None
    plan_of: Callable[[int], Plan] = usual_plan
    """By which times a workspace works."""
    address: str | None = None
    """Where customers' browsers reach this server; without it messages hold no links to it."""
    health: Mapping[str, Check] = field(default_factory=dict)
    alarms: Callable[[], Iterable[str]] = tuple
    """Sentences about what does not work although this process is well, such as a lost Slack channel."""
    backlog: Callable[[], Awaitable[Backlog]] = _no_backlog
    shoppers: Callable[[], Awaitable[Sequence[Shopper]]] | None = None
    """Present only in the demo: who may be chosen on the shop page."""
    clock_control: ClockControl | None = None
    """Present only in the demo."""
    carriers: Carriers | None = None
    """Present only in the demo: the customers' mailboxes and phones."""
    installer: Installer | None = None
    """Present only where the app can be installed by OAuth."""
    message_rate: Rate | None = MESSAGE_RATE
    """Messages of one session; None = no limit."""
    upload_rate: Rate | None = UPLOAD_RATE
    """Files of one session."""
    read_rate: Rate | None = READ_RATE
    """Readings of one conversation: pages of its history, and connections."""
    opening_rate: Rate | None = OPENING_RATE
    """New cases of one network address, or of one visitor whom the site has signed in."""
    page_rate: Rate | None = PAGE_RATE
    """Messages from the page of one case."""
    per_address: AddressRates = field(default_factory=AddressRates)
