"""Processes that are kept running: one that dies is started again."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from pathlib import Path

from bot import parent
from bot.demo.plan import Spec
from cases.errors import Unavailable

STOP_SECONDS = 5.0
_QUICK_SECONDS = 1.0
_APART = frozenset({"sandbox", "mail"})
_PAUSES = (0.0, 0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds before the next start after so many quick deaths in a row."""


class Child:
    """One process of the demo and its successors."""

    def __init__(self, spec: Spec, logs: Path, changed: Callable[[], None]) -> None:
        self.spec = spec
        self.log = logs / f"{spec.name}.log"
        self.pid: int | None = None
        self.started = 0
        """How often it has been started."""
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._stop = asyncio.Event()

    async def start(self) -> None:
        """Start it once; ``keep`` restarts it from then on."""
        # Our own programs follow this process by themselves; what stands apart knows nothing of us.
        command = parent.leash(self.spec.command) if self.spec.role in _APART else self.spec.command
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                env=dict(self.spec.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.pid = self._process.pid
        self.started += 1
        self._changed()

    async def keep(self) -> None:
        """Start it again whenever it ends: at once, but with growing pauses when it does not stay up."""
        quick = 0
        while True:
            begun = time.monotonic()
            code = await self.ended()
            if self._stop.is_set():
                return
            # A killed process is wanted back at once; one that gives up by itself will do so again.
            failing = code > 0 or time.monotonic() - begun < _QUICK_SECONDS
            quick = quick + 1 if failing else 0
            pause = _PAUSES[min(max(quick - 1, 0), len(_PAUSES) - 1)]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause)
                return
            await self.start()

    async def ended(self) -> int:
        """Wait for its end; returns its exit status (negative: the signal that killed it)."""
        assert self._process is not None
        return await self._process.wait()

    @property
    def gave_up(self) -> bool:
        """Whether it ended by itself, with an error."""
        return self._process is not None and (self._process.returncode or 0) > 0

    async def restart(self, spec: Spec) -> None:
        """End it politely and start it again as ``spec`` says."""
        self.spec = spec
        await self._end()
        await self.start()

    async def stop(self) -> None:
        """End it for good: politely, and after 5 s by force."""
        self._stop.set()
        await self._end()

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await process.wait()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def failure(self) -> Unavailable:
        """Why it does not run, with the last words of its log."""
        words = self.log.read_text(errors="replace").strip().splitlines()
        last = f": {words[-1]}" if words else ""
        return Unavailable(f"{self.spec.name} does not start{last} (log: {self.log})")
