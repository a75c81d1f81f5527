"""What everybody sees in Slack: messages as they first stood and as they stand, private ones, and forms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.signals import Signal
from benchmarks.slack import Sandbox

Json = dict[str, Any]
Place = tuple[str, str]
"""Channel and ts."""


class Eyes:
    """Kept up to date from the sandbox's frames."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.signal = Signal()
        self.first: dict[Place, Json] = {}
        """Each message as it was posted."""
        self.now: dict[Place, Json] = {}
        self._private: dict[str, dict[Place, Json]] = {}
        self._views: dict[str, dict[str, Json]] = {}

    async def see(self, frame: Json) -> None:
        """Take in one frame."""
        match frame["type"]:
            case "connected":
                await self._catch_up()
            case "message" | "message_changed":
                self._message(frame["channel"], frame["message"])
            case "ephemeral":
                message = frame["message"]
                self._private.setdefault(frame["user"], {})[message["channel"], message["ts"]] = message
            case "ephemeral_gone":
                self._private.get(frame["user"], {}).pop((frame["channel"], frame["ts"]), None)
            case "view_opened":
                self._views.setdefault(frame["user"], {})[frame["view_id"]] = frame["view"]
            case "view_closed":
                self._views.get(frame["user"], {}).pop(frame["view_id"], None)
        self.signal.notify()

    async def _catch_up(self) -> None:
        for channel, messages in (await self.sandbox.state())["messages"].items():
            for message in messages:
                self._message(channel, message)

    def _message(self, channel: str, message: Json) -> None:
        place = channel, message["ts"]
        self.first.setdefault(place, message)
        self.now[place] = message

    async def until(self, found: Callable[[], Any], seconds: float) -> Any:
        """What ``found`` gives as soon as it gives something; None in vain."""
        return await self.signal.until(lambda: found() or None, seconds)

    def shows(self, place: Place, words: str) -> bool:
        """Whether a message holds these words."""
        return words in json.dumps(self.now.get(place, {}).get("blocks"), ensure_ascii=False)

    def previews(self, user: str, thread_ts: str) -> list[Json]:
        """The private messages with Send that a person has in a thread, newest last."""
        return [
            message
            for message in self._private.get(user, {}).values()
            if message.get("thread_ts") == thread_ts and button(message, "reply_send")
        ]

    def whispers(self, user: str) -> list[str]:
        """What a person was told privately, newest last."""
        return [str(message.get("text")) for message in self._private.get(user, {}).values()]

    def view(self, user: str, callback: str) -> Json | None:
        """A person's open form of that name."""
        views = self._views.get(user, {}).values()
        return next((each for each in views if each.get("callback_id") == callback), None)

    def page(self, user: str, action: str) -> Json | None:
        """A person's open page that has this button."""
        views = self._views.get(user, {}).values()
        return next((each for each in views if button(each, action)), None)

    async def close_views(self, user: str) -> None:
        """Put away what is open before a person."""
        for view in list(self._views.get(user, {})):
            await self.sandbox.act(user, "close_view", view_id=view)
            self._views.get(user, {}).pop(view, None)


def buttons(message: Json) -> Iterator[Json]:
    """All buttons of a message or a page."""
    for block in message.get("blocks") or []:
        yield from block.get("elements") or [] if block["type"] == "actions" else []
        if "accessory" in block:
            yield block["accessory"]


def button(message: Json, action: str) -> Json | None:
    """That button, if there is one."""
    return next((each for each in buttons(message) if each.get("action_id") == action), None)
