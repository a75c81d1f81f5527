"""Starts the local Slack workspace as its own process and drives its control side."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.support.ports import free_port
from tests.support.prepared import Prepared

ROOT = Path(__file__).parents[2]
SECRET = "test-control"
BOT_TOKEN = "xoxb-test-bot"
APP_TOKEN = "xapp-test-app"

DEFAULT_WORKSPACE: dict[str, Any] = {
    "team": {"id": "T0SHOP", "name": "Northwind", "domain": "northwind"},
    "app": {
        "app_id": "A0COPILOT",
        "bot_id": "B0COPILOT",
        "bot_user_id": "U0COPILOT",
        "bot_name": "CX Copilot",
        "bot_token": BOT_TOKEN,
        "app_token": APP_TOKEN,
        "signing_secret": "test-signing",
    },
    "users": [
        {"id": "U0MAYA", "name": "maya", "real_name": "Maya Lindqvist", "title": "Support"},
        {"id": "U0TOM", "name": "tom", "real_name": "Tom Okafor", "title": "Support"},
        {"id": "U0ADA", "name": "ada", "real_name": "Ada Brandt", "title": "Head", "is_admin": True},
        {"id": "U0GUS", "name": "gus", "real_name": "Gus Guest", "title": "Carrier", "is_restricted": True},
    ],
    "usergroups": [{"id": "S0LEADS", "handle": "leads", "name": "Team leads", "users": ["U0ADA"]}],
    "channels": [
        {"id": "C0SUPPORT", "name": "support", "topic": "Customers who write to us"},
        {"id": "C0RETURNS", "name": "returns", "topic": "Things that come back"},
        {"id": "C0LOGISTICS", "name": "logistics", "topic": "Where parcels are", "members": ["U0TOM", "bot"]},
        {"id": "C0QUIET", "name": "quiet", "topic": "Without the app", "members": ["U0MAYA", "U0TOM"]},
        {"id": "C0SECRET", "name": "secret", "is_private": True, "members": ["U0MAYA", "bot"]},
    ],
}

DEFAULT_MANIFEST: dict[str, Any] = {
    "display_information": {"name": "CX Copilot"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "agent_view": {
            "agent_description": "Answers over cases",
            "suggested_prompts": [{"title": "My cases", "message": "What waits for me?"}],
        },
        "bot_user": {"display_name": "CX Copilot"},
        "slash_commands": [{"command": "/cx", "description": "Cases", "usage_hint": "status"}],
        "shortcuts": [
            {"name": "New case", "type": "global", "callback_id": "new_case", "description": "Opens a case"},
            {
                "name": "Send to customer",
                "type": "message",
                "callback_id": "send_to_customer",
                "description": "Sends this message",
            },
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "app_mentions:read",
                "assistant:write",
                "bookmarks:read",
                "bookmarks:write",
                "channels:history",
                "channels:join",
                "channels:manage",
                "channels:read",
                "chat:write",
                "chat:write.customize",
                "commands",
                "files:read",
                "files:write",
                "groups:history",
                "groups:read",
                "groups:write",
                "im:history",
                "im:read",
                "im:write",
                "pins:read",
                "pins:write",
                "reactions:read",
                "reactions:write",
                "usergroups:read",
                "usergroups:write",
                "users:read",
            ]
        }
    },
    "settings": {
        "event_subscriptions": {
            "bot_events": [
                "agent_session_stopped",
                "app_home_opened",
                "app_mention",
                "channel_archive",
                "channel_created",
                "channel_left",
                "channel_rename",
                "channel_shared",
                "channel_unarchive",
                "channel_unshared",
                "file_deleted",
                "file_shared",
                "member_joined_channel",
                "member_left_channel",
                "pin_added",
                "pin_removed",
                "message.channels",
                "message.groups",
                "message.im",
                "reaction_added",
                "reaction_removed",
                "subteam_created",
                "subteam_members_changed",
                "subteam_updated",
                "team_join",
                "user_change",
            ]
        },
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}


class SandboxProcess:
    """One sandbox in a folder of its own; `start` again after `kill` to see what survived.

    It keeps its port, so that clients find it again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        workspace: dict[str, Any] | None = None,
        manifest: dict[str, Any] | Path | None = None,
        limits: bool = False,
        retry_delays: str = "0,0.5,1",
        strict: bool = True,
    ) -> None:
        """`strict`: when it is over, no call may have been refused for its shape (see `expect_refusal`)."""
        self._strict = strict
        self._expected: list[tuple[str, str]] = []
        self.folder = folder
        self.port = free_port()
        self._limits = limits
        self._retry_delays = retry_delays
        self._process: Prepared | None = None
        self._session: aiohttp.ClientSession | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.workspace_file = folder / "workspace.json"
        self.workspace_file.write_text(json.dumps(workspace or DEFAULT_WORKSPACE), encoding="utf-8")
        if isinstance(manifest, Path):
            self.manifest_file = manifest
        else:
            self.manifest_file = folder / "manifest.yml"
            self.manifest_file.write_text(yaml.safe_dump(manifest or DEFAULT_MANIFEST), encoding="utf-8")

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL and `base_url` take."""
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def page_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def control_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/control"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def words(self) -> list[str]:
        """What follows ``python -m sandbox``."""
        ready = str(self.folder / "ready")
        files = ["--workspace", str(self.workspace_file), "--manifest", str(self.manifest_file)]
        where = ["--port", str(self.port), "--data", str(self.folder / "data"), "--ready-file", ready]
        how = ["--limits", "on" if self._limits else "off", "--retry-delays", self._retry_delays]
        return [*where, "--control-secret", SECRET, *files, *how]

    def command(self) -> list[str]:
        """How one starts it by hand."""
        return [sys.executable, "-m", "sandbox", *self.words()]

    def start(self) -> None:
        """Returns when it answers; raises RuntimeError with its complaint when it does not start."""
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        self._process = Prepared(
            "sandbox", self.words(), environment=os.environ, folder=ROOT, log=self.folder / "log"
        )
        deadline = time.monotonic() + 60
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text(encoding="utf-8"))
            time.sleep(0.01)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9: what it had not handed to the system is gone."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(10)

    async def close(self) -> None:
        """Stops the process and lets go of this side's connections.

        Fails the test when Slack would have refused a payload of the product for its shape.
        """
        if self._session is not None:
            await self._session.close()
            self._session = None
        self.stop()
        if self._strict:
            refused = refusals(self.folder / "data")
            assert [each for each in refused if (each["method"], each["error"]) not in self._expected] == []

    def expect_refusal(self, method: str, error: str) -> None:
        """This test means the product to be refused so."""
        self._expected.append((method, error))

    # ── control ──────────────────────────────────────────────────────────────────────────────────

    @property
    def session(self) -> aiohttp.ClientSession:
        """Carries the control secret."""
        if self._session is None:
            self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {SECRET}"})
        return self._session

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self.session.post(f"{self.control_url}/{path}", json=body) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def _get(self, path: str, **query: str | None) -> dict[str, Any]:
        params = {name: value for name, value in query.items() if value is not None}
        async with self.session.get(f"{self.control_url}/{path}", params=params) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def try_act(self, user: str, do: str, **details: Any) -> dict[str, Any]:
        """Acts as a person; the answer has `ok` and, if not, `error`."""
        return await self._post("act", {"as": user, "do": do, **details})

    async def act(self, user: str, do: str, **details: Any) -> dict[str, Any]:
        """Acts as a person; an act that does not work fails the test."""
        answer = await self.try_act(user, do, **details)
        assert answer["ok"], answer
        return answer

    async def state(self, channel: str | None = None, thread_ts: str | None = None) -> dict[str, Any]:
        return await self._get("state", channel=channel, thread_ts=thread_ts)

    async def messages(self, channel: str, thread_ts: str | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.state(channel, thread_ts))["messages"][channel]
        return found

    async def person(self, user: str) -> dict[str, Any]:
        """Ephemerals, open views and home of a person."""
        return await self._get("person", user=user)

    async def calls(self, after: int = 0) -> dict[str, Any]:
        return await self._get("calls", after=str(after))

    async def faults(self, *rules: dict[str, Any]) -> None:
        """Replaces the rules; none clears them."""
        answer = await self._post("faults", {"rules": list(rules)})
        assert answer["ok"], answer

    async def do(self, kind: str, **details: Any) -> dict[str, Any]:
        answer = await self._post("do", {"kind": kind, **details})
        assert answer["ok"], answer
        return answer

    async def request_url(self, url: str | None) -> None:
        """HTTP mode with this address, which must answer the handshake; None: sockets again."""
        answer = await self._post("request_url", {"url": url})
        assert answer["ok"], answer

    async def limits(self, on: bool) -> None:
        await self._post("limits", {"on": on})

    async def reset(self) -> None:
        await self._post("reset", {})

    def watch(self) -> Any:
        """An `async with` WebSocket on which every happening arrives as a frame."""
        return self.session.ws_connect(f"{self.control_url}/watch")


def refusals(data: Path) -> list[dict[str, Any]]:
    """What a sandbox with this data folder has refused for its shape, resets and kills included."""
    file = data / "refused.jsonl"
    return (
        [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    )


async def until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Waits for a condition (plain or async) to hold and returns what it returned."""
    import asyncio
    import inspect

    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {inspect.getsource(condition).strip()}")
        await asyncio.sleep(0.02)
