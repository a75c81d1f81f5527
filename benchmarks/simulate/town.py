"""The company's processes, started for one week, killed now and then, and stopped."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psutil
from aiohttp import ClientError, ClientSession, ClientTimeout

from benchmarks import rig
from benchmarks.programs import OURS, Place, Program, migrate, start
from benchmarks.simulate import world

WORKER = Program("cx worker", ("-m", "bot.cli", "worker"), needs_preview=False)
_AGAIN = ("-m", "benchmarks.simulate.again")
_LOOK_SECONDS = 0.1
_SOON_SECONDS = (0.2, 1.5)
"""A process is killed so long after all serve, at least and at most."""
_START_SECONDS = 120.0


@dataclass
class Town:
    """All processes of the company. ``to_kill`` of them are killed, ``kills`` counts those that were."""

    place: Place
    replicas: int
    workers: int
    http: ClientSession
    to_kill: int = 0
    running: list[rig.Running] = field(default_factory=list)
    kills: int = 0
    recoveries: list[float] = field(default_factory=list)
    """Seconds from each kill until all served again."""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def addresses(self) -> list[str]:
        """Of the replicas."""
        return [each.address for each in self.running[: self.replicas]]

    async def start(self) -> None:
        """Start all of them, and wait until the replicas serve."""
        for number in range(self.replicas):
            self.running.append(self._launch(number))
        await self._all_serve()
        for number in range(self.replicas, self.replicas + self.workers):
            self.running.append(self._launch(number))
        self._tasks.append(asyncio.create_task(self._supervise()))

    def _launch(self, number: int, port: int | None = None) -> rig.Running:
        changes = {
            "CX_DEMO": "1",
            "CX_CLOCK_TOKEN": world.CLOCK_TOKEN,
            "CX_SURVEYS": "true",
            "CX_MERGE": "true",
            "CX_TIME_ZONE": str(world.ZONE),
            "CX_HOME": str(self.place.folder / f"home-{number}"),
        }
        program, words = (OURS, ["--no-worker"]) if number < self.replicas else (WORKER, [])
        command = (*_AGAIN, *program.command[1:]) if self.to_kill else program.command
        named = Program(f"{program.name} {number}", command, needs_preview=False)
        return start(named, self.place, *words, port=port, changes=changes)

    async def _supervise(self) -> None:
        """Start again what ended."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for number, each in enumerate(self.running):
                if each.process.poll() is not None:
                    port = int(each.address.rsplit(":", 1)[1])
                    self.running[number] = self._launch(number, port)

    def begin_to_kill(self, rng: random.Random) -> None:
        """From now on kill one process after the other, each when all of them serve."""
        self._tasks.append(asyncio.create_task(self._kill(rng)))

    async def _kill(self, rng: random.Random) -> None:
        while self.kills < self.to_kill:
            await asyncio.sleep(rng.uniform(*_SOON_SECONDS))
            killed_at = time.monotonic()
            self.kills += await asyncio.to_thread(_strike, rng.choice(self.running))
            await self._all_serve()
            self.recoveries.append(time.monotonic() - killed_at)

    async def suffer(self, share: float) -> None:
        """Wait until so large a share of the kills has come, so that they are spread over the week.

        Raises DidNotStart when those stop coming, because a killed replica serves no more.
        """
        while self.kills < int(self.to_kill * share):
            for task in self._tasks:
                if task.done():
                    await task
            await asyncio.sleep(_LOOK_SECONDS)

    async def _all_serve(self) -> None:
        """Wait until all replicas serve; raises DidNotStart."""
        deadline = time.monotonic() + _START_SECONDS
        while silent := await self._silent():
            if time.monotonic() > deadline:
                raise rig.DidNotStart(f"A replica does not serve: {silent[0].last_words()}")
            await asyncio.sleep(_LOOK_SECONDS)

    async def _silent(self) -> list[rig.Running]:
        """The replicas that do not serve now."""
        return [each for each in self.running[: self.replicas] if not await self._serves(each.address)]

    async def _serves(self, address: str) -> bool:
        try:
            async with self.http.get(f"{address}/healthz", timeout=ClientTimeout(total=2)) as answer:
                # A worker that is missing, or was killed, makes nobody wait: the replicas do without.
                checks = (await answer.json())["checks"]
                return bool(checks["database"] == checks["slack"] == "ok")
        except (ClientError, TimeoutError, OSError, KeyError, ValueError):
            return False

    async def quiet(self) -> None:
        """No more kills, and everything serves."""
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks[1:], return_exceptions=True)
        await self._all_serve()

    async def stop(self) -> None:
        """Stop everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for each in self.running:
            await asyncio.to_thread(each.stop)


def _strike(victim: rig.Running) -> bool:
    """SIGKILL for a program and its children at once; what stands behind it starts it again.

    False where there is nothing to kill.
    """
    try:
        family = victim.tree()[1:]
        for each in family:
            each.kill()
    except psutil.Error:
        return False
    psutil.wait_procs(family, timeout=5)
    return bool(family)


@asynccontextmanager
async def town(
    http: ClientSession, place: Place, replicas: int, workers: int, kills: int
) -> AsyncIterator[Town]:
    """The company at work in a sandbox and an (already prepared) database; ``begin_to_kill`` comes later."""
    made = Town(place, replicas, workers, http, kills)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


__all__ = ["Town", "migrate", "town"]
