"""What people in the workspace have before their eyes, kept up to date from the sandbox's frames."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from benchmarks.replay.audit import bare
from benchmarks.replay.threads import block_text, parts_of, small_print
from benchmarks.signals import Signal
from benchmarks.slack import Sandbox

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Landed:
    """Where a customer's message stands; ``at`` is monotonic seconds of its arrival in Slack."""

    channel: str
    thread_ts: str
    at: float


@dataclass(frozen=True, slots=True)
class Preview:
    """A private message with Send, shown to one person. ``state`` changes when the app changes it."""

    channel: str
    ts: str
    draft: str
    state: int


@dataclass(frozen=True, slots=True)
class Call:
    """People are asked what became of a reply: ``words`` are its beginning."""

    channel: str
    ts: str
    thread_ts: str
    words: str
    again: str | None
    """The value of *Send again*."""
    arrived: str | None
    """The value of *It arrived*, where that is a question."""


class Board:
    """The messages, private messages and forms that matter to the agents."""

    def __init__(self, sandbox: Sandbox, signal: Signal) -> None:
        self._sandbox = sandbox
        self._signal = signal
        self._landed: dict[str, Landed] = {}
        self._said: dict[tuple[str, str], dict[str, tuple[str, Landed]]] = {}
        self._roots: dict[tuple[str, str], Json] = {}
        self._calls: dict[tuple[str, str], Call] = {}
        self._private: dict[str, dict[tuple[str, str], tuple[int, Json]]] = {}
        self._views: dict[str, dict[str, Json]] = {}
        self._changes = 0
        self.users: list[Json] = []
        self.members: dict[str, set[str]] = {}
        self.bot_user = ""

    def landed(self, message_id: str) -> Landed | None:
        """Where the customer's message of that id stands, when it does."""
        return self._landed.get(message_id)

    def seen(self, thread: tuple[str, str]) -> set[str]:
        """The ids of what stands in a thread (channel, ts)."""
        return set(self._said.get(thread, {}))

    def written(self, thread: tuple[str, str], text: str, before: Collection[str]) -> Landed | None:
        """Where a message that begins as ``text`` stands in a thread, but for those seen ``before``."""
        for message_id, (beginning, landed) in self._said.get(thread, {}).items():
            if message_id not in before and beginning and text.startswith(beginning):
                return landed
        return None

    def thread_about(self, words: str) -> tuple[str, str] | None:
        """The thread (channel, ts) of the case whose card has these words in its title."""
        return next((place for place, root in self._roots.items() if words in str(root.get("text"))), None)

    def calls(self) -> list[Call]:
        """The questions what became of a reply that nobody has answered."""
        return list(self._calls.values())

    def previews(self, user: str, thread_ts: str, text: str) -> list[Preview]:
        """The previews of exactly this text with Send on them, newest first."""
        found = []
        for (channel, ts), (state, message) in self._private.get(user, {}).items():
            draft = button_value(message, "reply_send")
            if draft and message.get("thread_ts") == thread_ts and bare(_body(message)) == bare(text):
                found.append(Preview(channel, ts, draft, state))
        return sorted(found, key=lambda preview: preview.state, reverse=True)

    def is_unchanged(self, user: str, preview: Preview) -> bool:
        """Whether the private message still looks as it did."""
        now = self._private.get(user, {}).get((preview.channel, preview.ts))
        return now is not None and now[0] == preview.state

    def views(self, user: str) -> list[Json]:
        """The forms open before a person."""
        return list(self._views.get(user, {}).values())

    def root(self, channel: str, thread_ts: str) -> Json:
        """A thread's first message."""
        return self._roots[channel, thread_ts]

    async def see(self, frame: Json) -> None:
        """Take in one frame of the sandbox."""
        match frame["type"]:
            case "connected":
                await self._reload()
            case "message" | "message_changed":
                self._see_message(frame["channel"], frame["message"], frame["at"])
            case "ephemeral":
                self._see_private(frame["user"], frame["message"])
            case "ephemeral_gone":
                self._private.get(frame["user"], {}).pop((frame["channel"], frame["ts"]), None)
            case "view_opened":
                self._views.setdefault(frame["user"], {})[frame["view_id"]] = frame["view"]
            case "view_closed":
                self._views.get(frame["user"], {}).pop(frame["view_id"], None)
        self._signal.notify()

    async def _reload(self) -> None:
        state = await self._sandbox.state()
        self.users = state["users"]
        self.members = {channel["id"]: set(channel["members"]) for channel in state["channels"]}
        self.bot_user = next(user["id"] for user in self.users if user["is_bot"])
        for channel, messages in state["messages"].items():
            for message in messages:
                self._see_message(channel, message, message["accepted_at"])
        self._private.clear()
        self._views.clear()
        for user in self.users:
            if not user["is_bot"]:
                person = await self._sandbox.person(user["id"])
                for message in person["ephemerals"]:
                    self._see_private(user["id"], message)
                self._views[user["id"]] = {view["id"]: view for view in person["views"]}

    def _see_message(self, channel: str, message: Json, at: float) -> None:
        thread_ts = message.get("thread_ts") or message["ts"]
        if thread_ts == message["ts"]:
            self._roots[channel, thread_ts] = message
        for message_id, part, text in parts_of(message):
            if part == 0:
                landed = self._landed.setdefault(message_id, Landed(channel, thread_ts, at))
                said = self._said.setdefault((channel, thread_ts), {})
                said.setdefault(message_id, (text.strip(), landed))
        self._see_call(channel, thread_ts, message)

    def _see_call(self, channel: str, thread_ts: str, message: Json) -> None:
        place = channel, message["ts"]
        again = button_value(message, "delivery_again")
        if again is None:
            self._calls.pop(place, None)
            return
        arrived = button_value(message, "delivery_arrived")
        self._calls[place] = Call(*place, thread_ts, small_print(message), again, arrived)

    def _see_private(self, user: str, message: Json) -> None:
        self._changes += 1
        place = message["channel"], message["ts"]
        self._private.setdefault(user, {})[place] = (self._changes, message)


def button_value(message: Json, action_id: str) -> str | None:
    """The value of a message's button, if it has that button."""
    for block in message.get("blocks") or []:
        for element in block.get("elements") or []:
            if block["type"] == "actions" and element.get("action_id") == action_id:
                return str(element.get("value"))
    return None


def _body(message: Json) -> str:
    """The text that a preview shows between its heading and its buttons."""
    return "".join(block_text(b) for b in message.get("blocks") or [] if b["type"] == "rich_text").strip()
