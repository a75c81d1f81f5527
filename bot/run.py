"""``cx run``: one replica, from start to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import structlog
import uvicorn
from slack_sdk.errors import SlackApiError
from starlette.types import ASGIApp

from bot import after
from bot.advancing import look_around
from bot.bootstrap import Parts, assemble
from bot.connection import Connect, required, slack_session
from bot.customer_data import knowing
from bot.demo.clock import DemoClock, clock_of
from bot.demo.turning import Turning
from bot.digests import send_digests
from bot.ending import end
from bot.health import SlackAnswers
from bot.listening import BEAT_SECONDS
from bot.mail.office import check as check_mail
from bot.notifications import listen
from bot.receipting import confirm
from bot.schedule import Tick, make_scheduler
from bot.settings import Settings
from bot.socket_mode import Socket
from bot.team import Team
from bot.teams import Teams
from bot.upkeep import keep_house, take_files
from bot.web.app import create_web
from bot.web.context import Check
from bot.web.hub import Kind
from bot.web.slack import InFront, SlackEndpoint
from bot.workspace import error_code
from cases.enums import HoldReason
from cases.errors import ConfigError
from cases.reader import use
from flows import away
from storage import installations, jobs, monitoring, search, warm
from storage import settings as setting_rows
from storage.db import Database
from storage.macros import read_macros
from storage.tones import read_tones

DRAIN_SECONDS = 2.0
"""How long a stop waits for clicks that Slack was told have been taken."""
_WORKER_RESTART_SECONDS = 1.0
_TEAMS_SECONDS = 15.0
"""How soon a workspace that could not be opened is tried again."""

_YOUNG_OBJECTS = 5_000
"""So many new objects later the youngest are looked through for garbage (Python: 700)."""

log = structlog.get_logger(__name__)


async def run_bot(settings: Settings, *, http: bool = False, worker: bool = True) -> None:
    """Serve until SIGINT or SIGTERM; raises ConfigError or Unavailable when it cannot start.

    ``http`` takes Slack's requests at /slack/events instead of over Socket Mode; ``worker`` starts
    a worker as a child process.
    """
    assert settings.database_url is not None
    # Its worker would fail at it again and again, where nobody looks.
    read_macros(settings.macros_file)
    read_tones(settings.tone_folder)
    check_mail(settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listening = _bind(settings)
    # Whoever writes for one reader says so; everything else is read by the team.
    with use(settings.team):
        async with (
            _database(settings.database_url) as db,
            slack_session(settings) as connect,
            knowing(settings, db) as customers,
            clock_of(settings, db) as clock,
        ):
            parts = await assemble(settings, db, connect, customers, clock)
            await take_files(db, parts.shared.store)
            jobs_open = parts.shared.jobs.open_async()
            async with jobs_open, _slack(settings, parts, connect, http=http) as wire:
                server = _server(settings, parts, wire.check, http=http)
                try:
                    await _serve(settings, parts, wire, server, listening, stop, worker=worker)
                finally:
                    if parts.shared.embeddings is not None:
                        await parts.shared.embeddings.close()


@asynccontextmanager
async def _database(url: str) -> AsyncIterator[Database]:
    db = Database(url, warm=warm.statements())
    await db.open()
    try:
        yield db
    finally:
        await db.close()


@dataclass(frozen=True, slots=True)
class _Wire:
    """How Slack reaches us: its health check, and how to hang up."""

    check: Check
    connected: Callable[[], Awaitable[bool]]
    close: Callable[[], Awaitable[None]]


@asynccontextmanager
async def _slack(settings: Settings, parts: Parts, connect: Connect, *, http: bool) -> AsyncIterator[_Wire]:
    """Slack's events come in; hung up at the latest on leaving."""
    if http:
        required(settings.slack_signing_secret, "SLACK_SIGNING_SECRET")

        async def nothing() -> None:
            return

        async def serving() -> bool:
            return True  # Whether Slack really finds us, its events tell.

        answers = SlackAnswers(parts.teams.a_client)

        async def answering() -> str | None:
            return parts.teams.trouble() or await answers()

        yield _Wire(answering, serving, nothing)
        return
    slack_socket = Socket(required(settings.slack_app_token, "SLACK_APP_TOKEN"), connect(None), parts.edge)
    try:
        await slack_socket.connect()
    except SlackApiError as error:
        raise ConfigError(f"Slack refuses SLACK_APP_TOKEN: {error_code(error)}.") from None

    async def connected() -> str | None:
        if trouble := parts.teams.trouble():
            return trouble
        teams = list(parts.teams)
        if teams and all(HoldReason.TOKEN in team.bot.rooms.held.values() for team in teams):
            return "Slack refuses the bot's token."
        return None if await slack_socket.connected() else "Socket Mode is not connected."

    try:
        yield _Wire(connected, slack_socket.connected, slack_socket.close)
    finally:
        await slack_socket.close()


async def _serve(
    settings: Settings,
    parts: Parts,
    wire: _Wire,
    server: uvicorn.Server,
    listening: socket.socket,
    stop: asyncio.Event,
    *,
    worker: bool,
) -> None:
    shared, teams = parts.shared, parts.teams
    # These look at the business time: where it can be turned, it waits for each of them.
    due: dict[str, tuple[float, Tick]] = {
        "reminders": (1.0, teams.each(lambda team: team.reminding.tick())),
        "closings": (2.0, teams.each(lambda team: after.close_ripe(team.bot))),
        "receipts": (1.0, teams.each(lambda team: confirm(team.bot))),
        "nudges": (3.0, teams.each(lambda team: after.ask_silent(team.bot))),
        "surveys": (3.0, teams.each(lambda team: after.ask_customers(team.bot))),
        "steps": (1.0, teams.each(lambda team: look_around(team.bot))),
        "digests": (30.0, teams.each(lambda team: send_digests(team.bot))),
        "absences": (30.0, teams.each(_end_absences)),
    }
    scheduler = make_scheduler(
        {
            "listening": (BEAT_SECONDS, lambda: _beat(teams, wire)),
            "inbox": (1.0, teams.each(lambda team: team.inbox.sweep())),
            "sender": (1.0, teams.each(lambda team: team.bot.sender.sweep())),
            "roles": (2.0, teams.each(_reread)),
            "settings": (1.0, teams.each(lambda team: team.bot.amendments.look())),
            "search": (1.0, lambda: search.index(shared.db)),
            "homes": (1.0, teams.each(lambda team: team.bot.homes.look_around())),
            "rooms": (1.0, teams.each(lambda team: team.bot.rooms.tick())),
            "all_rooms": (300.0, teams.each(lambda team: team.bot.rooms.look_at_all())),
            "teams": (_TEAMS_SECONDS, teams.look),
            "entrances": (2.0, teams.follow_files),
            "jobs": (3.0, lambda: jobs.recover(shared.jobs, monitoring.WORKER_STALLED_SECONDS)),
            "housekeeping": (3600.0, lambda: keep_house(shared.db, shared.store)),
        }
        | due
    )
    scheduler.start()
    work = [
        asyncio.create_task(server.serve([listening])),
        asyncio.create_task(teams.run()),
        asyncio.create_task(listen(shared.db, announcements(parts))),
    ]
    if isinstance(shared.clock, DemoClock):
        ticks = {name: tick for name, (_, tick) in due.items()}
        work.append(asyncio.create_task(Turning(shared.db, shared.clock, ticks).run()))
    if worker:
        work.append(asyncio.create_task(_keep_worker(settings)))
    waiting = asyncio.create_task(stop.wait())
    _spare_what_stays()
    try:
        done, _ = await asyncio.wait([waiting, *work], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {waiting}:
            task.result()
    finally:
        scheduler.shutdown(wait=False)
        server.should_exit = True
        await asyncio.gather(wire.close(), asyncio.wait([work[0]], timeout=3), return_exceptions=True)
        await parts.edge.drain(DRAIN_SECONDS)
        await end(waiting, *work)


def _spare_what_stays() -> None:
    """Modules, routes and statements live as long as the process: no collection of garbage visits them again.

    A full visit takes some 50 ms, in which no message moves.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 10, 10)


async def _beat(teams: Teams, wire: _Wire) -> None:
    connected = await wire.connected()
    await teams.each(lambda team: team.listening.beat(connected))()


async def _reread(team: Team) -> None:
    """Reads the roles file again when it changed."""
    team.bot.directory.reload()


async def _end_absences(team: Team) -> None:
    """Who was away until now is back."""
    await away.end_due(team.bot.db, team.bot.workspace_id, team.bot.clock.now())


def announcements(parts: Parts) -> Mapping[str, Callable[[str], None]]:
    """What to do with each announcement of another process, by the NOTIFY channel on which it comes."""
    teams = parts.teams
    return {
        "cx_groups": _tell_one(teams, lambda team, _: team.bot.directory.forget()),
        "cx_rooms": _tell(teams, lambda team, channel: team.bot.rooms.forget(channel)),
        "cx_rests": _tell_one(teams, lambda team, said: team.bot.caller.rest(said)),
        "cx_outbox": _tell(teams, lambda team, channel: team.bot.poster.heard(channel)),
        installations.CHANGED: lambda _: teams.stir(),
        setting_rows.CHANGED: _tell_one(teams, lambda team, _: team.bot.amendments.stir()),
        "cx_chat": lambda said: _show(parts, said),
    }


def _tell(teams: Teams, act: Callable[[Team, str], None]) -> Callable[[str], None]:
    """Pass on to every workspace what another process announces of a channel: it looks for itself."""

    def heard(said: str) -> None:
        for team in teams:
            act(team, said)

    return heard


def _tell_one(teams: Teams, act: Callable[[Team, str], None]) -> Callable[[str], None]:
    """Pass on what another process announces of one workspace, whose id comes first."""

    def heard(said: str) -> None:
        workspace, _, rest = said.partition(" ")
        for team in teams:
            if str(team.bot.workspace_id) == workspace:
                act(team, rest)

    return heard


def _show(parts: Parts, said: str) -> None:
    """``conversation``, ``conversation kind`` or ``conversation seq origin``, from any process.

    What this process sends it shows by itself, as soon as it is committed.
    """
    conversation, _, kind = said.partition(" ")
    seq, _, origin = kind.partition(" ")
    if seq.isdecimal():
        if origin != parts.shared.db.origin:
            parts.shared.hub.arrived(int(conversation), int(seq))
        return
    known: dict[str, Kind] = {"typing_on": "typing_on", "typing_off": "typing_off"}
    parts.shared.hub.notify(int(conversation), known.get(kind, "message"))


def _server(settings: Settings, parts: Parts, slack_check: Check, *, http: bool) -> uvicorn.Server:
    async def database() -> str | None:
        await monitoring.ping(parts.shared.db)
        return None

    async def workers() -> str | None:
        alive = await monitoring.live_workers(parts.shared.db)
        return None if alive else "No worker is running; start one with `cx worker`."

    checks: Mapping[str, Check] = {"database": database, "slack": slack_check, "workers": workers}
    web: ASGIApp = create_web(replace(parts.web, health=checks), parts.channel_api)
    if http:
        secret = required(settings.slack_signing_secret, "SLACK_SIGNING_SECRET")
        web = InFront(SlackEndpoint(parts.edge, secret), web)
    config = uvicorn.Config(
        web,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        ws_max_size=64_000,
        timeout_graceful_shutdown=2,
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: stopping is ours to decide."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _bind(settings: Settings) -> socket.socket:
    """The port, taken before anything else is started."""
    listening = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"Port {settings.port} of {settings.host} cannot be used ({error.strerror}); "
            "choose another with CX_PORT."
        ) from None
    return listening


async def _keep_worker(settings: Settings) -> None:
    """A worker as a child process; one that dies is started again."""
    environment = os.environ | {
        "DATABASE_URL": settings.database_url or "",
        "CX_PARENT_PID": str(os.getpid()),
    }
    while True:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.cli", "worker", env=environment, start_new_session=True
        )
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
            try:
                await asyncio.wait_for(child.wait(), 5)
            except TimeoutError:
                child.kill()
            raise
        log.warning("worker.died", code=code)
        await asyncio.sleep(_WORKER_RESTART_SECONDS)
