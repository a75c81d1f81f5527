"""What a measurement stands on: a sandbox of its own and the program under test, as processes."""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any, TypeVar

import psutil
from aiohttp import ClientError, ClientSession, ClientTimeout

PROJECT = Path(__file__).resolve().parent.parent
CONTROL_SECRET = "bench"
BOT_TOKEN = "xoxb-bench-bot"
APP_TOKEN = "xapp-bench-app"
SIGNING_SECRET = "bench-signing"
SITE_SECRET = "bench-site"
TEAM, BOT_USER, BOT = "T0BENCH", "U0BENCHBOT", "B0BENCH"
T = TypeVar("T")
_START_SECONDS = 90
_STOP_SECONDS = 15


class DidNotStart(Exception):
    """A process of the measurement did not start; the message says what it said last."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What every measurement is given."""

    folder: Path
    server: str
    """The address of its PostgreSQL server."""
    http: ClientSession
    say: Callable[[str], None]
    """Shows what is done now."""


def agent(number: int) -> str:
    """The Slack id of the agent of that number."""
    return f"U0AGENT{number}"


AGENTS = tuple(agent(number) for number in range(4))


def channel_id(number: int) -> str:
    """The Slack id of the measurement's channel of that number."""
    return f"C0LOAD{number:02}"


def site(number: int) -> str:
    """The chat site whose cases go to the channel of that number."""
    return f"site{number}"


def free_port() -> int:
    """A port that nobody uses now, nor the system gives to others while its program is started again."""
    return free_ports(1)


def free_ports(count: int) -> int:
    """The first of so many neighbouring ports that nobody uses now; raises DidNotStart without any.

    At random, so that two who ask while neither listens yet hardly get the same.
    """
    starts = range(31_000, 32_700 - count, count)
    for first in random.sample(starts, len(starts)):
        if are_free(range(first, first + count)):
            return first
    raise DidNotStart("no neighbouring ports are free")


def are_free(ports: range) -> bool:
    """Whether nobody uses any of these ports now."""
    with ExitStack() as stack:
        for port in ports:
            try:
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for one run; its path is short, because Unix sockets live in it."""
    folder = Path(tempfile.mkdtemp(prefix="cxb-", dir="/tmp"))
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


@dataclass
class Running:
    """A started process."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    address: str
    started: float
    """Monotonic seconds."""

    def tree(self) -> list[psutil.Process]:
        """The process and its children."""
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """Processor time used so far by the process and its living children."""
        total = 0.0
        for each in self.tree():
            times = each.cpu_times()
            total += times.user + times.system
        return total

    def kill(self) -> None:
        """SIGKILL for the process and its children at once, as when the machine is gone."""
        family = self.tree()
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        self.process.wait()
        psutil.wait_procs(family[1:], timeout=_STOP_SECONDS)

    def stop(self) -> None:
        """SIGTERM, then SIGKILL for what is left."""
        if self.process.poll() is not None:
            return
        children = self.tree()[1:]
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for child in psutil.wait_procs(children, timeout=3)[1]:
            child.kill()

    def last_words(self) -> str:
        """The last line it wrote."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def spawn(
    name: str, command: Sequence[str], environment: Mapping[str, str], log: Path, address: str
) -> Running:
    """Start a Python program of the project."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=PROJECT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    return Running(name, process, log, address, time.monotonic())


async def wait_ready(http: ClientSession, running: Running, path: str = "/healthz") -> None:
    """Until its health check says 200; raises DidNotStart."""
    while True:
        if running.process.poll() is not None or time.monotonic() - running.started > _START_SECONDS:
            raise DidNotStart(f"{running.name} did not start: {running.last_words()}")
        try:
            async with http.get(running.address + path, timeout=ClientTimeout(total=2)) as response:
                if response.status == 200:
                    return
        except (ClientError, TimeoutError):
            pass
        await asyncio.sleep(0.05)


def _seed(channels: int, agents: int) -> dict[str, object]:
    users = [
        {
            "id": agent(number),
            "name": f"agent{number}",
            "real_name": f"Agent {number}",
            "is_admin": not number,
        }
        for number in range(agents)
    ]
    return {
        "team": {"id": TEAM, "name": "Bench", "domain": "bench"},
        "app": {
            "app_id": "A0BENCH",
            "bot_id": BOT,
            "bot_user_id": BOT_USER,
            "bot_name": "CX Copilot",
            "bot_token": BOT_TOKEN,
            "app_token": APP_TOKEN,
            "signing_secret": SIGNING_SECRET,
        },
        "users": users,
        "channels": [
            {
                "id": channel_id(number),
                "name": f"load-{number}",
                "members": [*(user["id"] for user in users), "bot"],
            }
            for number in range(channels)
        ],
    }


@asynccontextmanager
async def sandbox(
    http: ClientSession,
    folder: Path,
    *,
    channels: int,
    limits: bool,
    agents: int = len(AGENTS),
    people: Mapping[str, object] | None = None,
) -> AsyncIterator[str]:
    """A fresh Slack workspace; yields its address. ``people`` stands for the usual users and channels."""
    home = folder / f"sandbox-{time.monotonic_ns()}"
    home.mkdir()
    seed, port = home / "workspace.json", free_port()
    seed.write_text(json.dumps(_seed(channels, agents) | dict(people or {})))
    command = ["-m", "sandbox", "--port", str(port), "--data", str(home / "data"), "--control-secret"]
    command += [CONTROL_SECRET, "--workspace", str(seed), "--manifest", str(PROJECT / "manifest.yml")]
    command += ["--limits", "on" if limits else "off"]
    running = spawn("the sandbox", command, {}, folder / "sandbox.log", f"http://127.0.0.1:{port}")
    try:
        await wait_ready(http, running, "/")
        yield running.address
    finally:
        running.stop()


@contextmanager
def stopping(running: Running) -> Iterator[Running]:
    """The process, stopped at the end of the block."""
    try:
        yield running
    finally:
        running.stop()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on uvloop: the load generator must not be what is measured."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
