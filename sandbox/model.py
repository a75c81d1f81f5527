"""The nouns of the workspace. A message keeps Slack's own JSON; what others add to it is kept beside it."""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class User:
    """A person, or the app's own bot user. `team`: the workspace of somebody from outside."""

    id: str
    name: str
    real_name: str
    title: str = ""
    tz: str = "Europe/Berlin"
    locale: str = "en-US"
    email: str = ""
    color: str = ""
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    deleted: bool = False
    team: str | None = None
    updated: int = 0


# What a seed or a test may set of a person.
USER_KEYS = (
    "real_name",
    "title",
    "tz",
    "locale",
    "email",
    "color",
    "is_admin",
    "is_restricted",
    "is_ultra_restricted",
    "deleted",
    "team",
)


@dataclass(slots=True)
class Usergroup:
    """A user group, which Slack's events call a subteam. Times are seconds since 1970; 0: never."""

    id: str
    handle: str
    name: str
    description: str = ""
    users: list[str] = field(default_factory=list)
    created: int = 0
    updated: int = 0
    disabled: int = 0


@dataclass(slots=True, eq=False)
class Message:
    """A stored message.

    `body` is what Slack returns for it, metadata included, without thread counters and reactions.
    `accepted_at` and `readable_at` are monotonic seconds; before `readable_at` history hides it.
    """

    channel: str
    ts: str
    body: Json
    accepted_at: float
    readable_at: float = 0.0
    thread_ts: str | None = None
    replies: "list[Message]" = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)

    def __lt__(self, other: "Message") -> bool:
        return self.ts < other.ts

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def user(self) -> str | None:
        author = self.body.get("user")
        return str(author) if author else None


@dataclass(slots=True, eq=False)
class Channel:
    """A public or private channel, or a direct message with the app (`is_im`, `peer`).

    `partners`: other workspaces that share the channel (Slack Connect).
    """

    id: str
    name: str
    topic: str = ""
    purpose: str = ""
    is_private: bool = False
    is_archived: bool = False
    peer: str | None = None
    created: int = 0
    creator: str = ""
    partners: list[str] = field(default_factory=list)
    previous_names: list[str] = field(default_factory=list)
    pins: dict[str, dict[str, Any]] = field(default_factory=dict)
    bookmarks: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, None] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    top: list[Message] = field(default_factory=list)
    last_micros: int = 0

    @property
    def is_im(self) -> bool:
        return self.peer is not None

    @property
    def is_ext_shared(self) -> bool:
        return bool(self.partners)

    @property
    def kind(self) -> str:
        """Slack's `channel_type`."""
        if self.is_im:
            return "im"
        return "group" if self.is_private else "channel"

    @property
    def family(self) -> str:
        """The word in scopes and event names: channels, groups or im."""
        return {"im": "im", "group": "groups", "channel": "channels"}[self.kind]

    def next_ts(self, micros: int) -> str:
        """A ts never given before in this channel, near `micros` (microseconds since 1970)."""
        self.last_micros = max(micros, self.last_micros + 1)
        seconds, rest = divmod(self.last_micros, 1_000_000)
        return f"{seconds}.{rest:06d}"

    def add(self, message: Message) -> None:
        """Puts a message where history and its thread will find it."""
        self.messages[message.ts] = message
        if message.is_reply and message.thread_ts is not None:
            root = self.messages.get(message.thread_ts)
            if root is not None:
                root.replies.append(message)
        if not message.is_reply or message.body.get("subtype") == "thread_broadcast":
            insort(self.top, message)

    def drop(self, message: Message) -> None:
        """Removes a message that leaves no tombstone."""
        del self.messages[message.ts]
        if message in self.top:
            self.top.remove(message)
        if message.is_reply and message.thread_ts in self.messages:
            self.messages[message.thread_ts].replies.remove(message)

    def readable(self, now: float) -> Iterator[Message]:
        """Top-level messages, newest first."""
        return (message for message in reversed(self.top) if message.readable_at <= now)
