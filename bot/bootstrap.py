"""Wiring: the one place where settings become running parts."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import crashpoints, steps
from bot.admins import Admins
from bot.backfill import Backfill
from bot.caller import Caller
from bot.context import Bot
from bot.directory import Directory
from bot.edge import Edge
from bot.gate import Gate
from bot.homes import Homes
from bot.inbox import Inbox
from bot.listeners.actions import register
from bot.listeners.events import Events, concerns_us
from bot.listening import Listening
from bot.metrics import Metrics
from bot.pane import Pane
from bot.poster import Poster
from bot.pulse import Pulse
from bot.rooms import Rooms
from bot.sender import Sender
from bot.settings import Settings
from bot.slack_channels import find, join
from bot.web.context import UNLIMITED, Backlog, ChatSite, Shopper, WebContext
from bot.web.feed import make_hub
from bot.web.hub import Hub
from bot.web.uploads import FileStore
from bot.workspace import REQUEST_TIMEOUT, Workspace, error_code
from cases.clock import SystemClock
from cases.errors import ConfigError
from cases.messages import Change, InboundMessage, Receipt
from cases.reader import use
from channels.tokens import Signer
from copilot.pane import answer
from flows import change, intake
from flows.change import Changed
from storage import customers, holds, monitoring, workspaces
from storage.config import read_sites
from storage.db import Database

_CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that ``cx run`` starts and stops."""

    bot: Bot
    bolt: AsyncApp
    edge: Edge
    inbox: Inbox
    listening: Listening
    backfill: Backfill
    hub: Hub
    web: WebContext


def required(secret: SecretStr | None, name: str) -> str:
    """The value of a setting that must be there; raises ConfigError naming it."""
    if secret is None or not secret.get_secret_value():
        raise ConfigError(f"{name} is not set; `cx doctor` lists what a real workspace needs.")
    return secret.get_secret_value()


@asynccontextmanager
async def slack_client(settings: Settings) -> AsyncIterator[AsyncWebClient]:
    """Slack's client over one shared HTTP session, without retries of its own."""
    token = required(settings.slack_bot_token, "SLACK_BOT_TOKEN")
    timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT)
    connector = aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=60)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        # Its default retry handler posts again when a connection breaks.
        yield AsyncWebClient(token=token, base_url=settings.slack_api_url, session=session, retry_handlers=[])


async def open_workspace(client: AsyncWebClient) -> tuple[Workspace, str, str]:
    """The workspace of the bot's token, its name and address; raises ConfigError when refused."""
    try:
        who = await client.auth_test()
    except SlackApiError as error:
        raise ConfigError(f"Slack refuses SLACK_BOT_TOKEN: {error_code(error)}.") from None
    except (aiohttp.ClientError, TimeoutError):
        raise ConfigError(f"Slack cannot be reached at {client.base_url}.") from None
    workspace = Workspace(client, who["team_id"], who["user_id"], who["bot_id"])
    workspace.url = str(who["url"])
    return workspace, str(who["team"]), str(who["url"])


async def register_workspace(db: Database, slack: Workspace, name: str, url: str, now: datetime) -> int:
    """The id of the workspace's row."""
    return await workspaces.register(
        db, team=slack.team, name=name, url=url, bot_user=slack.bot_user, bot=slack.bot, now=now
    )


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


async def assemble(settings: Settings, db: Database, client: AsyncWebClient) -> Parts:
    """Wire a bot; raises ConfigError with one sentence when something is missing or wrong."""
    crashpoints.arm(settings.crash_at)
    _check_demo(settings)
    clock = SystemClock()
    metrics = Metrics()
    signer = Signer(required(settings.secret_key, "CX_SECRET_KEY"))
    sites = read_sites(settings.config_dir)
    directory = Directory(client, settings.roles_file)
    slack, name, url = await open_workspace(client)
    workspace_id = await register_workspace(db, slack, name, url, clock.now())
    last = await holds.last_channels(db, workspace_id)
    remembered = {site.slack_channel: last[site.key] for site in sites.values() if site.key in last}
    channels = await find(client, {site.slack_channel for site in sites.values()}, remembered)
    pulse = Pulse()
    listening = Listening(db, workspace_id, pulse, metrics)
    admins = Admins(db, workspace_id, slack, directory)
    rooms = Rooms(db, clock, workspace_id, slack, admins)
    await rooms.open(channels)
    for named, channel in channels.items():
        if channel["id"] not in rooms.held:
            await join(client, channel["id"], named)
    await directory.check()
    hub = make_hub(db, signer, metrics)
    store = FileStore(settings.home / "files", settings.max_file_mb * 1_000_000)
    poster = Poster(
        db,
        workspace_id,
        slack,
        metrics,
        rooms,
        store,
        pulse,
        interval=settings.post_interval_seconds,
        burst=settings.post_burst,
        merge=settings.merge,
    )
    caller = Caller(db, workspace_id, slack, rooms, paced=settings.post_interval_seconds > 0)
    sender = Sender(db, clock, workspace_id, slack, hub, poster, caller, metrics, settings.undo_chat_seconds)
    gate = Gate(db, clock, workspace_id, slack, directory, rooms)
    bot = Bot(
        settings=settings,
        db=db,
        clock=clock,
        workspace_id=workspace_id,
        workspace_url=url,
        slack=slack,
        directory=directory,
        admins=admins,
        rooms=rooms,
        gate=gate,
        pane=Pane(db, workspace_id, url, slack, gate, answer),
        homes=Homes(db, workspace_id, url, slack, gate, rooms, paced=settings.post_interval_seconds > 0),
        poster=poster,
        caller=caller,
        sender=sender,
        store=store,
        case_channels=[channels[site.slack_channel]["id"] for site in sites.values()],
        jobs=steps.make_app(db.url),
    )
    bolt = AsyncApp(
        client=client,
        signing_secret=settings.slack_signing_secret.get_secret_value()
        if settings.slack_signing_secret
        else "unused with Socket Mode",
        ignoring_self_events_enabled=False,
        # A dispatch lasts as long as its listener, so that stopping can wait for it.
        process_before_response=True,
        logger=_quiet_logger(),
    )
    register(bolt, bot)
    inbox = Inbox(
        db,
        workspace_id,
        slack,
        Events(bot).table(),
        poster.echo,
        partial(concerns_us, bot_user=slack.bot_user, bot=slack.bot),
        pulse,
    )
    chat_sites = {
        site.key: ChatSite(
            key=site.key,
            title=site.title,
            greeting=site.greeting,
            slack_channel=channels[site.slack_channel]["id"],
            allowed_origins=site.allowed_origins,
            secret=settings.chat_secrets.get(site.key),
        )
        for site in sites.values()
    }
    web = _web_context(bot, hub, metrics, signer, chat_sites, listening)
    backfill = Backfill(db, workspace_id, slack, inbox, rooms, paced=settings.post_interval_seconds > 0)
    edge = Edge(bolt, inbox, listening.limited)
    return Parts(bot, bolt, edge, inbox, listening, backfill, hub, web)


def _quiet_logger() -> logging.Logger:
    """Bolt warns that a token beside a client goes unused; what matters we log ourselves."""
    logger = logging.getLogger("bot.bolt")
    logger.setLevel(logging.ERROR)
    return logger


def _web_context(
    bot: Bot,
    hub: Hub,
    metrics: Metrics,
    signer: Signer,
    sites: Mapping[str, ChatSite],
    listening: Listening,
) -> WebContext:
    settings = bot.settings

    def alarms() -> list[str]:
        held = [f"Nothing is posted to {at or 'Slack'}: {why}." for at, why in bot.rooms.held.items()]
        silence = listening.alarm()
        return [*held, silence] if silence else held

    async def receive(message: InboundMessage, now: datetime) -> Receipt:
        crashpoints.reach("intake.before_commit")
        with use(settings.team):
            receipt = await intake.receive(bot.db, message, now, reopen_days=settings.reopen_days)
        crashpoints.reach("intake.after_commit")
        bot.poster.wake(receipt.slack_channel)
        return receipt

    async def amend(wanted: Change, now: datetime) -> Changed:
        window = timedelta(minutes=settings.chat_edit_minutes) if settings.chat_edit_minutes else None
        changed = await change.change(bot.db, wanted, window, now)
        crashpoints.reach("change.after_commit")
        bot.poster.wake(changed.slack_channel)
        bot.caller.wake()
        return changed

    async def backlog() -> Backlog:
        metrics.slack_held.set(len(bot.rooms.held))
        row = await monitoring.backlog(bot.db)
        return Backlog(row["outbox"], row["inbox"])

    async def shoppers() -> list[Shopper]:
        rows = await customers.with_external_id(bot.db, bot.workspace_id, limit=20)
        return [Shopper(row["external_id"], row["name"], row["email"]) for row in rows]

    web = WebContext(
        db=bot.db,
        workspace_id=bot.workspace_id,
        sites=sites,
        signer=signer,
        hub=hub,
        metrics=metrics,
        clock=bot.clock,
        receive=receive,
        change=amend,
        edit_seconds=int(settings.chat_edit_minutes * 60),
        files_dir=settings.home / "files",
        max_file_bytes=settings.max_file_mb * 1_000_000,
        session_lifetime=timedelta(hours=settings.session_hours),
        team=settings.team,
        public_url=settings.public_url,
        backlog=backlog,
        alarms=alarms,
        shoppers=shoppers if settings.demo else None,
    )
    if not settings.chat_limits:
        return replace(web, message_rate=None, upload_rate=None, per_address=UNLIMITED)
    # In the demo all customers write from this machine.
    return replace(web, per_address=UNLIMITED) if settings.demo else web
