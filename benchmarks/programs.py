"""The programs that are measured side by side: ours, a floor, and the stack used as it comes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import rig

CHANNELS = 8


@dataclass(frozen=True, slots=True)
class Program:
    """How one program is started."""

    name: str
    command: tuple[str, ...]
    needs_preview: bool
    """Whether a reply is a person's message that is sent by 📤 and Send (ours), or a button (references)."""


OURS = Program("cx run", ("-m", "bot.cli", "run"), needs_preview=True)
FLOOR = Program("floor", ("-m", "benchmarks.reference.floor"), needs_preview=False)
STACK = Program("stack as it comes", ("-m", "benchmarks.reference.stack"), needs_preview=False)
BOLT_ACK = Program("bare Bolt", ("-m", "benchmarks.reference.bolt_ack"), needs_preview=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where programs run: a folder, a sandbox, a database."""

    folder: Path
    slack: str
    database_url: str

    def environment(self, port: int) -> dict[str, str]:
        """What every program is told."""
        sites = [rig.site(number) for number in range(CHANNELS)]
        return {
            "CX_HOME": str(self.folder / "home"),
            "CX_CONFIG_DIR": str(self.folder / "config"),
            "CX_PORT": str(port),
            "CX_SECRET_KEY": "bench-secret",
            "CX_CHAT_SECRETS": ",".join(f"{site}={rig.SITE_SECRET}" for site in sites),
            "CX_CHAT_LIMITS": "false",
            "CX_UNDO_CHAT_SECONDS": "0",
            "CX_POST_INTERVAL_SECONDS": "0",
            "CX_MERGE": "false",
            "CX_LOG_LEVEL": "WARNING",
            "DATABASE_URL": self.database_url,
            "SLACK_API_URL": f"{self.slack}/api/",
            "SLACK_BOT_TOKEN": rig.BOT_TOKEN,
            "SLACK_APP_TOKEN": rig.APP_TOKEN,
            "SLACK_SIGNING_SECRET": rig.SIGNING_SECRET,
        }


def write_config(folder: Path, channels: int = CHANNELS) -> None:
    """One chat site for each channel."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    lines = ["sites:"]
    for number in range(channels):
        lines += [
            f"  - key: {rig.site(number)}",
            f"    title: Load {number}",
            "    greeting: Hello!",
            f"    slack_channel: load-{number}",
            '    allowed_origins: ["*"]',
        ]
    (config / "sites.yml").write_text("\n".join(lines) + "\n")


def migrate(place: Place) -> None:
    """Make our tables; raises DidNotStart with what the command said."""
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "migrate"],
        cwd=rig.PROJECT,
        env={**os.environ, **place.environment(1)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise rig.DidNotStart(f"cx migrate failed: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")


def start(
    program: Program,
    place: Place,
    *arguments: str,
    port: int | None = None,
    changes: Mapping[str, str] | None = None,
) -> rig.Running:
    """Start a program at ``place``; ``changes`` is environment that differs from the usual."""
    port = port or rig.free_port()
    return rig.spawn(
        program.name,
        [*program.command, *arguments],
        place.environment(port) | dict(changes or {}),
        place.folder / f"{program.name.replace(' ', '-')}.log",
        f"http://127.0.0.1:{port}",
    )
