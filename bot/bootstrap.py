"""Wiring: the one place where settings become running parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from bot import crashpoints, steps
from bot.arriving import Arriving
from bot.connection import Connect, own_token, required
from bot.edge import Edge
from bot.embedding import embeddings_of
from bot.entrances import watch_entrances
from bot.guarded import Guarded
from bot.installing import Installer
from bot.manifest import wanted_scopes
from bot.metrics import Metrics
from bot.receiving import Reception
from bot.settings import Settings
from bot.team import Shared
from bot.teams import Teams
from bot.vault import Vault
from bot.web.api import ChannelApi
from bot.web.context import OPENING_SECONDS, UNLIMITED, Backlog, Carriers, ClockControl, Shopper, WebContext
from bot.web.feed import make_hub
from bot.web.limits import Rate
from bot.web.uploads import FileStore
from cases.clock import Clock, SystemClock
from cases.customer_data import CustomerData
from cases.errors import ConfigError
from cases.messages import Change, InboundMessage, Receipt
from cases.promises import Plan
from cases.reader import use
from cases.standing import Standing
from cases.surveys import Rating
from channels.tokens import Signer
from flows import change, intake, standing, survey
from flows.change import Changed
from storage import customers, mailbox_rows, monitoring
from storage.config import Site, read_sites
from storage.customer_data import StoredData
from storage.db import Database
from storage.plans import watch_plan
from storage.watched import Live


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that ``cx run`` starts and stops."""

    shared: Shared
    teams: Teams
    edge: Edge
    web: WebContext
    arriving: Arriving
    """What takes in messages of outside channels."""
    channel_api: ChannelApi


def _check_demo(settings: Settings) -> None:
    """The demo's page lets anybody be a customer: that must not reach a team that works."""
    if settings.demo and not _is_loopback(urlsplit(settings.slack_api_url).hostname):
        raise ConfigError(
            "CX_DEMO signs in anybody as a customer and works only with a local Slack workspace: "
            "unset CX_DEMO, or correct SLACK_API_URL."
        )


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


_BROKEN_ENTRANCES = (
    "One of sources.yml and mailboxes.yml cannot be used, and what they said before is in use; `cx doctor` "
    "says why."
)  # not translated
_BROKEN = (
    "One of hours.yml, departments.yml and processes.yml cannot be read, and what they said before is in "
    "use; `cx doctor` names the line."
)  # not translated


async def assemble(
    settings: Settings,
    db: Database,
    connect: Connect,
    customers: CustomerData | None = None,
    clock: Clock | None = None,
) -> Parts:
    """Wire a process; raises ConfigError with one sentence when something is missing or wrong.

    ``customers`` is where facts of customers come from: our own tables unless that is said. ``clock`` is the
    computer's unless that is said.
    """
    crashpoints.arm(settings.crash_at)
    _check_demo(settings)
    own = own_token(settings)
    metrics = Metrics()
    signer = Signer(required(settings.secret_key, "CX_SECRET_KEY"))
    shared = Shared(
        settings=settings,
        db=db,
        clock=clock or SystemClock(),
        metrics=metrics,
        signer=signer,
        hub=make_hub(db, signer, metrics, address=settings.address),
        store=FileStore(settings.home / "files", settings.max_file_mb * 1_000_000),
        jobs=steps.make_app(db.url),
        embeddings=embeddings_of(settings, db),
        customers=customers or StoredData(db),
        planned=watch_plan(settings.plan_files),
        entrances=watch_entrances(settings),
    )
    sites = read_sites(settings.config_dir)
    vault = Vault(settings.encryption_secrets)
    teams = Teams(shared, connect, sites, vault)
    await teams.open(own)
    web = _web_context(shared, teams)
    if settings.oauth:
        web = replace(web, installer=_installer(shared, connect, vault, sites))
    arriving = Arriving(db, shared.clock, metrics, settings.team, settings.reopen_days, teams.wake, signer)
    return Parts(shared, teams, Edge(teams.of), web, arriving, _channel_api(shared, teams, arriving))


def _channel_api(shared: Shared, teams: Teams, arriving: Arriving) -> ChannelApi:
    settings, sources = shared.settings, Live(lambda: teams.sources)
    return ChannelApi(
        sources,
        settings.api_secrets,
        teams.entrances,
        arriving,
        Guarded(),
        teams.wake,
        limited=settings.chat_limits,
    )


def _installer(shared: Shared, connect: Connect, vault: Vault, sites: Mapping[str, Site]) -> Installer:
    settings = shared.settings
    if not settings.public_url:
        raise ConfigError("CX_PUBLIC_URL is not set: Slack sends whoever installs the app back to it.")

    def channels_of(team: str) -> list[str]:
        own = (site for site in sites.values() if site.workspace == team)
        return sorted({channel for site in own for channel in site.channels()})

    return Installer(
        shared.db,
        shared.clock,
        connect,
        vault,
        client_id=settings.slack_client_id or "",
        client_secret=required(settings.slack_client_secret, "CX_SLACK_CLIENT_SECRET"),
        secret_key=required(settings.secret_key, "CX_SECRET_KEY"),
        public_url=settings.public_url,
        scopes=sorted(wanted_scopes()),
        channels_of=channels_of,
    )


def _clock_control(shared: Shared) -> ClockControl | None:
    token = shared.settings.clock_token
    if token is None or not shared.settings.demo:
        return None
    return ClockControl(token.get_secret_value(), lambda: shared.planned.now().plan.zone)


def _carriers(settings: Settings) -> Carriers | None:
    token = settings.clock_token
    if token is None or settings.carriers_url is None or not settings.demo:
        return None
    return Carriers(settings.carriers_url, token.get_secret_value())


def _web_context(shared: Shared, teams: Teams) -> WebContext:
    settings, db = shared.settings, shared.db

    def alarms() -> list[str]:
        found = [alarm for team in teams for alarm in team.alarms()]
        shared.planned.now()
        if shared.planned.trouble:
            found.append(_BROKEN)
        shared.entrances.now()
        if shared.entrances.trouble or teams.refuses:
            found.append(_BROKEN_ENTRANCES)
        return found

    async def amend(wanted: Change, now: datetime) -> Changed:
        window = timedelta(minutes=settings.chat_edit_minutes) if settings.chat_edit_minutes else None
        changed = await change.change(db, wanted, window, now)
        crashpoints.reach("change.after_commit")
        teams.wake(changed.slack_channel, calls=True)
        return changed

    async def rate(asked: UUID, rating: Rating) -> None:
        teams.wake(await survey.rate(db, asked, rating, shared.clock.now()), calls=True)

    async def write_on_page(case: Standing, message: InboundMessage, now: datetime) -> Receipt:
        accept = partial(intake.accept, reopen_days=settings.reopen_days)
        with use(settings.team):
            receipt = await standing.write(db, case, message, now, accept)
        teams.wake(receipt.slack_channel)
        return receipt

    def plan_of(workspace: int) -> Plan:
        own = (team.bot.planned for team in teams if team.bot.workspace_id == workspace)
        return next(own, shared.planned).now().plan

    async def backlog() -> Backlog:
        shared.metrics.slack_held.set(sum(len(team.bot.rooms.held) for team in teams))
        shared.metrics.note_mailboxes(await mailbox_rows.listed(db))
        shared.metrics.note_deliveries(await monitoring.deliveries(db))
        row = await monitoring.backlog(db)
        return Backlog(row["outbox"], row["inbox"])

    async def shoppers() -> list[Shopper]:
        workspace = next(iter(teams.sites.values())).workspace_id
        rows = await customers.with_external_id(db, workspace, limit=20)
        return [Shopper(row["external_id"], row["name"], row["email"], row["phone"]) for row in rows]

    web = WebContext(
        db=db,
        sites=teams.sites,
        signer=shared.signer,
        hub=shared.hub,
        metrics=shared.metrics,
        clock=shared.clock,
        receive=Reception(db, teams, settings.team, settings.reopen_days).receive,
        change=amend,
        rate=rate,
        write_on_page=write_on_page,
        plan_of=plan_of,
        edit_seconds=int(settings.chat_edit_minutes * 60),
        files_dir=settings.home / "files",
        max_file_bytes=settings.max_file_mb * 1_000_000,
        session_lifetime=timedelta(hours=settings.session_hours),
        team=settings.team,
        public_url=settings.public_url,
        address=settings.address,
        backlog=backlog,
        alarms=alarms,
        shoppers=shoppers if settings.demo else None,
        clock_control=_clock_control(shared),
        carriers=_carriers(settings),
        opening_rate=Rate(settings.new_cases, OPENING_SECONDS) if settings.new_cases else None,
    )
    if settings.chat_limits and not settings.demo:
        return web
    # In the demo all customers write from this machine.
    web = replace(web, opening_rate=None, per_address=UNLIMITED)
    if settings.chat_limits:
        return web
    return replace(web, message_rate=None, upload_rate=None, read_rate=None)
