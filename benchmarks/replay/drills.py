"""What goes wrong on purpose during a replay: kills, faults of Slack, cut connections."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from benchmarks.demo import Demo, NotReady, check_killable, check_running, is_ours, read_demo
from benchmarks.replay.customer import Customer
from benchmarks.slack import Sandbox

if TYPE_CHECKING:
    from benchmarks.replay.post import PostOffice

RECOVERY_SECONDS = 120.0
CUT_EVERY_SECONDS = 15.0
GONE_SECONDS = 10
_POSTING = ("chat.postMessage", "chat.update", "chat.postEphemeral", "reactions.add")


def fault_rules() -> list[dict[str, Any]]:
    """Slack on a bad day: a few per cent of everything."""
    calls = [
        {"kind": kind, "method": method, "probability": 0.04}
        for kind in ("drop_reply", "error_429", "error_500")
        for method in _POSTING
    ]
    return [
        *calls,
        {"kind": "duplicate_delivery", "probability": 0.05},
        {"kind": "swallow_ack", "probability": 0.03},
    ]


async def cause_faults(
    sandbox: Sandbox, customers: Collection[Customer], rng: random.Random, office: PostOffice | None
) -> None:
    """Until cancelled, let Slack's calls fail and cut connections now and then.

    The app's to Slack and to its mailbox, and those of customers.
    """
    await sandbox.faults(fault_rules())
    try:
        while True:
            await asyncio.sleep(rng.uniform(0.7, 1.3) * CUT_EVERY_SECONDS)
            await sandbox.disconnect_sockets()
            if office is not None:
                office.hang_up()
            for customer in list(customers):
                customer.cut()
    finally:
        await sandbox.faults([])


async def keep_looking(home: Path) -> None:
    """Raise NotReady when the demo has ended; a sandbox that is being restarted gets a few seconds."""
    missed = 0
    while True:
        await asyncio.sleep(1.0)
        try:
            check_running(read_demo(home))
            missed = 0
        except NotReady as error:
            missed += 1
            if missed > GONE_SECONDS:
                raise NotReady(f"The demo ended during the replay. {error}") from None


class Killer:
    """Kills bots and workers with SIGKILL, one after the other has come back."""

    def __init__(
        self, home: Path, kills: int, http: ClientSession, rng: random.Random, on_kill: Callable[[], None]
    ) -> None:
        self._home = home
        self._left = kills
        self._http = http
        self._rng = rng
        self._on_kill = on_kill
        self.done = 0
        self.recovery: list[float] = []
        """Seconds from each kill until all were healthy again."""

    @property
    def spent(self) -> bool:
        """Whether no more kills will come: all have been recovered from, or one could not be."""
        return self._left == 0

    async def run(self) -> None:
        """Spend all kills; raises NotReady when a process does not come back."""
        try:
            while self._left:
                await asyncio.sleep(self._rng.uniform(0.5, 3.0))
                await self._kill_one()
                self._left -= 1
        finally:
            self._left = 0

    async def _kill_one(self) -> None:
        demo = read_demo(self._home)
        check_killable(demo)
        target = self._rng.choice(demo.of_role("bot", "worker"))
        killed_at = time.monotonic()
        os.kill(target.pid, signal.SIGKILL)
        self.done += 1
        self._on_kill()
        while not await self._is_healthy(len(demo.of_role(target.role)), target.role, target.pid):
            if time.monotonic() - killed_at > RECOVERY_SECONDS:
                raise NotReady(
                    f"After {self.done} kills a {target.role} did not come back in {RECOVERY_SECONDS:.0f} s."
                )
            await asyncio.sleep(0.1)
        self.recovery.append(time.monotonic() - killed_at)

    async def _is_healthy(self, count: int, role: str, killed: int) -> bool:
        try:
            demo = read_demo(self._home)
        except NotReady:
            return False
        pids = {process.pid for process in demo.of_role(role)}
        if killed in pids or len(pids) < count or not all(is_ours(pid) for pid in pids):
            return False
        return all([await self._answers(address) for address in demo.chat])

    async def _answers(self, address: str) -> bool:
        try:
            async with self._http.get(f"{address}/healthz", timeout=ClientTimeout(total=2)) as response:
                return response.status == 200
        except (ClientError, TimeoutError):
            return False


def living_addresses(home: Path, fallback: Demo) -> Callable[[], tuple[str, ...]]:
    """The bots' addresses as ``demo.json`` has them now: a restarted bot may have another."""

    def addresses() -> tuple[str, ...]:
        try:
            return read_demo(home).chat
        except NotReady:
            return fallback.chat

    return addresses
