"""The PostgreSQL of the data folder, with real processes."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from cases.errors import ConfigError, Unavailable
from storage import embedded
from storage.embedded_files import USER, ended

AS_ROOT = os.geteuid() == 0

_HOLD = """
import sys
from pathlib import Path
from storage import embedded
server = embedded.start(Path(sys.argv[1]))
print(server.pid, flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder whose path is short enough for a socket; nothing runs in it afterwards."""
    path = Path(tempfile.mkdtemp(prefix="cx-", dir="/tmp"))
    yield path
    embedded.stop_leftover(path)
    shutil.rmtree(path)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _holder(home: Path) -> tuple[subprocess.Popen[str], int]:
    """Another program that uses the server; the server's process id."""
    program = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    return program, int(program.stdout.readline())


def _end(program: subprocess.Popen[str]) -> None:
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.close()
    program.stdout.close()
    assert program.wait(30) == 0


def test_it_starts_keeps_data_and_leaves_no_process(home: Path) -> None:
    server = embedded.start(home)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('zażółć 🙂')")
    server.stop()
    assert not _runs(server.pid)
    assert not _answers(server.url)

    again = embedded.start(home)
    with psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("zażółć 🙂",)
    again.stop()
    assert not _runs(again.pid)


def test_whoever_leaves_last_stops_it(home: Path) -> None:
    first, second = embedded.start(home), embedded.start(home)
    assert first.pid == second.pid
    first.stop()
    assert _answers(second.url)
    second.stop()
    assert not _runs(second.pid)


def test_processes_share_it(home: Path) -> None:
    program, pid = _holder(home)
    server = embedded.start(home)
    assert server.pid == pid
    _end(program)
    assert _answers(server.url)
    server.stop()
    assert not _runs(pid)


def test_a_server_whose_user_was_killed_is_adopted_and_stopped(home: Path) -> None:
    program, pid = _holder(home)
    program.kill()
    program.communicate()
    assert _runs(pid)
    server = embedded.start(home)
    assert server.pid == pid
    server.stop()
    assert not _runs(pid)


def test_after_a_kill_of_postgres_it_recovers(home: Path) -> None:
    server = embedded.start(home)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    psutil.Process(server.pid).kill()
    psutil.wait_procs([psutil.Process(server.pid)] if psutil.pid_exists(server.pid) else [], timeout=10)
    again = embedded.start(home)
    assert again.pid != server.pid
    with psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    server.stop()
    again.stop()
    assert not _runs(again.pid)


def test_a_server_that_is_killed_is_started_again(home: Path) -> None:
    """FAULTS 50."""
    with embedded.served(home) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        killed = psutil.Process(server.pid)
        killed.kill()
        deadline = time.monotonic() + 60
        while server.pid == killed.pid or not _answers(server.url):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    assert not _runs(server.pid)


def test_where_its_files_are_gone_no_empty_database_takes_their_place(home: Path) -> None:
    server, away = embedded.start(home), home / "away"
    process = psutil.Process(server.pid)
    process.kill()
    assert ended(process, 10)
    embedded.data_folder(home).rename(away)
    with pytest.raises(Unavailable, match="are not in"):
        server.revive()
    assert not embedded.data_folder(home).exists()
    away.rename(embedded.data_folder(home))
    server.revive()
    assert _answers(server.url)
    server.stop()


@contextmanager
def _parent_that_buries_nobody() -> Iterator[None]:
    """What loses its parent becomes our child, and stays in the list of processes when it has ended."""
    become = 36  # PR_SET_CHILD_SUBREAPER, prctl(2)
    libc = ctypes.CDLL(None)
    assert libc.prctl(become, 1) == 0
    try:
        yield
    finally:
        assert libc.prctl(become, 0) == 0
        for child in psutil.Process().children():
            if child.status() == psutil.STATUS_ZOMBIE:
                child.wait(10)


def test_a_killed_server_that_nobody_buries_is_started_again(home: Path) -> None:
    """As in a container whose first process is ours: PostgreSQL takes a dead process for a living one."""
    with _parent_that_buries_nobody():
        server = embedded.start(home)
        killed = psutil.Process(server.pid)
        killed.kill()
        while killed.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        server.revive()
        assert server.pid != killed.pid
        assert _answers(server.url)
        server.stop()
        assert not _runs(server.pid)


def test_a_pid_file_with_a_stranger_in_it_does_not_fool_it(home: Path) -> None:
    server = embedded.start(home)
    server.stop()
    pid_file = embedded.data_folder(home) / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{embedded.data_folder(home)}\n")
    again = embedded.start(home)
    assert again.pid != os.getpid()
    assert _answers(again.url)
    again.stop()


def test_a_first_start_that_was_killed_is_done_again(home: Path) -> None:
    (home / "postgres.new").mkdir()
    (home / "postgres.new" / "half").write_text("half")
    server = embedded.start(home)
    assert _answers(server.url)
    server.stop()


def test_a_leftover_is_stopped_but_never_one_in_use(home: Path) -> None:
    server = embedded.start(home)
    with pytest.raises(ConfigError, match="is in use"):
        embedded.stop_leftover(home)
    server.stop()

    program, pid = _holder(home)
    program.kill()
    program.communicate()
    embedded.stop_leftover(home)
    assert not _runs(pid)


def test_a_path_with_odd_characters_is_fine(home: Path) -> None:
    home.chmod(0o711)
    server = embedded.start(home / "Anna's data & 100% ü?")
    assert _answers(server.url)
    server.stop()
    assert not _runs(server.pid)


def test_a_path_too_long_for_a_socket_is_said(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"bytes too long for PostgreSQL's socket .*; choose a shorter one"):
        embedded.start(home / ("a" * 110))
    assert list(home.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(home: Path) -> None:
    home.chmod(0o711)
    (home / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made: Not a directory"):
        embedded.start(home / "file" / "data")


def test_starting_does_not_warn_about_a_missing_runtime_folder(home: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _HOLD, str(home)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not AS_ROOT, reason="only as root PostgreSQL runs as another user")
class TestAsRoot:
    """PostgreSQL refuses to run as root, and gets a user that sees no more than it must."""

    def test_it_runs_as_its_own_user_in_folders_closed_to_others(self, home: Path) -> None:
        server = embedded.start(home)
        assert psutil.Process(server.pid).username() == USER
        assert home.stat().st_mode & 0o777 == 0o710
        assert embedded.data_folder(home).stat().st_mode & 0o777 == 0o700
        server.stop()

    def test_it_opens_no_folder_that_is_not_its_own(self, home: Path) -> None:
        with pytest.raises(ConfigError, match=f"may not enter {home}"):
            embedded.start(home / "data")
        assert home.stat().st_mode & 0o777 == 0o700
        assert list(home.iterdir()) == []

    def test_it_opens_nobodys_home(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        somebody = pwd.struct_passwd(("ann", "x", 1, 1, "", str(home), "/bin/sh"))
        monkeypatch.setattr(pwd, "getpwall", lambda: [somebody])
        with pytest.raises(ConfigError, match=f"may not enter {home}"):
            embedded.start(home)
        assert home.stat().st_mode & 0o777 == 0o700

    def test_programs_out_of_reach_are_copied(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("storage.embedded_files._open_to_all", lambda package: False)
        server = embedded.start(home)
        assert psutil.Process(server.pid).exe().startswith(str(home / "programs"))
        assert _answers(server.url)
        server.stop()
