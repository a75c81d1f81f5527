"""``cx worker``: takes the slow steps."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import structlog
from procrastinate.exceptions import ConnectorException

from bot import crashpoints, steps
from bot.connection import OWN, Connect, open_workspace, own_token, slack_session
from bot.customer_data import knowing
from bot.delivering import Deliveries
from bot.demo.clock import clock_of
from bot.embedding import embeddings_of, keep_embedding
from bot.ending import end
from bot.entrances import Entrances, serving
from bot.mail.office import reading
from bot.senders import senders_of
from bot.settings import Settings
from bot.triage import Triage
from bot.vault import Vault
from bot.web.uploads import FileStore
from bot.workspace import Workspace
from cases.articles import Embed
from cases.errors import Unavailable
from cases.macros import Macros
from cases.reader import use
from cases.routing import Desk
from copilot.desks import Choices, Desks
from copilot.triage import Triager
from copilot.work import Copilot
from storage import installations
from storage.config import read_sites
from storage.db import Database, DatabaseError, Row
from storage.departments import read_departments
from storage.macros import read_macros
from storage.monitoring import WORKER_STALLED_SECONDS
from storage.plans import Planned, watch_plan
from storage.tones import read_tones
from storage.watched import Watched

HEARTBEAT_SECONDS = WORKER_STALLED_SECONDS / 3
POLL_SECONDS = 0.5
CONCURRENCY = 4

log = structlog.get_logger(__name__)


async def run_worker(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM; a database that restarts is waited for.

    Raises ConfigError or Unavailable when it cannot start.
    """
    assert settings.database_url is not None
    crashpoints.arm(settings.crash_at)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    departments = read_departments(settings.departments_file)
    macros = Macros(read_macros(settings.macros_file))
    tones = read_tones(settings.tone_folder)
    planned = watch_plan(settings.plan_files)
    db = Database(settings.database_url, pool_size=4)
    await db.open()
    try:
        with use(settings.team):
            async with slack_session(settings) as connect:
                own = await _own(settings, connect)
                offices = _Workspaces(db, connect, Vault(settings.encryption_secrets), own)
                async with (
                    _embedding(settings, db) as embed,
                    knowing(settings, db) as customers,
                    clock_of(settings, db) as clock,
                ):
                    tools = steps.Tools(
                        db,
                        offices.of_case,
                        offices.of_workspace,
                        Desks(departments, db),
                        replace(
                            _copilot(settings, db, departments),
                            embed=embed,
                            customers=customers,
                            macros=macros,
                            tones=tones,
                        ),
                        clock,
                    )
                    async with (
                        _triage(settings, tools, planned),
                        serving(settings, db) as served,
                        _delivering(settings, tools, served),
                        reading(settings, db, clock, lambda: served().boxes),
                    ):
                        await _work(settings.database_url, tools, stop)
    finally:
        await db.close()


@asynccontextmanager
async def _embedding(settings: Settings, db: Database) -> AsyncIterator[Embed | None]:
    """What tells what a question means; meanwhile passages get their vectors. None without a model."""
    embeddings = embeddings_of(settings, db)
    if embeddings is None:
        yield None
        return
    keeping = asyncio.create_task(keep_embedding(db, embeddings))
    try:
        yield embeddings.of_question
    finally:
        await end(keeping)
        await embeddings.close()


@asynccontextmanager
async def _triage(settings: Settings, tools: steps.Tools, planned: Watched[Planned]) -> AsyncIterator[None]:
    """Meanwhile new cases are looked at, and drafts are asked for where the team wants that."""
    jobs = steps.make_app(tools.db.url) if settings.draft_on_arrival else None
    processes = planned.now().processes
    triager = Triager(tools.copilot, tools.desks, Choices(processes), processes)
    looking = asyncio.create_task(Triage(tools.db, triager, tools.clock, jobs, planned).run())
    try:
        yield
    finally:
        await end(looking)


@asynccontextmanager
async def _delivering(
    settings: Settings, tools: steps.Tools, served: Callable[[], Entrances]
) -> AsyncIterator[None]:
    """Meanwhile replies on outside channels are handed over."""
    store = FileStore(settings.home / "files", settings.max_file_mb * 1_000_000)
    async with senders_of(settings, tools.db, served) as senders:
        work = Deliveries(tools.db, senders, store.path, tools.clock)
        delivering = asyncio.create_task(work.run())
        try:
            yield
        finally:
            await end(delivering)


def _copilot(settings: Settings, db: Database, departments: Sequence[Desk]) -> Copilot:
    sites = read_sites(settings.config_dir).values()
    hosts = {urlsplit(origin).hostname or "" for site in sites for origin in site.allowed_origins}
    return Copilot(
        db,
        settings.endpoint,
        departments,
        settings.company,
        hosts=hosts - {""},
        masks=settings.masks,
        language=settings.team.language,
    )


async def _own(settings: Settings, connect: Connect) -> Workspace | None:
    token = own_token(settings)
    return (await open_workspace(connect(token), OWN))[0] if token else None


class _Workspaces:
    """The workspaces of cases, each with its token of now."""

    def __init__(self, db: Database, connect: Connect, vault: Vault, own: Workspace | None) -> None:
        self._db = db
        self._connect = connect
        self._vault = vault
        self._own = own
        self._known: dict[str, Workspace] = {}

    async def of_case(self, case: int) -> Workspace:
        """The workspace in which a case lives; raises Unavailable when the app is not installed there now."""
        return self._found(await installations.of_case(self._db, case))

    async def of_workspace(self, workspace: int) -> Workspace:
        """A workspace by our own id; raises Unavailable when the app is not installed there now."""
        return self._found(await installations.of_workspace(self._db, workspace))

    def _found(self, row: Row | None) -> Workspace:
        if self._own is not None and row is not None and row["team_id"] == self._own.team:
            return self._own
        if row is None or row["token"] is None or row["revoked_at"] is not None:
            raise Unavailable("The app is not installed in this workspace now.")
        sealed = row["token"]
        if sealed not in self._known:
            client = self._connect(self._vault.open(row["team_id"], sealed))
            self._known[sealed] = Workspace(client, row["team_id"], row["bot_user_id"], row["bot_id"])
        return self._known[sealed]


async def _work(url: str, tools: steps.Tools, stop: asyncio.Event) -> None:
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        working = asyncio.create_task(_session(url, tools))
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            await end(working)
            return
        error = working.exception()
        if error is not None and not isinstance(error, (ConnectorException, DatabaseError, OSError)):
            raise error
        log.warning("worker.reconnecting", error=type(error).__name__)
        await asyncio.sleep(1)


async def _session(url: str, tools: steps.Tools) -> None:
    """One worker of procrastinate, until it fails or is cancelled."""
    app = steps.make_app(url)
    async with app.open_async():
        await app.run_worker_async(
            concurrency=CONCURRENCY,
            fetch_job_polling_interval=POLL_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=WORKER_STALLED_SECONDS,
            shutdown_graceful_timeout=2,
            install_signal_handlers=False,
            delete_jobs="successful",
            additional_context={"tools": tools},
        )
