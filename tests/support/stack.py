"""A whole company on this machine: sandbox, bot processes, database, and people who act."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

from tests.support.ports import free_port
from tests.support.prepared import Prepared
from tests.support.sandbox import APP_TOKEN, BOT_TOKEN, ROOT, SandboxProcess, until

SITE_SECRET = "site-secret"
CHANNEL = "C0SUPPORT"
AGENT = "U0MAYA"
GUEST = "U0GUS"


class BotProcess:
    """One `cx run` (or `cx worker`) as a process of its own."""

    def __init__(self, folder: Path, sandbox: SandboxProcess, database_url: str, **environment: str) -> None:
        self.database_url = database_url
        self.folder = folder
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("CX_", "SLACK_", "DATABASE_", "OPENAI_"))
        } | {
            "CX_HOME": str(folder),
            "CX_PORT": str(self.port),
            "DATABASE_URL": database_url,
            "SLACK_API_URL": sandbox.api_url,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "CX_SECRET_KEY": "a key for tests",
            "CX_CHAT_SECRETS": f"shop={SITE_SECRET},outlet={SITE_SECRET}",
            "CX_UNDO_CHAT_SECONDS": "0.3",
            "CX_POST_INTERVAL_SECONDS": "0",
            # All customers of a test write from one address.
            "CX_CHAT_LIMITS": "false",
            **environment,
        }
        self.process: Prepared | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self, *words: str) -> None:
        """Start it, without waiting."""
        self.process = Prepared(
            "bot.cli",
            words or ("run", "--no-worker"),
            environment=self.environment,
            folder=ROOT,
            log=self.folder / "log",
        )

    async def start(self) -> None:
        """Start the bot and wait until it serves."""
        self.launch()
        await self.until_serving()

    async def until_serving(self) -> None:
        """Wait until database and Slack are there."""
        async with aiohttp.ClientSession() as session:

            async def serves() -> bool:
                assert self.process is not None
                assert self.process.poll() is None, self.log()
                try:
                    async with session.get(f"{self.url}/healthz") as answer:
                        checks = (await answer.json())["checks"]
                        return bool(checks["database"] == checks["slack"] == "ok")
                except aiohttp.ClientError:
                    return False

            await until(serves, 60)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(15)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")


class Visitor:
    """A customer's browser: writes with client message ids, repeats what was not accepted."""

    def __init__(
        self, session: aiohttp.ClientSession, bots: list[BotProcess], token: str, site: str = "shop"
    ) -> None:
        self._chat = f"/chat/{site}"
        self._session = session
        self._bots = bots
        self._headers = {"Authorization": f"Bearer {token}"}
        self._turn = 0

    async def _request(self, method: str, path: str, **more: Any) -> Any:
        """The answer of any bot that is there; repeats until one accepts."""
        for _ in range(600):
            self._turn += 1
            url = self._bots[self._turn % len(self._bots)].url + path
            try:
                async with self._session.request(method, url, headers=self._headers, **more) as answer:
                    if answer.status == 200:
                        return await answer.json()
                    assert answer.status >= 500, (answer.status, await answer.text())
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.1)
        raise AssertionError(f"no bot accepts {path}")

    async def write(self, text: str, key: str | None = None, files: Sequence[str] = ()) -> dict[str, Any]:
        body = {"client_message_id": key or uuid4().hex, "text": text, "file_ids": list(files)}
        answer: dict[str, Any] = await self._request("POST", f"{self._chat}/messages", json=body)
        return answer

    async def upload(self, name: str, content: bytes) -> str:
        """Bring a file; its id."""
        for _ in range(600):
            self._turn += 1
            url = self._bots[self._turn % len(self._bots)].url + f"{self._chat}/files"
            form = aiohttp.FormData()
            form.add_field("file", content, filename=name)
            try:
                async with self._session.post(url, data=form, headers=self._headers) as answer:
                    if answer.status == 200:
                        return str((await answer.json())["file_id"])
                    assert answer.status >= 500, (answer.status, await answer.text())
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.1)
        raise AssertionError("no bot accepts the file")

    async def edit(self, key: str, text: str, number: int = 1) -> dict[str, Any]:
        """Change the message that was written under ``key``."""
        body = {"edit": number, "text": text}
        answer: dict[str, Any] = await self._request("PUT", f"{self._chat}/messages/{key}", json=body)
        return answer

    async def delete(self, key: str) -> dict[str, Any]:
        """Take back the message that was written under ``key``."""
        answer: dict[str, Any] = await self._request("DELETE", f"{self._chat}/messages/{key}")
        return answer

    @asynccontextmanager
    async def window(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """An open chat window that has been sent everything."""
        url = f"{self._bots[0].url}{self._chat}/ws"
        async with self._session.ws_connect(url) as socket:
            token = self._headers["Authorization"].removeprefix("Bearer ")
            await socket.send_json({"type": "hello", "token": token, "after": 0})
            while (await socket.receive_json())["type"] != "status":
                pass
            yield socket

    async def transcript(self) -> dict[str, Any]:
        """The whole conversation and how it stands."""
        messages: list[dict[str, Any]] = []
        while True:
            after = str(messages[-1]["seq"] if messages else 0)
            answer: dict[str, Any] = await self._request(
                "GET", f"{self._chat}/messages", params={"after": after}
            )
            messages += answer["messages"]
            if not answer["more"] or not answer["messages"]:
                return answer | {"messages": messages}

    async def texts(self) -> list[tuple[str, str]]:
        """(author, text) of everything on the customer's screen, in order."""
        return [(message["author"], message["text"]) for message in (await self.transcript())["messages"]]

    async def sees(self, *expected: tuple[str, str], seconds: float = 40) -> None:
        """Wait until the screen shows exactly this."""

        async def shown() -> bool:
            return await self.texts() == list(expected)

        try:
            await until(shown, seconds)
        except AssertionError:
            assert await self.texts() == list(expected)


class Company:
    """The people of the sandbox and the customers of the chat."""

    def __init__(self, sandbox: SandboxProcess, bots: list[BotProcess]) -> None:
        self.sandbox = sandbox
        self.bots = bots
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))

    async def visit(
        self, user: str = "c1", name: str = "Maria Kowalska", site: str = "shop", *, tries: int = 1
    ) -> Visitor:
        """A signed-in customer opens a new conversation; as often as told to try later, with ``tries``."""
        signature = hmac.new(SITE_SECRET.encode(), user.encode(), hashlib.sha256).hexdigest()
        visitor = {"user_id": user, "signature": signature, "name": name, "email": f"{user}@example.org"}
        body = {"visitor": visitor, "visitor_token": None, "new": True}
        while True:
            tries -= 1
            async with self.session.post(f"{self.bots[0].url}/chat/{site}/session", json=body) as answer:
                if answer.status == 503 and tries:
                    await asyncio.sleep(float(answer.headers["Retry-After"]))
                    continue
                assert answer.status == 200, await answer.text()
                return Visitor(self.session, self.bots, (await answer.json())["session_token"], site)

    async def stranger(self, site: str = "shop") -> Visitor:
        """Somebody whom nothing proves opens a conversation."""
        async with self.session.post(f"{self.bots[0].url}/chat/{site}/session", json={}) as answer:
            assert answer.status == 200, await answer.text()
            return Visitor(self.session, self.bots, (await answer.json())["session_token"], site)

    async def card(self, reference: str, seconds: float = 40) -> dict[str, Any]:
        """The root message of a case, once it is there."""

        async def posted() -> dict[str, Any] | None:
            return next(
                (
                    message
                    for message in await self.sandbox.messages(CHANNEL)
                    if message["text"].startswith(f"{reference} ")
                ),
                None,
            )

        found: dict[str, Any] = await until(posted, seconds)
        return found

    async def thread(self, root: str) -> list[str]:
        """What a reader sees in a thread under the card: customers' words, our talk, the app's lines."""
        messages = await self.sandbox.messages(CHANNEL, root)
        return [line for message in messages if message["ts"] != root for line in lines_of(message)]

    async def thread_shows(self, root: str, *expected: str, seconds: float = 40) -> None:
        """Wait until the thread holds exactly these lines."""

        async def shown() -> bool:
            return await self.thread(root) == list(expected)

        try:
            await until(shown, seconds)
        except AssertionError:
            assert await self.thread(root) == list(expected)

    async def reply(self, root: str, text: str, agent: str = AGENT) -> str:
        """Write in the thread, put 📤 on it, press Send; returns the message's ts."""
        posted = await self.sandbox.act(agent, "post", channel=CHANNEL, text=text, thread_ts=root)
        ts = str(posted["ts"])
        await self.sandbox.act(agent, "react", channel=CHANNEL, ts=ts, name="outbox_tray")
        preview = await self.preview(agent, root, text)
        await self.sandbox.act(agent, "click", channel=CHANNEL, ts=preview["ts"], action_id="reply_send")
        return ts

    async def previews(self, agent: str, root: str, text: str) -> list[dict[str, Any]]:
        """The private previews of ``text`` in a thread that show Send, oldest first."""
        return [
            message
            for message in (await self.sandbox.person(agent))["ephemerals"]
            if message.get("thread_ts") == root
            and text in json.dumps(message, ensure_ascii=False)
            and "reply_send" in buttons(message)
        ]

    async def preview(
        self,
        agent: str,
        root: str,
        text: str,
        seconds: float = 40,
        newer_than: Sequence[dict[str, Any]] = (),
    ) -> dict[str, Any]:
        """The newest private preview of ``text`` in a thread that waits for Send and is not an older one."""
        older = {message["ts"] for message in newer_than}

        async def there() -> dict[str, Any] | None:
            shown = [each for each in await self.previews(agent, root, text) if each["ts"] not in older]
            return shown[-1] if shown else None

        found: dict[str, Any] = await until(there, seconds)
        return found

    async def whispered(self, agent: str, words: str) -> None:
        """Wait until the agent has privately been told something."""

        async def told() -> bool:
            return words in json.dumps((await self.sandbox.person(agent))["ephemerals"], ensure_ascii=False)

        await until(told, 30)

    async def open_form(self, root: str, agent: str = AGENT) -> str:
        """Press Close on the card; returns the form's id."""
        await self.sandbox.act(agent, "click", channel=CHANNEL, ts=root, action_id="case_close")

        async def opened() -> str | None:
            views = (await self.sandbox.person(agent))["views"]
            return str(views[-1]["id"]) if views else None

        found: str = await until(opened, 30)
        return found

    async def submit(self, view: str, agent: str = AGENT, **fields: str) -> dict[str, Any]:
        """Submit the closing form."""
        values = {block: {block: value} for block, value in ({"how": "tell"} | fields).items()}
        return await self.sandbox.act(agent, "submit", view_id=view, values=values)


def buttons(message: dict[str, Any]) -> list[str]:
    """The action ids of a message's buttons."""
    return [
        element["action_id"]
        for block in message.get("blocks", [])
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def lines_of(message: dict[str, Any]) -> list[str]:
    """One line per thing said in a message: each rich_text block of the app, or the message's text."""
    rich = [
        "".join(piece.get("text", "") for part in block["elements"] for piece in part["elements"])
        for block in message.get("blocks") or []
        if block["type"] == "rich_text"
    ]
    who = message.get("username") or ("app" if message.get("bot_id") else message["user"])
    if message.get("bot_id") and rich:
        return [f"{who}: {text}" for text in rich]
    return [f"{who}: {message['text']}"]


def without_roles(folder: Path) -> str:
    """A CX_CONFIG_DIR that names no roles, so that everybody is an agent, also where CX_DEMO is on."""
    config = folder / "config"
    config.mkdir()
    shutil.copy(ROOT / "config" / "sites.yml", config)
    return str(config)


@asynccontextmanager
async def company(
    folder: Path,
    database_url: str,
    *,
    replicas: int = 1,
    limits: bool = False,
    workspace: dict[str, Any] | None = None,
    **environment: str,
) -> AsyncIterator[Company]:
    """Sandbox and bots, started and stopped."""
    sandbox = SandboxProcess(
        folder / "slack", workspace=workspace, manifest=ROOT / "manifest.yml", limits=limits
    )
    sandbox.start()
    bots = [
        BotProcess(folder / f"bot{number}", sandbox, database_url, **environment)
        for number in range(replicas)
    ]
    shop = Company(sandbox, bots)
    try:
        for bot in bots:
            await bot.start()
        yield shop
    finally:
        for bot in bots:
            bot.stop()
        await shop.session.close()
        await sandbox.close()
