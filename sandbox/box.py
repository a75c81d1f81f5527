"""Everything one running sandbox consists of, wired once."""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.agents import Agents
from sandbox.calls import Calls
from sandbox.config import Manifest, Seed
from sandbox.delivery import ACK_SECONDS, SLACK_RETRY_DELAYS, Delivery
from sandbox.ephemerals import Ephemerals
from sandbox.events import Events
from sandbox.faults import Faults
from sandbox.forms import State
from sandbox.happenings import Happenings
from sandbox.http_mode import HttpMode
from sandbox.journal import Journal
from sandbox.limits import Limits
from sandbox.modals import Modals
from sandbox.model import Json
from sandbox.refused import Refused
from sandbox.responses import Responses
from sandbox.rooms import Rooms
from sandbox.scheduled import Scheduled
from sandbox.sockets import SocketMode
from sandbox.staff import Staff
from sandbox.streams import Stream
from sandbox.triggers import Triggers
from sandbox.watch import Watch
from sandbox.workspace import Workspace


@dataclass(frozen=True)
class Options:
    """How this process was started. `retry_delays`: seconds before each redelivery of an event."""

    port: int
    data: Path
    control_secret: str
    limits: bool = True
    retry_delays: tuple[float, ...] = SLACK_RETRY_DELAYS
    ack_seconds: float = ACK_SECONDS


@dataclass
class Box:
    """The parts, by the names everybody uses."""

    options: Options
    seed: Seed
    manifest: Manifest
    workspace: Workspace
    watch: Watch
    faults: Faults
    sockets: SocketMode
    http: HttpMode
    delivery: Delivery
    events: Events
    happenings: Happenings
    rooms: Rooms
    scheduled: Scheduled
    ephemerals: Ephemerals
    modals: Modals
    responses: Responses
    limits: Limits
    refused: Refused
    staff: Staff
    agents: Agents
    triggers: Triggers = field(default_factory=Triggers)
    calls: Calls = field(default_factory=Calls)
    token_revoked: bool = False
    message_state: dict[tuple[str, str, str], State] = field(default_factory=dict)
    chores: "set[asyncio.Task[None]]" = field(default_factory=set)
    streams: dict[tuple[str, str], Stream] = field(default_factory=dict)
    offered: dict[tuple[str, ...], dict[str, Json]] = field(default_factory=dict)
    files_in_forms: set[str] = field(default_factory=set)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.options.port}"

    @property
    def page_token(self) -> str:
        """Goes into the page, so that only a page of ours can act; the same after a restart."""
        key = self.options.control_secret.encode()
        return hmac.new(key, b"page", hashlib.sha256).hexdigest()

    async def use_http(self, url: str | None) -> None:
        """Delivers to a request URL from now on, or over sockets again. Raises ActError(url_not_verified)."""
        if url is None:
            self.http.url = None
            self.delivery.carrier = self.sockets
        else:
            await self.http.verify(url)
            self.delivery.carrier = self.http

    def reset(self) -> None:
        """Back to the seed; open sockets stay."""
        self.workspace.reset()
        self.delivery.forget()
        self.faults.rules = []
        self.token_revoked = False
        self.message_state.clear()
        self.streams.clear()
        for chore in self.chores:
            chore.cancel()
        self.offered.clear()
        self.files_in_forms.clear()
        for part in (self.ephemerals, self.modals, self.responses, self.limits, self.triggers, self.calls):
            part.clear()
        self.agents.clear()


def build(options: Options, seed: Seed, manifest: Manifest, journal: Journal) -> Box:
    """Raises StartError when the journal is damaged."""
    workspace = Workspace(seed, journal)
    watch, faults = Watch(), Faults()
    host = f"127.0.0.1:{options.port}"
    patience = (options.retry_delays, options.ack_seconds)
    sockets = SocketMode(seed.app.app_id, host, manifest.socket_mode, faults, *patience)
    http = HttpMode(seed.app.signing_secret, faults, *patience)
    delivery = Delivery(faults, sockets, options.ack_seconds)
    events = Events(workspace, manifest, delivery)
    happenings = Happenings(workspace, events, watch)
    ephemerals = Ephemerals(watch)
    return Box(
        options=options,
        seed=seed,
        manifest=manifest,
        workspace=workspace,
        watch=watch,
        faults=faults,
        sockets=sockets,
        http=http,
        delivery=delivery,
        events=events,
        happenings=happenings,
        scheduled=Scheduled(workspace, happenings),
        rooms=Rooms(workspace, events, watch, happenings),
        ephemerals=ephemerals,
        modals=Modals(seed.app, seed.team["id"], watch),
        responses=Responses(workspace, happenings, ephemerals, f"http://{host}"),
        limits=Limits(options.limits),
        refused=Refused(options.data),
        staff=Staff(workspace, events, watch, email="users:read.email" in manifest.scopes),
        agents=Agents(watch, stoppable="agent_session_stopped" in manifest.events),
    )
