"""One Slack workspace at work: the parts that serve it, from what arrives to what goes out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from procrastinate import App
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.admins import Admins
from bot.amendments import Amendments
from bot.backfill import Backfill
from bot.caller import Caller
from bot.context import Bot
from bot.departments import Departments, open_departments
from bot.directory import Directory
from bot.ending import end
from bot.entrances import Entrances
from bot.gate import Gate
from bot.homes import Homes
from bot.inbox import Inbox
from bot.listeners.actions import register
from bot.listeners.events import Events, concerns_us
from bot.listening import Listening
from bot.mentions import Mentions
from bot.metrics import Metrics
from bot.pane import Pane
from bot.poster import Poster
from bot.pulse import Pulse
from bot.reminding import Reminding
from bot.rooms import Rooms
from bot.sender import Sender
from bot.settings import Settings
from bot.slack_channels import find, join
from bot.web.hub import Hub
from bot.web.uploads import FileStore
from bot.workspace import Workspace
from cases.articles import Embed
from cases.clock import Clock
from cases.customer_data import CustomerData
from cases.enums import Channel
from cases.ledger import Rules
from cases.mailboxes import OpenMailbox
from cases.promises import PlanAt
from cases.receipts import Place
from cases.undo import Undo
from channels.tokens import Signer
from copilot import pane, thread
from copilot.embeddings import Embeddings
from storage import installations
from storage.config import Site
from storage.db import Database
from storage.departments import read_departments
from storage.plans import Planned, watch_amended
from storage.watched import Watched


@dataclass(frozen=True, slots=True)
class Shared:
    """What all workspaces of a process share."""

    settings: Settings
    db: Database
    clock: Clock
    metrics: Metrics
    signer: Signer
    hub: Hub
    store: FileStore
    jobs: App
    embeddings: Embeddings | None
    customers: CustomerData
    planned: Watched[Planned]
    """What the files say; each workspace has its own, with what was changed there."""
    entrances: Watched[Entrances]
    """Mailboxes and sources of the channel API."""

    def rules(self, planned: Watched[Planned]) -> Rules:
        """What replies may promise in a workspace, and by when that is, if they are sent now."""
        return Rules(planned.now().plan, self.settings.team.language, self.clock.now())

    @property
    def embed(self) -> Embed | None:
        """What tells what a question means; None without an embedding model."""
        return self.embeddings.of_question if self.embeddings else None


@dataclass(frozen=True, slots=True)
class Joined:
    """A workspace that Slack lets us into."""

    slack: Workspace
    workspace_id: int
    name: str
    url: str
    sealed: str | None = None
    """The encrypted token of its installation by OAuth."""


@dataclass(frozen=True, slots=True)
class Team:
    """The running parts of one workspace."""

    bot: Bot
    bolt: AsyncApp
    inbox: Inbox
    listening: Listening
    backfill: Backfill
    channels: Mapping[str, str]
    """The ids of the Slack channels that its chat sites name."""
    reminding: Reminding

    def alarms(self) -> list[str]:
        """One sentence for operators for each thing that does not work."""
        held = [f"Nothing is posted to {at or 'Slack'}: {why}." for at, why in self.bot.rooms.held.items()]
        silence = self.listening.alarm()
        return [*held, silence] if silence else held

    async def run(self) -> None:
        """Post, call and read what was missed, until cancelled."""
        runs = (self.bot.poster.run(), self.bot.caller.run(), self.backfill.run())
        work = [asyncio.create_task(each) for each in runs]
        try:
            await asyncio.gather(*work)
        finally:
            await end(*work)


async def open_team(shared: Shared, joined: Joined, sites: Mapping[str, Site], entrances: Entrances) -> Team:
    """Wire a workspace with its chat ``sites`` and its own ``entrances``.

    Raises ConfigError when something is missing or wrong.
    """
    settings, db, slack = shared.settings, shared.db, joined.slack
    amendments = Amendments(db, joined.workspace_id)
    await amendments.refresh()
    directory = Directory(slack.client, settings.roles_of(slack.team), amendments.now)
    wanted = {each.slack_channel: f"{each.file}: {each.key}" for each in entrances.all}
    wanted |= {name: who for site in sites.values() for name, who in site.channels().items()}
    remembered = await installations.channels_with_cases(db, joined.workspace_id)
    channels = await find(slack.client, wanted, remembered)
    admins = Admins(db, joined.workspace_id, slack, directory)
    rooms = Rooms(db, joined.workspace_id, slack, admins)
    await rooms.open(channels)
    for named, channel in channels.items():
        if channel["id"] not in rooms.held:
            await join(slack.client, channel["id"], named)
    departments, asked = await open_departments(slack.client, read_departments(settings.departments_file))
    await rooms.watch(asked)
    await directory.check()
    if joined.sealed is not None:
        # What was held while the app was not installed goes on at once.
        await rooms.look_at_token()
    ids = {named: channel["id"] for named, channel in channels.items()}
    await installations.remember_channels(db, joined.workspace_id, ids)
    # The first one takes what is opened by hand: that of a site, not of a route.
    case_channels = [ids[site.slack_channel] for site in sites.values()]
    case_channels += [channel for channel in ids.values() if channel not in case_channels]
    pulse = Pulse()
    bot = _bot(
        shared,
        joined,
        directory,
        admins,
        rooms,
        pulse,
        departments,
        case_channels,
        amendments,
        sites,
        entrances,
        ids,
    )
    bolt = _bolt(settings, joined)
    register(bolt, bot)
    inbox = Inbox(
        db,
        joined.workspace_id,
        slack,
        Events(bot).table(),
        bot.poster.echo,
        partial(concerns_us, bot_user=slack.bot_user, bot=slack.bot, asked=departments.ids),
        pulse,
    )
    listening = Listening(db, joined.workspace_id, pulse, shared.metrics)
    paced = settings.post_interval_seconds > 0
    backfill = Backfill(db, joined.workspace_id, slack, inbox, rooms, paced=paced)
    return Team(bot, bolt, inbox, listening, backfill, ids, Reminding(bot))


def _bot(
    shared: Shared,
    joined: Joined,
    directory: Directory,
    admins: Admins,
    rooms: Rooms,
    pulse: Pulse,
    departments: Departments,
    case_channels: list[str],
    amendments: Amendments,
    sites: Mapping[str, Site],
    entrances: Entrances,
    ids: Mapping[str, str],
) -> Bot:
    settings, db, clock, metrics = shared.settings, shared.db, shared.clock, shared.metrics
    workspace_id, slack = joined.workspace_id, joined.slack
    paced = settings.post_interval_seconds > 0
    planned = watch_amended(settings.plan_files, shared.planned, amendments.now)

    def dates() -> PlanAt:
        return PlanAt(planned.now().plan, clock.now())

    rules = partial(shared.rules, planned)
    poster = _poster(shared, joined, rooms, pulse, dates, rules, admins)
    caller = Caller(db, workspace_id, slack, rooms, dates, rules, paced=paced)
    undo = Undo(settings.undo_chat_seconds, settings.undo_mail_seconds if entrances.mailboxes else 0.0)
    gate = Gate(db, clock, workspace_id, slack, directory, rooms)
    model = shared.jobs if settings.endpoint else None
    return Bot(
        settings=settings,
        db=db,
        clock=clock,
        workspace_id=workspace_id,
        workspace_url=joined.url,
        sealed=joined.sealed,
        slack=slack,
        directory=directory,
        admins=admins,
        rooms=rooms,
        gate=gate,
        pane=Pane(db, clock, workspace_id, joined.url, slack, gate, pane.answer, model),
        homes=Homes(db, workspace_id, joined.url, slack, gate, rooms, clock=clock, paced=paced),
        mentions=_mentions(shared, joined, gate, poster, model),
        poster=poster,
        caller=caller,
        sender=Sender(db, clock, workspace_id, slack, shared.hub, poster, caller, metrics, undo, rules),
        store=shared.store,
        departments=departments,
        planned=planned,
        rules=rules,
        amendments=amendments,
        case_channels=case_channels,
        titles={key: site.title for key, site in sites.items()},
        mailboxes=[OpenMailbox(box, ids[box.slack_channel]) for box in entrances.mailboxes],
        receipts=_receipts(sites, entrances),
        signer=shared.signer,
        jobs=shared.jobs,
        embed=shared.embed,
        customers=shared.customers,
    )


def _receipts(sites: Mapping[str, Site], entrances: Entrances) -> frozenset[Place]:
    """The chat sites, mailboxes and sources that answer the first message of a case with a receipt."""
    chats = {(Channel.WEBCHAT.value, key) for key, site in sites.items() if site.receipts}
    mails = {(Channel.MAIL.value, box.key) for box in entrances.mailboxes if box.receipts}
    apis = {(Channel.API.value, key) for key, each in entrances.sources.items() if each.receipts}
    return frozenset(chats | mails | apis)


def _poster(
    shared: Shared,
    joined: Joined,
    rooms: Rooms,
    pulse: Pulse,
    dates: Callable[[], PlanAt],
    rules: Callable[[], Rules],
    admins: Admins,
) -> Poster:
    settings = shared.settings
    return Poster(
        shared.db,
        joined.workspace_id,
        joined.slack,
        shared.metrics,
        rooms,
        shared.store,
        pulse,
        dates,
        rules,
        admins.supervisors,
        interval=settings.post_interval_seconds,
        burst=settings.post_burst,
        merge=settings.merge,
    )


def _mentions(shared: Shared, joined: Joined, gate: Gate, poster: Poster, model: App | None) -> Mentions:
    return Mentions(
        shared.db,
        shared.clock,
        joined.workspace_id,
        joined.url,
        joined.slack,
        gate,
        poster,
        thread.answer,
        embed=shared.embed,
        customers=shared.customers,
        model=model,
    )


def _bolt(settings: Settings, joined: Joined) -> AsyncApp:
    """Bolt with an authorization that is known already: no ``auth.test``, no store of its own."""
    slack = joined.slack
    known = AuthorizeResult(
        enterprise_id=None,
        team_id=slack.team,
        team=joined.name,
        url=joined.url,
        bot_id=slack.bot,
        bot_user_id=slack.bot_user,
        bot_token=slack.client.token,
    )

    async def authorize(**_: Any) -> AuthorizeResult:
        return known

    return AsyncApp(
        # Without one Bolt reads the sources of the whole stack to find one: half a second.
        name="cx",
        client=slack.client,
        authorize=authorize,
        signing_secret=settings.slack_signing_secret.get_secret_value()
        if settings.slack_signing_secret
        else "unused with Socket Mode",
        ignoring_self_events_enabled=False,
        # A dispatch lasts as long as its listener, so that stopping can wait for it.
        process_before_response=True,
        logger=_quiet_logger(),
    )


def _quiet_logger() -> logging.Logger:
    """Bolt warns that a token beside a client goes unused; what matters we log ourselves."""
    logger = logging.getLogger("bot.bolt")
    logger.setLevel(logging.ERROR)
    return logger
