"""``cx demo`` as people start it: a process of its own, in a data folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from storage import embedded
from tests.support.ports import free_ports
from tests.support.sandbox import ROOT, refusals


class DemoProcess:
    """One ``cx demo``; ``start`` again after ``stop`` or ``kill`` to see what is left."""

    def __init__(self, *words: str, replicas: int = 1) -> None:
        # Short, because the database's socket lies in it.
        self.home = Path(tempfile.mkdtemp(prefix="cx-", dir="/tmp"))
        self.port = free_ports(replicas + 5)
        self.ready_file = self.home / "ready.json"
        self._words = [*words, "--replicas", str(replicas)]
        self._process: subprocess.Popen[str] | None = None
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CX_", "SLACK_", "DATABASE_", "OPENAI_"))
        } | {"CX_HOME": str(self.home), "COLUMNS": "200"}

    def command(self, *more: str) -> list[str]:
        return [sys.executable, "-m", "bot.cli", "demo", "--port", str(self.port), *self._words, *more]

    def start(self, *more: str, seconds: float = 90) -> None:
        """Start it and wait until everything answers."""
        self.ready_file.unlink(missing_ok=True)
        command = self.command("--ready-file", str(self.ready_file), *more)
        with (self.home / "screen").open("w") as screen:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=screen, stderr=screen, text=True
            )
        deadline = time.monotonic() + seconds
        while not self.ready_file.exists():
            assert self._process.poll() is None, self.screen()
            assert time.monotonic() < deadline, f"{self.screen()}\n{self.logs()}"
            time.sleep(0.05)

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        """Another ``cx demo`` on the same data folder, to its end."""
        return subprocess.run(
            self.command(*more),
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """As Ctrl-C does; returns the exit status."""
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(30)

    def kill(self) -> None:
        """kill -9 of the supervisor alone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def screen(self) -> str:
        return (self.home / "screen").read_text()

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in (self.home / "demo" / "logs").glob("*.log"))

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / "demo.json").read_text())
        return found

    def pids(self, role: str) -> list[int]:
        return [each["pid"] for each in self.state()["processes"] if each["role"] == role]

    def left(self) -> list[str]:
        """Processes that still belong to this demo."""
        mine = []
        for process in psutil.process_iter(["cmdline", "status"]):
            words = process.info["cmdline"] or []
            if process.info["status"] != psutil.STATUS_ZOMBIE and any(
                str(self.home) in word for word in words
            ):
                mine.append(" ".join(words))
        return mine

    def get(self, address: str) -> str:
        with urllib.request.urlopen(address, timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    def control(self, path: str) -> dict[str, Any]:
        """Ask the sandbox's control side."""
        state = self.state()
        bearer = {"Authorization": f"Bearer {state['secrets']['control']}"}
        request = urllib.request.Request(f"{state['addresses']['control']}/{path}", headers=bearer)
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def clock(self) -> dict[str, Any]:
        """How the demo's clock stands."""
        found: dict[str, Any] = json.loads(self.get(f"{self.state()['addresses']['shop']}clock"))
        return found

    def turn(self, seconds: float) -> None:
        """Have the clock turned forward."""
        state = self.state()
        bearer = {"Authorization": f"Bearer {state['secrets']['control']}"}
        body = json.dumps({"by": seconds}).encode()
        address = f"{state['addresses']['shop']}clock"
        urllib.request.urlopen(urllib.request.Request(address, body, bearer), timeout=10).close()

    def remove(self) -> None:
        """End what still runs, and its data. Fails when Slack would have refused a payload for its shape."""
        if self._process is not None and self._process.poll() is None:
            self.stop()
        refused = refusals(self.home / "demo" / "sandbox")
        embedded.stop_leftover(self.home / "demo")
        shutil.rmtree(self.home)
        assert refused == []


def alive(pid: int) -> bool:
    """Whether a process runs."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
