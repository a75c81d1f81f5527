"""A running workspace with an unmodified Bolt app in it, and people to act as."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.conformance.verdicts import Wrong
from benchmarks.conformance.workspace import APP_TOKEN, BOT_TOKEN, MANIFEST, SIGNING_SECRET, WORKSPACE

CONTROL_SECRET = "conformance-control"
START_SECONDS = 20.0
WAIT_SECONDS = 5.0
ANY = re.compile(".*")


class World:
    """What a check may use."""

    def __init__(self, address: str, session: aiohttp.ClientSession, ack_seconds: float) -> None:
        self.ack_seconds = ack_seconds
        self.address = address
        self.api_url = f"{address}api/"
        self.session = session
        self.client = self.another_client()
        self.app = self.bolt()
        self.heard: list[dict[str, Any]] = []
        self.acted: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, dict[str, Any]] = {}

    def another_client(self, token: str = BOT_TOKEN, **more: Any) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=self.api_url, retry_handlers=[], **more)

    def bolt(self) -> AsyncApp:
        """A Bolt app that keeps everything it hears, and answers as a check says (`answers`)."""
        app = AsyncApp(
            name="conformance",
            client=self.another_client(),
            signing_secret=SIGNING_SECRET,
            ignoring_self_events_enabled=False,
            request_verification_enabled=True,
        )
        app.event(ANY)(self._hear)
        for kind in ("action", "view", "view_closed", "shortcut", "command", "options"):
            getattr(app, kind)(ANY)(self._take(kind))
        return app

    async def _hear(self, body: dict[str, Any]) -> None:
        self.heard.append(body)

    def _take(self, kind: str) -> Callable[..., Awaitable[None]]:
        async def take(ack: Any, body: dict[str, Any]) -> None:
            self.acted.append((kind, body))
            await ack(**self.answers.get(kind, {}))

        return take

    # ── control ──────────────────────────────────────────────────────────────────────────────────

    async def control(self, path: str, **body: Any) -> dict[str, Any]:
        async with self.session.post(f"{self.address}control/{path}", json=body) as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def look(self, path: str, **query: str) -> dict[str, Any]:
        async with self.session.get(f"{self.address}control/{path}", params=query) as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def act(self, person: str, do: str, **details: Any) -> dict[str, Any]:
        """Acts as a person; raises Wrong when that does not work."""
        answer = await self.control("act", **{"as": person, "do": do, **details})
        if not answer["ok"]:
            raise Wrong(f"{do} answers {answer}")
        return answer

    async def do(self, kind: str, **details: Any) -> dict[str, Any]:
        answer = await self.control("do", kind=kind, **details)
        if not answer["ok"]:
            raise Wrong(f"{kind} answers {answer}")
        return answer

    async def faults(self, *rules: dict[str, Any]) -> None:
        answer = await self.control("faults", rules=list(rules))
        if not answer["ok"]:
            raise Wrong(f"faults answers {answer}")

    async def messages(self, channel: str, thread_ts: str = "") -> list[dict[str, Any]]:
        narrowed = {"thread_ts": thread_ts} if thread_ts else {}
        found: list[dict[str, Any]] = (await self.look("state", channel=channel, **narrowed))["messages"][
            channel
        ]
        return found

    async def person(self, person: str) -> dict[str, Any]:
        return await self.look("person", user=person)

    # ── what comes back ──────────────────────────────────────────────────────────────────────────

    async def refused(self, call: Awaitable[Any], error: str) -> dict[str, Any]:
        """The answer of a call that Slack refuses with `error`; raises Wrong for anything else."""
        try:
            answer = await call
        except SlackApiError as problem:
            data = problem.response.data
            if not isinstance(data, dict) or data.get("error") != error:
                raise Wrong(f"answers {data!r} instead of {error}") from problem
            return data
        raise Wrong(f"accepts it ({answer.data!r}) instead of {error}")

    async def event(self, type_: str, **fields: Any) -> dict[str, Any]:
        """The first event of this type with these fields, once the app has heard it."""
        return dict((await self.body(type_, **fields))["event"])

    async def body(self, type_: str, **fields: Any) -> dict[str, Any]:
        """The same with its wrapper."""

        def fits(event: dict[str, Any]) -> bool:
            return event["type"] == type_ and all(event.get(key) == value for key, value in fields.items())

        def found() -> dict[str, Any] | None:
            return next((body for body in self.heard if fits(body["event"])), None)

        return dict(await self.until(found, f"the event {type_} {fields or ''}"))

    async def until(self, found: Callable[[], Any], what: str, seconds: float = WAIT_SECONDS) -> Any:
        """What `found` (plain or async) returns as soon as that is truthy; raises Wrong when it never is."""
        deadline = time.monotonic() + seconds
        while True:
            value = found()
            if inspect.isawaitable(value):
                value = await value
            if value:
                return value
            if time.monotonic() > deadline:
                raise Wrong(f"{what} did not come within {seconds:g} s")
            await asyncio.sleep(0.01)

    async def fresh(self, *, limits: bool) -> None:
        """As at the start."""
        await self.control("limits", on=limits)
        await self.control("reset")
        self.heard.clear()
        self.acted.clear()
        self.answers.clear()


@asynccontextmanager
async def world(folder: Path, ack_seconds: float) -> AsyncIterator[World]:
    """Starts the sandbox in `folder` and connects the app over Socket Mode."""
    process = _start(folder, ack_seconds)
    try:
        address = await _ready(process, folder)
        headers = {"Authorization": f"Bearer {CONTROL_SECRET}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            there = World(address, session, ack_seconds)
            handler = AsyncSocketModeHandler(there.app, APP_TOKEN, ping_interval=1)
            await handler.connect_async()  # type: ignore[no-untyped-call]
            try:
                yield there
            finally:
                await handler.close_async()  # type: ignore[no-untyped-call]
    finally:
        process.terminate()
        process.wait(10)


def _start(folder: Path, ack_seconds: float) -> subprocess.Popen[bytes]:
    (folder / "workspace.json").write_text(json.dumps(WORKSPACE), encoding="utf-8")
    (folder / "manifest.yml").write_text(json.dumps(MANIFEST), encoding="utf-8")
    files = ["--workspace", str(folder / "workspace.json"), "--manifest", str(folder / "manifest.yml")]
    where = ["--port", "0", "--data", str(folder / "data"), "--ready-file", str(folder / "ready")]
    how = ["--control-secret", CONTROL_SECRET, "--retry-delays", "0,0.2,0.4"]
    how += ["--ack-seconds", str(ack_seconds)]
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "sandbox", *where, *files, *how]
        return subprocess.Popen(command, stdout=log, stderr=log)


async def _ready(process: subprocess.Popen[bytes], folder: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while not (folder / "ready").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((folder / "log").read_text(encoding="utf-8"))
        await asyncio.sleep(0.02)
    return (folder / "ready").read_text(encoding="utf-8").strip()
