"""``demo.json``: what runs where, for people and programs that want to talk to the running demo."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

NAME = "demo.json"


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the demo; ``role`` is sandbox, mail, bot, worker or database."""

    role: str
    pid: int
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where people and programs reach the demo."""

    slack: str
    shop: str
    chat: Sequence[str]
    """One for each bot replica."""
    slack_api: str
    control: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """What opens the doors of this demo (and of nothing else)."""

    control: str
    sites: Mapping[str, str]
    signing: str
    bot_token: str
    app_token: str
    mailboxes: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Demo:
    """The content of ``demo.json``."""

    addresses: Addresses
    secrets: Secrets
    database_url: str
    team: Mapping[str, str]
    """Slack channel names → ids."""
    undo_seconds: float
    supervisor: int
    """Process id of ``cx demo`` itself."""
    processes: Sequence[Process] = field(default=())


def write(path: Path, demo: Demo) -> None:
    """Replace the file at once, readable only by its owner: a reader sees the old state or the new one."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(demo), file, indent=1)
        file.write("\n")
    new.replace(path)


def read(path: Path) -> Demo | None:
    """The demo of that file; None when there is none or it cannot be read."""
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Demo(
            addresses=Addresses(**raw.pop("addresses")),
            secrets=Secrets(**raw.pop("secrets")),
            processes=[Process(**each) for each in raw.pop("processes")],
            **raw,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def running(home: Path) -> Demo | None:
    """The demo that runs on this data folder now."""
    demo = read(home / NAME)
    return demo if demo and is_ours(demo.supervisor, "demo") else None


def is_ours(pid: int, word: str) -> bool:
    """Whether a living process was started with ``word`` among its arguments by this product."""
    try:
        process = psutil.Process(pid)
        words = process.cmdline()
        return (
            process.status() != psutil.STATUS_ZOMBIE
            and word in words
            and any(
                part in {"bot.cli", "sandbox", "carriers"} or Path(part).name in {"cx", "cli.py"}
                for part in words
            )
        )
    except psutil.Error:
        return False


def as_settings(demo: Demo, data: Path) -> dict[str, object]:
    """The settings (by field name) with which a command acts on the demo that runs in ``data``."""
    return {
        "database_url": demo.database_url,
        "slack_api_url": demo.addresses.slack_api,
        "slack_bot_token": SecretStr(demo.secrets.bot_token),
        "slack_app_token": SecretStr(demo.secrets.app_token),
        "slack_signing_secret": SecretStr(demo.secrets.signing),
        "chat_secrets": dict(demo.secrets.sites),
        "mail_secrets": dict(demo.secrets.mailboxes),
        "api_secrets": dict(demo.secrets.sources),
        "carriers": data if demo.secrets.mailboxes else None,
        "demo": True,
        "clock_token": SecretStr(demo.secrets.control),
    }
