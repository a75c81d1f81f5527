"""What the demo consists of: ports, secrets, processes and the environment of each."""

from __future__ import annotations

import json
import os
import secrets as random
import sys
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import manifest, parent
from bot.demo import state
from bot.settings import PROJECT_DIR
from cases.errors import ConfigError

HOST = "127.0.0.1"
SITE = "shop"
MAILBOX = "support"
SOURCE = "phone"
SHOP_CONFIG = PROJECT_DIR / "config" / "demo"


@dataclass(frozen=True, slots=True)
class Options:
    """What ``cx demo`` was asked for."""

    home: Path
    port: int = 8300
    replicas: int = 1
    workers: int = 1
    ready_file: Path | None = None
    fresh: bool = False
    undo_seconds: float = 3.0
    limits: bool = True
    database_url: str | None = None
    http: bool = False
    """Slack's requests come over HTTP, not by Socket Mode."""

    @property
    def data(self) -> Path:
        """The demo's own folder: it alone is removed by ``--fresh``, never what ``cx run`` keeps."""
        return self.home / "demo"

    @property
    def logs(self) -> Path:
        """Where the processes write their logs."""
        return self.data / "logs"

    def ports(self) -> list[int]:
        """The ports of the bots; between the first and the others lies the sandbox's."""
        return [self.port, *(self.port + 1 + replica for replica in range(1, self.replicas))]

    def ports_taken(self) -> list[int]:
        """All that the demo listens at."""
        front = [self.front_port] if self.http else []
        return [*self.ports(), self.sandbox_port, *front, *(self.carriers_ports if self.carried else ())]

    @property
    def sandbox_port(self) -> int:
        """The port of Slack's page and API."""
        return self.port + 1

    @property
    def front_port(self) -> int:
        """The port to which Slack sends its requests in HTTP mode: the one after the bots'."""
        return self.port + 1 + self.replicas

    @property
    def carried(self) -> bool:
        """Whether mails and text messages are the demo's own: not where CX_CONFIG_DIR brings channels."""
        given = os.environ.get("CX_CONFIG_DIR")
        names = ("mailboxes.yml", "sources.yml")
        return not given or not any((Path(given) / "demo" / name).exists() for name in names)

    @property
    def carriers_ports(self) -> tuple[int, int, int]:
        """The ports of the customers' mailboxes and phones: HTTP, IMAP, SMTP."""
        first = self.front_port + 1
        return first, first + 1, first + 2


@dataclass(frozen=True, slots=True)
class Spec:
    """A process to keep running."""

    name: str
    role: str
    command: Sequence[str]
    environment: Mapping[str, str]
    address: str | None = None


def url(port: int) -> str:
    """The address of a port of this machine."""
    return f"http://{HOST}:{port}"


def make_secrets(path: Path) -> dict[str, str]:
    """The demo's secrets, made at its first start and kept, so that a restart keeps sessions valid."""
    kept = _kept_secrets(path)
    names = ("control", "site", "signing", "key", "team", "mail")
    made = {name: random.token_hex(24) for name in names}
    made |= {"bot_token": f"xoxb-{random.token_hex(24)}", "app_token": f"xapp-1-{random.token_hex(24)}"}
    made |= {"phone": f"whsec_{b64encode(random.token_bytes(32)).decode()}"}
    if made.keys() - kept.keys():
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_text(json.dumps(made | kept))
        new.replace(path)
    return made | kept


def _kept_secrets(path: Path) -> dict[str, str]:
    """Those of earlier starts; a demo of an older version has not all of them."""
    try:
        kept: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        raise ConfigError(f"{path} is damaged; remove it, or start with --fresh.") from None
    return kept


def addresses(options: Options) -> state.Addresses:
    """Where people and programs will reach the demo."""
    slack = url(options.sandbox_port)
    return state.Addresses(
        slack=f"{slack}/",
        shop=f"{url(options.port)}/demo/",
        chat=[url(port) for port in options.ports()],
        slack_api=f"{slack}/api/",
        control=f"{slack}/control",
    )


def workspace(secrets: Mapping[str, str]) -> dict[str, Any]:
    """The seed of the Slack workspace, with this demo's tokens in it."""
    seed: dict[str, Any] = json.loads((SHOP_CONFIG / "workspace.json").read_text())
    tokens = {"bot_token": secrets["bot_token"], "app_token": secrets["app_token"]}
    seed["app"] |= tokens | {"signing_secret": secrets["signing"]}
    return seed


def app_manifest(options: Options) -> dict[str, Any]:
    """The manifest with which the app is installed in the sandbox."""
    return manifest.delivered_to(url(options.front_port)) if options.http else manifest.read()


def environment(options: Options, secrets: Mapping[str, str], database_url: str) -> dict[str, str]:
    """What bots and workers see: of the operator's environment only what is not about a real workspace."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "CX_"))}
    pacing = {} if options.limits else {"CX_POST_INTERVAL_SECONDS": "0", "CX_CHAT_LIMITS": "false"}
    passed = {name: value for name, value in os.environ.items() if name in _FROM_OUTSIDE}
    return (
        ours
        | pacing
        | passed
        | {
            "CX_HOME": str(options.data),
            "CX_HOST": HOST,
            "CX_PUBLIC_URL": url(options.port),
            "CX_COMPANY": "Harbour & Hill",
            "CX_DEMO": "true",
            "CX_CLOCK_TOKEN": secrets["control"],
            "CX_SECRET_KEY": secrets["key"],
            "CX_CHAT_SECRETS": f"{SITE}={secrets['site']}",
            "CX_UNDO_CHAT_SECONDS": str(options.undo_seconds),
            "CX_UNDO_MAIL_SECONDS": str(options.undo_seconds),
            "DATABASE_URL": database_url,
            "SLACK_API_URL": addresses(options).slack_api,
            "SLACK_BOT_TOKEN": secrets["bot_token"],
            "SLACK_APP_TOKEN": secrets["app_token"],
            "SLACK_SIGNING_SECRET": secrets["signing"],
            parent.PARENT: str(os.getpid()),
        }
        | (_channels(options, secrets) if options.carried else {})
    )


def _channels(options: Options, secrets: Mapping[str, str]) -> dict[str, str]:
    """Where bots and workers find the demo's own mails and text messages."""
    return {
        "CX_MAIL_SECRETS": f"{MAILBOX}={secrets['mail']}",
        "CX_API_SECRETS": f"{SOURCE}={secrets['phone']}",
        "CX_CARRIERS": str(options.data),
        "CX_CARRIERS_URL": url(options.carriers_ports[0]),
    }


_FROM_OUTSIDE = frozenset(
    [
        "CX_CONFIG_DIR",
        "CX_LOG_LEVEL",
        "CX_POST_INTERVAL_SECONDS",
        "CX_POST_BURST",
        "CX_MERGE",
        "CX_CHAT_LIMITS",
        "CX_SESSION_HOURS",
        "CX_SURVEYS",
        "CX_SURVEY_MINUTES",
        "CX_SURVEY_HOURS",
        "CX_MAX_FILE_MB",
        "CX_CRASH_AT",
        "CX_MAIL_SECRETS",
        "CX_API_SECRETS",
    ]
)


def sandbox(options: Options, secrets: Mapping[str, str]) -> Spec:
    """The local Slack workspace."""
    arguments = {
        "--port": str(options.sandbox_port),
        "--data": str(options.data / "sandbox"),
        "--control-secret": secrets["control"],
        "--workspace": str(options.data / "workspace.json"),
        "--manifest": str(options.data / "manifest.yml"),
        "--limits": "on" if options.limits else "off",
    }
    words = [word for pair in arguments.items() for word in pair]
    return Spec(
        "sandbox",
        "sandbox",
        [sys.executable, "-m", "sandbox", *words],
        dict(os.environ),
        url(options.sandbox_port),
    )


def bots(options: Options, shared: Mapping[str, str]) -> list[Spec]:
    """The replicas of ``cx run``, each on its own port."""
    command = [sys.executable, "-m", "bot.cli", "run", "--no-worker", *(["--http"] if options.http else [])]
    return [
        Spec(f"bot-{place}", "bot", command, {**shared, "CX_PORT": str(port)}, url(port))
        for place, port in enumerate(options.ports(), 1)
    ]


def workers(options: Options, shared: Mapping[str, str]) -> list[Spec]:
    """The workers."""
    command = [sys.executable, "-m", "bot.cli", "worker"]
    return [Spec(f"worker-{place}", "worker", command, shared) for place in range(1, options.workers + 1)]
