"""Starts the local model server as its own process and drives its control side."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.rig import PROJECT


class ModelServer:
    """One model server in a folder of its own; ``url`` is what OPENAI_BASE_URL and ``base_url`` take."""

    def __init__(self, folder: Path, *, script: Path | None = None) -> None:
        self.folder = folder
        self._script = ["--script", str(script)] if script else []
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        """Returns when it answers; raises RuntimeError with its complaint when it does not start."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ready, log = self.folder / "ready", self.folder / "log"
        ready.unlink(missing_ok=True)
        port = self.url.removesuffix("/v1").rpartition(":")[2] or "0"
        command = [
            sys.executable,
            "-m",
            "benchmarks.model_server",
            "--port",
            port,
            "--ready-file",
            str(ready),
        ]
        with log.open("ab") as screen:
            self._process = subprocess.Popen(
                [*command, *self._script], cwd=PROJECT, stdout=screen, stderr=screen
            )
        deadline = time.monotonic() + 60
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text(encoding="utf-8"))
            time.sleep(0.01)
        self.url = ready.read_text(encoding="utf-8").strip()

    def stop(self) -> None:
        """End the process; ``start`` brings it back at the same address, with nothing remembered."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)

    def ended(self, seconds: float = 10) -> int:
        """The exit status, once it has ended by itself."""
        if self._process is None:
            raise RuntimeError("it was not started")
        return self._process.wait(seconds)

    async def close(self) -> None:
        """Stop, and let go of this side's connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        self.stop()

    # ── control ──────────────────────────────────────────────────────────────────────────────────

    async def rules(self, *rules: dict[str, Any]) -> None:
        """Replaces the rules; none clears them."""
        await self._control("PUT", "rules", list(rules))

    async def outputs(self, *names: str) -> None:
        """The tools that are answers; none: the one that the last message names, else the only one."""
        await self._control("PUT", "outputs", list(names))

    async def default(self, mode: str, *words: str) -> None:
        """``plausible``, ``refuse`` or ``hostile``, which tries ``words`` among other things."""
        await self._control("PUT", "default", {"mode": mode, "words": list(words)})

    async def seed(self, seed: int) -> None:
        """Begins the hostile answers of this seed."""
        await self._control("PUT", "seed", {"seed": seed})

    async def requests(self) -> list[dict[str, Any]]:
        """All requests in order: ``path``, ``headers``, ``body``."""
        found: list[dict[str, Any]] = await self._control("GET", "requests")
        return found

    async def bodies(self) -> list[dict[str, Any]]:
        """The bodies of all requests, in order."""
        return [each["body"] for each in await self.requests()]

    async def forget_requests(self) -> None:
        await self._control("DELETE", "requests")

    async def forget_prompts(self) -> None:
        """Nothing is in the prompt cache any more."""
        await self._control("DELETE", "cache")

    async def usage(self) -> dict[str, int]:
        """Sums: ``calls``, ``prompt``, ``cached``, ``completion``, ``embeddings``, ``embedded``."""
        found: dict[str, int] = await self._control("GET", "usage")
        return found

    async def reset(self) -> None:
        """Everything as after a start, but for the sums and the prompt cache."""
        await self.rules()
        await self.outputs()
        await self.default("plausible")
        await self.seed(0)
        await self.forget_requests()

    async def end(self) -> None:
        """Asks the server to stop."""
        await self._control("POST", "stop")

    async def _control(self, method: str, path: str, body: object = None) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        address = f"{self.url.removesuffix('/v1')}/control/{path}"
        # As a stream: aiohttp warns of large bodies in one piece.
        data = None if body is None else io.BytesIO(json.dumps(body).encode())
        async with self._session.request(
            method, address, data=data, headers={"Content-Type": "application/json"}
        ) as response:
            answer = await response.json()
            if response.status != 200:
                raise RuntimeError(f"the model server refuses: {answer}")
            return answer


@asynccontextmanager
async def model_server(folder: Path, *, script: Path | None = None) -> AsyncIterator[ModelServer]:
    """A running model server."""
    server = ModelServer(folder, script=script)
    server.start()
    try:
        yield server
    finally:
        await server.close()
