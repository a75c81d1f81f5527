"""One sandbox for all tests here, emptied before each; tests that kill it start their own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.support.sandbox import APP_TOKEN, BOT_TOKEN, DEFAULT_MANIFEST, SandboxProcess, until


@pytest.fixture(scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("sandbox"), strict=False)
    process.start()
    yield process
    await process.close()


@pytest.fixture
async def sandbox(running: SandboxProcess) -> SandboxProcess:
    await running.limits(False)
    await running.reset()
    return running


@pytest.fixture
def client(sandbox: SandboxProcess) -> AsyncWebClient:
    return AsyncWebClient(token=BOT_TOKEN, base_url=sandbox.api_url)


HEARD = sorted(
    {event.partition(".")[0] for event in DEFAULT_MANIFEST["settings"]["event_subscriptions"]["bot_events"]}
)


class Listening:
    """A Bolt app that keeps the body of every event it hears."""

    def __init__(self, app: AsyncApp) -> None:
        self.app = app
        self.heard: list[dict[str, Any]] = []

    async def until(self, *types: str) -> None:
        """Waits for at least one event of each type; the SDK's workers may hear them in any order."""
        await until(lambda: {body["event"]["type"] for body in self.heard} >= set(types))

    def events(self, type_: str, subtype: str | None = None) -> list[dict[str, Any]]:
        """In the order in which they happened; the SDK's workers may hear them in another one."""
        events = (body["event"] for body in self.heard)
        found = [each for each in events if each["type"] == type_ and each.get("subtype") == subtype]
        return sorted(found, key=lambda each: str(each["event_ts"]))


async def connect(app: AsyncApp, sandbox: SandboxProcess, stack: AsyncExitStack) -> AsyncSocketModeHandler:
    """Connects a Bolt app over Socket Mode and returns when the sandbox has it."""
    before = (await sandbox.state())["connections"]
    handler = AsyncSocketModeHandler(app, APP_TOKEN, ping_interval=1)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    stack.push_async_callback(handler.close_async)

    async def connected() -> bool:
        return bool((await sandbox.state())["connections"] > before)

    await until(connected)
    return handler


def bolt_app(sandbox: SandboxProcess) -> AsyncApp:
    web = AsyncWebClient(token=BOT_TOKEN, base_url=sandbox.api_url)
    return AsyncApp(name="test", client=web, ignoring_self_events_enabled=False)


Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]


@pytest.fixture
async def online(sandbox: SandboxProcess) -> AsyncIterator[Connect]:
    """Connects apps for one test."""
    async with AsyncExitStack() as stack:

        async def bring(app: AsyncApp) -> AsyncSocketModeHandler:
            return await connect(app, sandbox, stack)

        yield bring

    async def gone() -> bool:
        return bool((await sandbox.state())["connections"] == 0)

    await until(gone)


@pytest.fixture
async def listening(sandbox: SandboxProcess, online: Connect) -> Listening:
    """A connected app that hears everything, its own doings included."""
    app = bolt_app(sandbox)
    listening = Listening(app)

    async def keep(body: dict[str, Any]) -> None:
        listening.heard.append(body)

    for type_ in HEARD:
        app.event(type_)(keep)
    await online(app)
    return listening


@pytest.fixture
def fresh_folder(tmp_path: Path) -> Path:
    return tmp_path / "sandbox"
