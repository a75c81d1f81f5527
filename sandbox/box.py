"""Everything one running sandbox consists of, wired once."""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.agents import Agents
from sandbox.calls import Calls
from sandbox.clock import now_ts
from sandbox.config import Manifest, Seed
from sandbox.delivery import ACK_SECONDS, SLACK_RETRY_DELAYS, Delivery
from sandbox.ephemerals import Ephemerals
from sandbox.events import Events
from sandbox.faults import Faults
from sandbox.forms import State
from sandbox.happenings import Happenings
from sandbox.http_mode import HttpMode
from sandbox.installing import Codes
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
class Shared:
    """What all workspaces have in common, and the workspaces themselves."""

    faults: Faults
    sockets: SocketMode
    http: HttpMode
    delivery: Delivery
    calls: Calls = field(default_factory=Calls)
    codes: Codes = field(default_factory=Codes)
    boxes: "dict[str, Box]" = field(default_factory=dict)

    @classmethod
    def of(cls, options: Options, seed: Seed, manifest: Manifest) -> "Shared":
        faults, host = Faults(), f"127.0.0.1:{options.port}"
        patience = (options.retry_delays, options.ack_seconds)
        sockets = SocketMode(seed.app.app_id, host, manifest.socket_mode, faults, *patience)
        http = HttpMode(seed.app.signing_secret, faults, *patience)
        return cls(faults, sockets, http, Delivery(faults, sockets, options.ack_seconds))


@dataclass
class Box:
    """The parts, by the names everybody uses."""

    options: Options
    seed: Seed
    manifest: Manifest
    workspace: Workspace
    watch: Watch
    shared: Shared
    faults: Faults
    sockets: SocketMode
    http: HttpMode
    delivery: Delivery
    calls: Calls
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

    @property
    def installed(self) -> bool:
        """Whether the app is in this workspace."""
        return self.workspace.token is not None

    def install(self, token: str) -> None:
        self.token_revoked = False
        self.workspace.save_token(token)

    def uninstall(self) -> None:
        """Takes the app out: it hears so, leaves all channels, and its token is worth nothing any more."""
        bot = self.seed.app.bot_user_id
        now = {"event_ts": now_ts()}
        tokens = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [bot]}, **now}
        self.events.anywhere("tokens_revoked", tokens)
        self.events.anywhere("app_uninstalled", {"type": "app_uninstalled", **now})
        self.workspace.save_token(None)
        for channel in self.workspace.channels.values():
            if not channel.is_im and bot in channel.members:
                del channel.members[bot]
                self.rooms.save(channel)

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


def build(options: Options, seed: Seed, manifest: Manifest, journal: Journal, shared: Shared) -> Box:
    """Raises StartError when the journal is damaged."""
    workspace, watch = Workspace(seed, journal), Watch()
    events = Events(workspace, manifest, shared.delivery)
    happenings = Happenings(workspace, events, watch)
    ephemerals = Ephemerals(watch)
    box = Box(
        options=options,
        seed=seed,
        manifest=manifest,
        workspace=workspace,
        watch=watch,
        shared=shared,
        faults=shared.faults,
        sockets=shared.sockets,
        http=shared.http,
        delivery=shared.delivery,
        calls=shared.calls,
        events=events,
        happenings=happenings,
        scheduled=Scheduled(workspace, happenings),
        rooms=Rooms(workspace, events, watch, happenings),
        ephemerals=ephemerals,
        modals=Modals(seed.app, seed.team["id"], watch),
        responses=Responses(workspace, happenings, ephemerals, f"http://127.0.0.1:{options.port}"),
        limits=Limits(options.limits),
        refused=Refused(options.data),
        staff=Staff(workspace, events, watch, email="users:read.email" in manifest.scopes),
        agents=Agents(watch, stoppable="agent_session_stopped" in manifest.events),
    )
    shared.boxes[seed.team["id"]] = box
    return box
