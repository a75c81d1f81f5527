"""The running demo, as its ``demo.json`` describes it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

DEFAULT_UNDO_SECONDS = 3.0
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class NotReady(Exception):
    """Something the operator must do first; the message is the one sentence to show."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the demo. ``role`` is sandbox, bot, worker or database."""

    role: str
    pid: int
    address: str | None


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo is reached and with which secrets."""

    home: Path
    chat: tuple[str, ...]
    control: str
    control_secret: str
    site: str
    site_secret: str
    database_url: str
    undo_seconds: float
    processes: tuple[Process, ...]

    def of_role(self, *roles: str) -> list[Process]:
        """Its processes of these roles."""
        return [process for process in self.processes if process.role in roles]


def default_home() -> Path:
    """CX_HOME, or where the demo keeps its data without it."""
    if given := os.environ.get("CX_HOME"):
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/lib/cx-copilot")
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "cx-copilot"


def read_demo(home: Path) -> Demo:
    """The demo of that home; raises NotReady when there is none or its file is not a demo's."""
    path = home / "demo.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotReady(f"No demo is running: {path} does not exist. Start one with `cx demo`.") from None
    except (OSError, ValueError):
        raise NotReady(
            f"{path} cannot be read as a demo's file. Start the demo anew with `cx demo`."
        ) from None
    try:
        return _demo(home, raw)
    except (KeyError, TypeError, ValueError, IndexError, StopIteration):
        raise NotReady(f"{path} was not written by a demo. Start one with `cx demo`.") from None


def _demo(home: Path, raw: dict[str, Any]) -> Demo:
    addresses, secrets = raw["addresses"], raw["secrets"]
    site, site_secret = next(iter(secrets["sites"].items()))
    return Demo(
        home=home,
        chat=tuple(address.rstrip("/") for address in addresses["chat"]),
        control=addresses["control"].rstrip("/"),
        control_secret=secrets["control"],
        site=site,
        site_secret=site_secret,
        database_url=raw["database_url"],
        undo_seconds=float(raw.get("undo_seconds", DEFAULT_UNDO_SECONDS)),
        processes=tuple(
            Process(each["role"], int(each["pid"]), each.get("address")) for each in raw["processes"]
        ),
    )


def check_running(demo: Demo) -> None:
    """Raise NotReady unless the demo's processes live and everything is on this machine."""
    places = [*demo.chat, demo.control]
    if any(urlsplit(place).hostname not in _LOOPBACK for place in places):
        raise NotReady(
            f"{demo.home / 'demo.json'} names addresses of another machine; only a local demo is played with."
        )
    if not any(is_alive(process.pid) for process in demo.of_role("sandbox")):
        raise NotReady(f"The demo of {demo.home} is not running any more. Start it with `cx demo`.")


def check_killable(demo: Demo) -> None:
    """Raise NotReady unless every bot and worker that would be killed is a living process of the product."""
    targets = demo.of_role("bot", "worker")
    if not targets:
        raise NotReady("--kill is refused: the demo names no bot or worker process.")
    for process in targets:
        if not is_ours(process.pid):
            raise NotReady(
                f"--kill is refused: process {process.pid}, which {demo.home / 'demo.json'} calls a "
                f"{process.role}, is not a living process of the demo."
            )


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def is_ours(pid: int) -> bool:
    """Whether a living process was started as ``cx …`` or ``python -m bot.cli …``."""
    try:
        words = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return is_alive(pid) and any(word == "bot.cli" or Path(word).name in {"cx", "cli.py"} for word in words)
