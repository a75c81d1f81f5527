"""A company of a replay's own, for channels that must be named before it starts: a ``cx demo`` with a mailbox
and a source of the channel API, in a data folder that is gone afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from benchmarks.demo import Demo, NotReady, read_demo
from benchmarks.replay.mails import ADDRESS
from benchmarks.replay.post import PASSWORD, SERVER, PostOffice
from benchmarks.replay.system import KEY, OtherSystem
from benchmarks.rig import PROJECT, free_ports
from benchmarks.signals import Signal

_START_SECONDS = 180
_STOP_SECONDS = 30
_PORTS = 12
"""A demo takes one for each of at most nine bots, and two more."""
_SLACK_CHANNEL = "support"


@dataclass(frozen=True, slots=True)
class House:
    """The company, and who carries its customers' words."""

    demo: Demo
    office: PostOffice
    system: OtherSystem


@asynccontextmanager
async def open_house(
    http: ClientSession, notified: Signal, faults: random.Random | None, words: Sequence[str]
) -> AsyncIterator[House]:
    """Start it all, ``words`` are for ``cx demo``; raises NotReady when it does not start."""
    secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
    office, system = PostOffice(notified, faults), OtherSystem(http, secret, notified, faults)
    home = Path(tempfile.mkdtemp(prefix="cxr-", dir="/tmp"))
    try:
        async with office.running(), system.running():
            _write_config(home / "config", office, system)
            async with _demo(home, secret, words) as demo:
                yield House(demo, office, system)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _write_config(folder: Path, office: PostOffice, system: OtherSystem) -> None:
    """The demo's own files, and the two that name our channels. JSON is YAML, too."""
    shutil.copytree(PROJECT / "config" / "demo", folder / "demo")
    shutil.copy(PROJECT / "config" / "sites.yml", folder)
    (folder / "demo" / "mailboxes.yml").write_text(json.dumps({"mailboxes": [_mailbox(office)]}))
    source = {
        "key": KEY,
        "title": "Other system",
        "slack_channel": _SLACK_CHANNEL,
        "deliver_to": f"http://127.0.0.1:{system.port}/replies",
    }
    (folder / "demo" / "sources.yml").write_text(json.dumps({"sources": [source]}))


def _mailbox(office: PostOffice) -> dict[str, Any]:
    here = {"host": "127.0.0.1", "security": "none", "user": ADDRESS}
    return {
        "key": KEY,
        "address": ADDRESS,
        "name": "Harbour & Hill",
        "slack_channel": _SLACK_CHANNEL,
        "imap": {"port": office.imap_port} | here,
        "smtp": {"port": office.smtp_port} | here,
        "authserv_ids": [SERVER],
        "receipts": False,
        "signature": "Harbour & Hill\nQuay 4, Bristol",
    }


@asynccontextmanager
async def _demo(home: Path, secret: str, words: Sequence[str]) -> AsyncIterator[Demo]:
    process = _start(home, secret, words)
    try:
        for _ in range(_START_SECONDS * 10):
            if _is_ready(home, process):
                break
            await asyncio.sleep(0.1)
        else:
            raise NotReady(f"The company did not start in {_START_SECONDS} seconds.")
        yield read_demo(home)
    finally:
        await asyncio.to_thread(_stop, process)


def _start(home: Path, secret: str, words: Sequence[str]) -> subprocess.Popen[bytes]:
    ports = ["--port", str(free_ports(_PORTS))]
    command = [sys.executable, "-m", "bot.cli", "demo", *ports, *words, "--ready-file", str(home / "ready")]
    with (home / "screen").open("w") as out:
        return subprocess.Popen(
            command,
            cwd=PROJECT,
            env=_environment(home, secret),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


def _is_ready(home: Path, process: subprocess.Popen[bytes]) -> bool:
    """Whether everything answers; raises NotReady when it has ended."""
    if process.poll() is not None:
        said = (home / "screen").read_text(errors="replace").strip().splitlines()
        raise NotReady(f"The company did not start: {said[-1] if said else 'it said nothing'}")
    return (home / "ready").exists()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _environment(home: Path, secret: str) -> dict[str, str]:
    """The caller's environment without what is about a company of theirs."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CX_", "SLACK_", "DATABASE_", "OPENAI_"))
    }
    return kept | {
        "CX_HOME": str(home),
        "CX_CONFIG_DIR": str(home / "config"),
        "CX_MAIL_SECRETS": f"{KEY}={PASSWORD}",
        "CX_API_SECRETS": f"{KEY}={secret}",
    }
