"""Keeping a process running, with small programs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.children import Child
from bot.demo.plan import Spec
from tests.support.demo import alive
from tests.support.sandbox import until

STAY = "import time; time.sleep(60)"
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""
FAIL = "import sys; sys.exit('no such thing')"


class Kept:
    """A child that is kept, and how often the world was told of a change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.changes = 0
        self.child: Child | None = None
        self.keeping: asyncio.Task[None] | None = None

    def _changed(self) -> None:
        self.changes += 1

    async def start(self, program: str, *, role: str = "bot") -> Child:
        spec = Spec("one", role, [sys.executable, "-c", program], dict(os.environ))
        self.child = Child(spec, self.folder, self._changed)
        await self.child.start()
        self.keeping = asyncio.create_task(self.child.keep())
        return self.child


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    holder = Kept(tmp_path)
    yield holder
    if holder.child:
        await holder.child.stop()
    if holder.keeping:
        await holder.keeping


def pid_of(child: Child) -> int:
    assert child.pid is not None
    return child.pid


async def test_a_killed_one_is_back_at_once(kept: Kept) -> None:
    child = await kept.start(STAY)
    first = pid_of(child)
    begun = time.monotonic()
    os.kill(first, signal.SIGKILL)
    await until(lambda: pid_of(child) != first)
    assert time.monotonic() - begun < 0.5
    assert kept.changes == 2


async def test_a_killed_sandbox_is_too(kept: Kept) -> None:
    child = await kept.start(STAY, role="sandbox")
    first = pid_of(child)
    os.kill(first, signal.SIGKILL)
    await until(lambda: pid_of(child) != first)


async def test_one_that_gives_up_is_tried_with_growing_pauses(kept: Kept) -> None:
    child = await kept.start(FAIL)
    begun = time.monotonic()
    await until(lambda: child.started == 4, 10)
    assert time.monotonic() - begun > 0.0 + 0.25 + 0.5


async def test_one_that_gives_up_is_reported_with_its_last_words(kept: Kept) -> None:
    child = await kept.start(FAIL)
    await child.ended()
    assert child.gave_up
    assert child.failure().sentence == f"one does not start: no such thing (log: {child.log})"


async def test_stopping_ends_it_for_good(kept: Kept) -> None:
    child = await kept.start(STAY)
    await child.stop()
    assert kept.keeping is not None
    await asyncio.wait_for(kept.keeping, 1)
    assert not alive(pid_of(child))


async def test_one_that_does_not_listen_is_killed(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.demo.children.STOP_SECONDS", 0.3)
    child = await kept.start(DEAF)
    await until(lambda: "deaf" in child.log.read_text())
    await child.stop()
    assert not alive(pid_of(child))
