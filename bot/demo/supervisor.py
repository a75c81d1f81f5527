"""``cx demo``: starts everything, keeps it running, and leaves no process behind."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil
import yaml
from rich.console import Console

from bot.demo import outside, plan, state, welcome
from bot.demo.children import Child
from bot.demo.front import Front
from bot.demo.plan import Options, Spec
from bot.ending import end
from bot.manifest import EVENTS
from cases.errors import ConfigError, Unavailable
from storage import embedded, embedded_files, migrate, reach
from storage.embedded import EmbeddedServer

if TYPE_CHECKING:
    from storage.db import Database

_HEALTHY_SECONDS = 60.0
_LEFTOVER_SECONDS = 6.0
_TELL_SECONDS = 0.1
_WORDS = {"sandbox": "sandbox", "mail": "carriers", "bot": "run", "worker": "worker"}
"""Role → the word on the command line by which a process of the demo is known."""


async def run(options: Options) -> None:
    """Run the demo until SIGINT or SIGTERM.

    Raises ConfigError when one runs on this data folder already, a port is taken or the database cannot
    be used, and Unavailable when something does not start.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    embedded_files.prepare_home(options.home, embedded_files.account())
    with _the_only_one(options.home):
        _end_leftovers(options.home)
        _clear_ready_file(options.ready_file)
        _forget_if_wanted(options)
        for port in options.ports_taken():
            _check_port(port)
        embedded_files.prepare_home(options.data, embedded_files.account())
        options.logs.mkdir(exist_ok=True)
        with _database(options) as (database_url, server):
            await Supervisor(options, database_url, server).run(stop)


class Supervisor:
    """The processes of one demo."""

    def __init__(self, options: Options, database_url: str, server: EmbeddedServer | None) -> None:
        self._options = options
        self._server = server
        self._secrets = plan.make_secrets(options.data / "secrets.json")
        self._team = plan.workspace(self._secrets)
        shared = plan.environment(options, self._secrets, database_url)
        self._bots = plan.bots(options, shared)
        self._workers = plan.workers(options, shared)
        self._children: list[Child] = []
        self._keeping: list[asyncio.Task[None]] = []
        self._ready = False
        self._told = asyncio.Event()
        self._demo = state.Demo(
            addresses=plan.addresses(options),
            secrets=state.Secrets(
                control=self._secrets["control"],
                sites={plan.SITE: self._secrets["site"]},
                signing=self._secrets["signing"],
                bot_token=self._secrets["bot_token"],
                app_token=self._secrets["app_token"],
                mailboxes={plan.MAILBOX: self._secrets["mail"]} if options.carried else {},
                sources={plan.SOURCE: self._secrets["phone"]} if options.carried else {},
            ),
            database_url=database_url,
            team={channel["name"]: channel["id"] for channel in self._team["channels"]},
            undo_seconds=options.undo_seconds,
            supervisor=os.getpid(),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Start everything, stay until ``stop``, end everything."""
        async with AsyncExitStack() as stack:
            if self._options.http:
                front = Front(self._demo.addresses.chat)
                await stack.enter_async_context(front.serve(plan.HOST, self._options.front_port))
            await self._run(stop)

    async def _run(self, stop: asyncio.Event) -> None:
        stopping = asyncio.create_task(stop.wait())
        starting = asyncio.create_task(self._start())
        try:
            await asyncio.wait([stopping, starting], return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                await starting
                await self._stay(stopping)
        finally:
            await end(starting)
            await self._end()

    async def _start(self) -> None:
        with Console(stderr=True).status("Starting the demo …") as shown:
            _write_private(self._options.data / "workspace.json", json.dumps(self._team))
            (self._options.data / "manifest.yml").write_text(yaml.safe_dump(plan.app_manifest(self._options)))
            sandbox = await self._add(plan.sandbox(self._options, self._secrets))
            if self._options.carried:
                await self._carry()
            await self._until_answering(f"{self._demo.addresses.slack}")
            if self._options.http:
                self._keeping.append(asyncio.create_task(self._keep_telling(sandbox)))
            else:
                self._told.set()
            if not _marker(self._options, "opened").exists():
                shown.update("Opening the shop …")
                await self._open_shop()
            self._keep(sandbox)
            for spec in [*self._bots, *self._workers]:
                if all(child.spec.name != spec.name for child in self._children):
                    self._keep(await self._add(spec))
            for spec in self._bots:
                await self._until_answering(f"{spec.address}/healthz")
            await self._told.wait()
        self._ready = True
        self._write_state()
        if self._server is not None:
            self._keeping.append(asyncio.create_task(self._keep_naming(self._server)))
        ahead = await self._ahead()
        welcome.show(self._demo, self._options, database=self._database_words(), ahead=ahead)

    async def _carry(self) -> None:
        """Start what carries the mails and text messages of the shop's customers."""
        outside.write(self._options)
        mail = await self._add(outside.carriers(self._options, self._secrets))
        await self._until_answering(f"{mail.spec.address}/healthz")
        self._keep(mail)

    async def _keep_telling(self, sandbox: Child) -> None:
        """Tell the sandbox where to send its requests, again after each of its starts: it forgets."""
        address = plan.url(self._options.front_port) + EVENTS
        told = 0
        while True:
            start = sandbox.started
            if start != told:
                # Its handshake needs a bot that answers.
                with contextlib.suppress(aiohttp.ClientError, Unavailable):
                    await self._control("request_url", {"url": address})
                    told = start
                    self._told.set()
            await asyncio.sleep(_TELL_SECONDS)

    async def _keep_naming(self, server: EmbeddedServer) -> None:
        """Write down which process the database is, again when another one took its place."""
        named = server.pid
        while True:
            await asyncio.sleep(_TELL_SECONDS)
            if server.pid != named:
                named = server.pid
                self._write_state()

    async def _ahead(self) -> timedelta:
        """How far the clock was turned before."""
        from storage import turned

        async with self._opened() as db:
            return (await turned.read(db)).ahead

    def _database_words(self) -> str:
        if self._server is None:
            return reach.shown(self._demo.database_url)
        return f"its own PostgreSQL in {embedded.data_folder(self._options.data)}"

    async def _open_shop(self) -> None:
        """Fill the shop through a bot that does not pace its posts, so that nobody waits for the cases."""
        _marker(self._options, "opening").touch()
        hurried = {**self._bots[0].environment, "CX_POST_INTERVAL_SECONDS": "0"}
        bot = await self._add(replace(self._bots[0], environment=hurried))
        worker = await self._add(self._workers[0])
        await self._control("limits", {"on": False})
        await self._until_answering(f"{bot.spec.address}/healthz")
        await self._told.wait()
        await self._fill_shop()
        await self._control("limits", {"on": self._options.limits})
        _marker(self._options, "opened").touch()
        await bot.restart(self._bots[0])
        self._keep(worker)
        self._keep(bot)

    async def _fill_shop(self) -> None:
        from bot.demo.shop import Shop

        async with self._opened() as db:
            shop = Shop(db, plan.SHOP_CONFIG, self._team, self._note)
            await shop.open(datetime.now(UTC))

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Database]:
        from storage.db import Database

        db = Database(self._demo.database_url, pool_size=2)
        await db.open()
        try:
            yield db
        finally:
            await db.close()

    async def _note(self, user: str, channel: str, thread: str, text: str) -> None:
        words = {"as": user, "do": "post", "channel": channel, "thread_ts": thread, "text": text}
        await self._control("act", words)

    async def _control(self, path: str, body: dict[str, Any]) -> None:
        bearer = {"Authorization": f"Bearer {self._secrets['control']}"}
        address = f"{self._demo.addresses.control}/{path}"
        async with (
            aiohttp.ClientSession(headers=bearer) as session,
            session.post(address, json=body) as answer,
        ):
            if answer.status != 200:
                raise Unavailable(f"The sandbox refuses {path}: {await answer.text()}")

    async def _add(self, spec: Spec) -> Child:
        child = Child(spec, self._options.logs, self._write_state)
        self._children.append(child)
        await child.start()
        return child

    def _keep(self, child: Child) -> None:
        self._keeping.append(asyncio.create_task(child.keep()))

    async def _until_answering(self, address: str) -> None:
        """Wait for a 200; raises Unavailable as soon as a process has given up, or after a minute."""
        deadline = time.monotonic() + _HEALTHY_SECONDS
        said = "no answer"
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(address) as answer:
                        if answer.status == 200:
                            return
                        said = await answer.text()
                gone = next((child for child in self._children if child.gave_up), None)
                if gone:
                    raise gone.failure()
                if time.monotonic() > deadline:
                    raise Unavailable(f"{address} is not well: {said} (logs: {self._options.logs})")
                await asyncio.sleep(0.05)

    async def _stay(self, stopping: asyncio.Task[bool]) -> None:
        done, _ = await asyncio.wait([stopping, *self._keeping], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()

    def _write_state(self) -> None:
        """Rewrite demo.json, and the ready file with it, once everything has answered."""
        if not self._ready:
            return
        processes = [
            state.Process(child.spec.role, child.pid, child.spec.address)
            for child in self._children
            if child.pid is not None
        ]
        if self._server is not None:
            processes.append(state.Process("database", self._server.pid))
        self._demo = replace(self._demo, processes=processes)
        for path in self._state_files():
            state.write(path, self._demo)

    def _state_files(self) -> list[Path]:
        ready_file = self._options.ready_file
        return [self._options.home / state.NAME, *([ready_file] if ready_file else [])]

    async def _end(self) -> None:
        """Bots and workers first, so that they can still say goodbye to the others."""
        self._ready = False
        for roles in ({"bot", "worker"}, {"sandbox", "mail"}):
            ending = [child.stop() for child in self._children if child.spec.role in roles]
            await asyncio.gather(*ending)
        await end(*self._keeping)
        for path in self._state_files():
            path.unlink(missing_ok=True)


@contextmanager
def _the_only_one(home: Path) -> Iterator[None]:
    """Hold the data folder; raises ConfigError when another demo does."""
    with (home / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            demo = state.running(home)
            where = f" at {demo.addresses.slack} (process {demo.supervisor})" if demo else ""
            raise ConfigError(
                f"A demo runs on {home} already{where}; stop it first, or give this one another CX_HOME."
            ) from None
        yield


def _end_leftovers(home: Path) -> None:
    """What a killed demo left behind ends by itself soon; what has not by then is killed."""
    demo = state.read(home / state.NAME)
    if demo is None:
        return
    left = [
        psutil.Process(process.pid)
        for process in demo.processes
        if process.role in _WORDS and state.is_ours(process.pid, _WORDS[process.role])
    ]
    for process in left:
        if not embedded_files.ended(process, _LEFTOVER_SECONDS):
            embedded_files.send(process, "SIGKILL")
            embedded_files.ended(process, _LEFTOVER_SECONDS)
    (home / state.NAME).unlink(missing_ok=True)


def _clear_ready_file(path: Path | None) -> None:
    """One that a killed demo left says nothing about this one."""
    if path is None:
        return
    if not path.parent.is_dir():
        raise ConfigError(f"The ready file {path} cannot be written: there is no folder {path.parent}.")
    path.unlink(missing_ok=True)


def _forget_if_wanted(options: Options) -> None:
    """Remove the demo's data for ``--fresh``, and when its first start was interrupted."""
    interrupted = _marker(options, "opening").exists() and not _marker(options, "opened").exists()
    if not (options.fresh or interrupted) or not options.data.exists():
        return
    if options.database_url:
        raise ConfigError(
            "The demo can start over only with a database of its own: give it an empty database in "
            f"DATABASE_URL, remove {options.data}, and start it without --fresh."
        )
    embedded.stop_leftover(options.data)
    shutil.rmtree(options.data)


def _marker(options: Options, name: str) -> Path:
    return options.data / f"shop.{name}"


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((plan.HOST, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "there is no such port"
            raise ConfigError(
                f"Port {port} cannot be used ({reason}); choose another first port with --port."
            ) from None


@contextmanager
def _database(options: Options) -> Iterator[tuple[str, EmbeddedServer | None]]:
    """The database's address, migrated; the server, if it is the demo's own."""
    if options.database_url:
        reach.is_current(options.database_url)
        team = json.loads((plan.SHOP_CONFIG / "workspace.json").read_text())["team"]["id"]
        if reach.belongs_to_another(options.database_url, team):
            raise ConfigError(
                f"The database {reach.shown(options.database_url)} belongs to a Slack workspace; the demo "
                "wants an empty one of its own. Unset DATABASE_URL, or name another with --database-url."
            )
        migrate.upgrade(options.database_url)
        yield options.database_url, None
        return
    with embedded.served(options.data) as server:
        migrate.upgrade(server.url)
        yield server.url, server


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
