"""The workspaces that this process serves, each found by the team id of what arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from slack_bolt.request.internals import extract_team_id
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.connection import OWN, Connect, NotLetIn, open_workspace
from bot.ending import end
from bot.entrances import Entrances
from bot.poster import Turn
from bot.schedule import Tick
from bot.team import Joined, Shared, Team, open_team
from bot.vault import Vault
from bot.web.context import ChatSite
from bot.workspace import Workspace
from cases.arrivals import Entrance, OpenEntrance
from cases.enums import Channel
from cases.errors import ConfigError, CxError, Unavailable
from storage import arrivals, installations, workspaces
from storage.config import Site
from storage.db import Row
from storage.sources import Source

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Place:
    """A workspace's standing in this process."""

    team: Team
    joined: Joined
    work: asyncio.Task[None] | None = None


class Teams:
    """Opens the workspace of SLACK_BOT_TOKEN and those in which the app was installed by OAuth.

    One that cannot be opened, or whose token Slack took back, is left out and tried again: what its
    customers write is kept for it. That of SLACK_BOT_TOKEN must have been open before.
    """

    def __init__(self, shared: Shared, connect: Connect, sites: Mapping[str, Site], vault: Vault) -> None:
        self._shared = shared
        self._connect = connect
        self._configured = sites
        self._oauth = shared.settings.oauth
        self._vault = vault
        self._places: dict[str, _Place] = {}
        self._failing: dict[str, str] = {}
        self._looking = asyncio.Lock()
        self._entrances = shared.entrances.now()
        """What is served: others once all workspaces have been opened with them."""
        self._refused: str | None = None
        """Why they cannot be opened with what the files name now."""
        self._tried: Entrances | None = None
        self._stirred = asyncio.Event()
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._running = False
        self._alone = True
        self._own_token: str | None = None
        self._own_waits: str | None = None
        """The own workspace while Slack does not let us in."""
        self.sites: dict[str, ChatSite] = {}
        """The chat sites that can be served now, by key; kept up to date in place."""
        self.entrances: dict[tuple[Channel, str], OpenEntrance] = {}
        """The same of mailboxes and sources of the channel API, by channel and key."""

    def __iter__(self) -> Iterator[Team]:
        return iter([place.team for place in self._places.values()])

    async def open(self, own_token: str | None) -> None:
        """Open all; raises ConfigError when the own one never was and cannot be, or a site's is unclear."""
        self._own_token = own_token
        if own_token is not None:
            try:
                await self._open_own(own_token)
            except NotLetIn as error:
                await self._wait_for_own(error)
        self._check_sites(await installations.listed(self._shared.db), self._entrances)
        await self.look()

    async def _open_own(self, token: str) -> None:
        slack, name, url = await open_workspace(self._connect(token), OWN)
        await self._open(Joined(slack, await self._register(slack, name, url), name, url))
        if self._own_waits is not None:
            self._failing.pop(self._own_waits, None)
            self._own_waits = None

    async def _wait_for_own(self, error: NotLetIn) -> None:
        """Serve the customers of the workspace that was open before; raises ``error`` when none was."""
        before = [row for row in await installations.listed(self._shared.db) if row["token"] is None]
        if len(before) != 1:
            raise error
        self._own_waits = str(before[0]["team_id"])
        self._note_failure(self._own_waits, error)

    async def _register(self, slack: Workspace, name: str, url: str) -> int:
        return await workspaces.register(
            self._shared.db,
            team=slack.team,
            name=name,
            url=url,
            bot_user=slack.bot_user,
            bot=slack.bot,
            now=self._shared.clock.now(),
        )

    def _check_sites(self, rows: Sequence[Row], entrances: Entrances) -> None:
        """Raises ConfigError for a site that does not say which of several workspaces it is of."""
        known = ", ".join(f"{row['team_id']} ({row['name']})" for row in rows)
        named = [("sites.yml", site.key, site.workspace) for site in self._configured.values()]
        named += [(each.file, each.key, each.workspace) for each in entrances.all]
        for file, key, workspace in named:
            if workspace is None and len(rows) > 1:
                raise ConfigError(
                    f"Several Slack workspaces are installed: {known}. "
                    f"Give the site “{key}” in {file} a `workspace:` with the id of its own."
                )
            if workspace and not self._oauth and workspace not in {row["team_id"] for row in rows}:
                raise ConfigError(
                    f"{file} gives the site “{key}” the workspace {workspace}, but the app is "
                    f"installed only in {known}."
                )

    async def look(self) -> None:
        """Open what was installed since, close what was taken away, and settle the sites."""
        async with self._looking:
            rows = await installations.listed(self._shared.db)
            self._alone = all(row["token"] is None for row in rows)
            for row in rows:
                place = self._places.get(row["team_id"])
                if row["token"] is None or (place and place.team.bot.sealed is None):
                    continue
                if row["revoked_at"] is not None:
                    await self._close(row["team_id"], "token revoked")
                elif place is None or place.team.bot.sealed != row["token"]:
                    await self._close(row["team_id"], "installed again")
                    await self._try(row)
            if self._own_waits is not None and self._own_token is not None:
                try:
                    await self._open_own(self._own_token)
                except CxError as error:
                    self._note_failure(self._own_waits, error)
            rows = await installations.listed(self._shared.db)
            await self._follow_files(rows)
            rows = await installations.listed(self._shared.db)
            self._settle(rows)
            await self._settle_entrances(rows)

    async def follow_files(self) -> None:
        """Look, once the files name other mailboxes or sources; what fails is tried at the next looks."""
        others = self._shared.entrances.now()
        if others is not self._tried:
            self._tried = others
            await self.look()

    async def _follow_files(self, rows: Sequence[Row]) -> None:
        """Open all workspaces anew for what the files name; where one cannot be, all stay as they are."""
        entrances = self._shared.entrances.now()
        if entrances == self._entrances:
            self._refused = None
            return
        before = list(self._places.values())
        try:
            self._check_sites(rows, entrances)
            opened = [await self._wired(place.joined, entrances) for place in before]
        except (CxError, SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            self._refuse(error)
            return
        self._entrances, self._refused = entrances, None
        for place in opened:
            self._begin(place)
        await end(*(place.work for place in before if place.work is not None))

    def _refuse(self, error: Exception) -> None:
        """Say it once: Slack may be away for a moment, or the channel be made a moment later."""
        why = error.sentence if isinstance(error, CxError) else type(error).__name__
        if why != self._refused:
            log.error("teams.entrances_refused", error=why, kept="what was read before")
        self._refused = why

    @property
    def refuses(self) -> bool:
        """Whether the files of mailboxes and sources name what cannot be served, as of the last look."""
        return self._refused is not None

    @property
    def sources(self) -> Mapping[str, Source]:
        """The sources of the channel API that are served."""
        return self._entrances.sources

    def trouble(self) -> str | None:
        """Why no workspace is open, in one sentence, where one should be."""
        return None if self._places else next(iter(self._failing.values()), None)

    def a_client(self) -> AsyncWebClient | None:
        """Any workspace's client, if one is open."""
        return next((team.bot.slack.client for team in self), None)

    def stir(self) -> None:
        """Some process says that a workspace was installed or taken away."""
        self._stirred.set()

    async def watch(self) -> None:
        """Look again whenever stirred, until cancelled."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            try:
                await self.look()
            except Exception as error:
                # The tick looks again soon.
                log.warning("teams.not_looked", error=type(error).__name__)

    async def _try(self, row: Row) -> None:
        team, sealed, vault = row["team_id"], row["token"], self._vault
        try:
            token = vault.open(team, sealed)
            called = f"the token of {team}"
            slack, name, url = await open_workspace(self._connect(token), called)
            if slack.team != team:
                raise ConfigError(f"The token of {team} belongs to {slack.team}.")
            if not vault.is_current(sealed):
                old, sealed = sealed, vault.seal(team, token)
                await installations.reseal(self._shared.db, row["id"], old, sealed)
            await self._open(Joined(slack, row["id"], name, url, sealed))
        except CxError as error:
            self._note_failure(team, error)

    def _note_failure(self, team: str, error: CxError) -> None:
        if self._failing.get(team) != error.sentence:
            log.error("teams.not_opened", team=team, error=error.sentence)
        self._failing[team] = error.sentence

    async def _open(self, joined: Joined) -> None:
        self._begin(await self._wired(joined, self._entrances))

    async def _wired(self, joined: Joined, entrances: Entrances) -> _Place:
        rows = await installations.listed(self._shared.db)

        def is_here(site: Site | Entrance) -> bool:
            row = installations.row_of(site.workspace, rows)
            return row is not None and row["team_id"] == joined.slack.team

        sites = {key: site for key, site in self._configured.items() if is_here(site)}
        return _Place(await open_team(self._shared, joined, sites, entrances.where(is_here)), joined)

    def _begin(self, place: _Place) -> None:
        """Have it serve its workspace, in place of the one before."""
        team = place.joined.slack.team
        self._places[team] = place
        self._failing.pop(team, None)
        if self._running:
            self._start(place)
        log.info("teams.opened", team=team, name=place.joined.name, sites=sorted(place.team.bot.titles))

    async def _close(self, team: str, why: str) -> None:
        self._failing.pop(team, None)
        place = self._places.pop(team, None)
        if place is None:
            return
        log.warning("teams.closed", team=team, why=why)
        if place.work is not None:
            await end(place.work)

    def _settle(self, rows: Sequence[Row]) -> None:
        """Offer every site whose workspace and Slack channel are known, be Slack there now or not."""
        for key, site in self._configured.items():
            row = installations.row_of(site.workspace, rows)
            channel = row["channels"].get(site.slack_channel) if row else None
            if row is None or channel is None:
                self.sites.pop(key, None)
                continue
            self.sites[key] = ChatSite(
                key=site.key,
                title=site.title,
                greeting=site.greeting,
                slack_channel=channel,
                routes={
                    language: row["channels"][named]
                    for language, named in site.routes.items()
                    if named in row["channels"]
                },
                workspace_id=row["id"],
                allowed_origins=site.allowed_origins,
                secret=self._shared.settings.chat_secrets.get(site.key),
            )

    async def _settle_entrances(self, rows: Sequence[Row]) -> None:
        """The same for mailboxes and sources, whose names are kept for all who show them."""
        named = {(each.channel, each.key) for each in self._entrances.all}
        for gone in self.entrances.keys() - named:
            del self.entrances[gone]
        for each in self._entrances.all:
            row = installations.row_of(each.workspace, rows)
            channel = row["channels"].get(each.slack_channel) if row else None
            if row is None or channel is None:
                self.entrances.pop((each.channel, each.key), None)
                continue
            opened = OpenEntrance(each, row["id"], channel)
            if self.entrances.get((each.channel, each.key)) != opened:
                await arrivals.introduce(
                    self._shared.db,
                    row["id"],
                    each.channel,
                    each.key,
                    each.title,
                    each.icon,
                    public=each.public,
                )
                self.entrances[each.channel, each.key] = opened

    async def run(self) -> None:
        """Have every workspace's posts and calls made until cancelled; raises what breaks one of them."""
        self._running = True
        try:
            for place in self._places.values():
                self._start(place)
            await asyncio.gather(self._broken, self.watch())
        finally:
            self._running = False
            await end(*(place.work for place in self._places.values() if place.work is not None))

    def _start(self, place: _Place) -> None:
        place.work = asyncio.create_task(place.team.run())
        place.work.add_done_callback(self._ended)

    def _ended(self, work: asyncio.Task[None]) -> None:
        error = None if work.cancelled() else work.exception()
        if error is not None and not self._broken.done():
            self._broken.set_exception(error)

    def of(self, body: Mapping[str, Any]) -> Team | None:
        """The workspace that something from Slack is for; None for one that is not ours (any more).

        Raises Unavailable for one of ours that is not open now: Slack shall try again.
        """
        if self._alone and self._places:
            return next(iter(self._places.values())).team
        team = extract_team_id(dict(body))
        place = self._places.get(team or "")
        if place is None and team in self._failing:
            raise Unavailable(f"The workspace {team} is not open.")
        return place.team if place else None

    def turn(self, channel: str | None) -> AbstractContextManager[Turn]:
        """``Poster.turn`` of the workspace that serves ``channel``; None = it is not known where."""
        for team in self:
            if channel is not None and team.bot.poster.serves(channel):
                return team.bot.poster.turn(channel)
        return nullcontext(Turn())

    def wake(self, channel: str, *, calls: bool = False) -> None:
        """Something waits to be posted (with ``calls`` also to be called) in a channel of one of them."""
        teams = list(self)
        if len(teams) > 1:
            teams = [team for team in teams if channel in team.channels.values()] or teams
        for team in teams:
            team.bot.poster.wake(channel)
            if calls:
                team.bot.caller.wake()

    def each(self, act: Callable[[Team], Awaitable[object]]) -> Tick:
        """A tick that does ``act`` for every workspace, whatever happens in the others."""

        async def tick() -> None:
            done = await asyncio.gather(*(act(team) for team in self), return_exceptions=True)
            for error in done:
                if isinstance(error, BaseException):
                    raise error

        return tick
