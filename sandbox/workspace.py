"""The state of the workspace. Every change goes through here and into the journal; nobody is told here."""

import re
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson

from sandbox.config import Seed
from sandbox.journal import Journal
from sandbox.model import USER_KEYS, Channel, Json, Message, User, Usergroup

CHANNEL_KEYS = (
    "id",
    "name",
    "topic",
    "purpose",
    "is_private",
    "is_archived",
    "peer",
    "created",
    "creator",
    "partners",
    "previous_names",
    "pins",
    "bookmarks",
    "last_micros",
)


class Workspace:
    """People, channels and messages; built from the seed, then from the journal."""

    def __init__(self, seed: Seed, journal: Journal) -> None:
        self.seed = seed
        self.app = seed.app
        self.team = seed.team
        self._journal = journal
        self.token: str | None = None
        self.old_tokens: list[str] = []
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, Usergroup] = {}
        self.files: dict[str, Json] = {}
        self.uploads: dict[str, Json] = {}
        self.scheduled: dict[str, Json] = {}
        self.marks: dict[tuple[str, str], str] = {}
        self._seed()
        for entry in journal.entries():
            self._replay(entry)
        journal.rewrite(self._snapshot())

    def reset(self) -> None:
        """Back to the seed; what was written is gone."""
        self.users.clear()
        self.channels.clear()
        self.usergroups.clear()
        self.files.clear()
        self.uploads.clear()
        self.scheduled.clear()
        self.marks.clear()
        self._seed()
        self._journal.rewrite(self._snapshot(), durable=False)

    def _seed(self) -> None:
        self.token = self.app.bot_token or None
        self.old_tokens.clear()
        for raw in self.seed.users:
            person = User(id=raw["id"], name=raw["name"], real_name=raw["name"])
            for key in USER_KEYS:
                if raw.get(key) is not None:
                    setattr(person, key, raw[key])
            person.email = person.email or f"{person.name}@{self.team['domain']}.example"
            self.users[person.id] = person
        bot = self.app.bot_user_id
        self.users[bot] = User(
            id=bot, name=_handle(self.app.bot_name), real_name=self.app.bot_name, is_bot=True
        )
        for raw in self.seed.usergroups:
            users = list(raw.get("users") or [])
            text, now = raw.get("description") or "", int(time.time())
            group = Usergroup(raw["id"], raw["handle"], raw["name"], text, users, created=now, updated=now)
            self.usergroups[group.id] = group
        for raw in self.seed.channels:
            members = raw.get("members", [*(user["id"] for user in self.seed.users), "bot"])
            self.channels[raw["id"]] = Channel(
                id=raw["id"],
                name=raw["name"],
                topic=raw.get("topic") or "",
                purpose=raw.get("purpose") or "",
                partners=list(raw.get("partners") or []),
                is_private=bool(raw.get("is_private")),
                created=int(time.time()),
                members={
                    (bot if member == "bot" else member): None
                    for member in members
                    if self.token or member != "bot"
                },
            )

    # ── journal ──────────────────────────────────────────────────────────────────────────────────

    def _replay(self, entry: Json) -> None:
        match entry["op"]:
            case "post":
                self._store(entry["channel"], entry["body"], entry["at"])
            case "edit":
                self.channels[entry["channel"]].messages[entry["ts"]].body = entry["body"]
            case "drop":
                channel = self.channels[entry["channel"]]
                channel.drop(channel.messages[entry["ts"]])
            case "react":
                self._message(entry).reactions.setdefault(entry["name"], []).append(entry["user"])
            case "unreact":
                _take(self._message(entry).reactions, entry["name"], entry["user"])
            case "channel":
                self._replay_channel(entry["channel"])
            case "install":
                self.token, self.old_tokens = entry["token"], entry["old_tokens"]
            case "user":
                self.users[entry["user"]["id"]] = User(**entry["user"])
            case "usergroup":
                self.usergroups[entry["usergroup"]["id"]] = Usergroup(**entry["usergroup"])
            case "mark":
                self.marks[entry["user"], entry["channel"]] = entry["ts"]
            case "file":
                self._file(entry["file"])
            case "scheduled":
                self.scheduled[entry["message"]["id"]] = entry["message"]
            case "unscheduled":
                self.scheduled.pop(entry["id"], None)
            case "upload":
                self.uploads[entry["upload"]["id"]] = entry["upload"]

    def _message(self, entry: Json) -> Message:
        return self.channels[entry["channel"]].messages[entry["ts"]]

    def _replay_channel(self, raw: Json) -> None:
        channel = self.channels.get(raw["id"])
        if channel is None:
            channel = self.channels[raw["id"]] = Channel(id=raw["id"], name=raw["name"])
        channel.members = dict.fromkeys(raw.pop("members"))
        for key, value in raw.items():
            setattr(channel, key, value)

    def _snapshot(self) -> Iterator[Json]:
        yield {"op": "install", "token": self.token, "old_tokens": self.old_tokens}
        for person in self.users.values():
            if person.updated:
                yield {"op": "user", "user": asdict(person)}
        for group in self.usergroups.values():
            yield {"op": "usergroup", "usergroup": asdict(group)}
        for channel in self.channels.values():
            yield {"op": "channel", "channel": _channel_entry(channel)}
            for message in sorted(channel.messages.values(), key=lambda each: each.ts):
                yield {"op": "post", "channel": channel.id, "at": message.accepted_at, "body": message.body}
                for name, users in message.reactions.items():
                    for user in users:
                        where = {"channel": channel.id, "ts": message.ts}
                        yield {"op": "react", **where, "name": name, "user": user}
        for (user, channel_id), ts in self.marks.items():
            yield {"op": "mark", "user": user, "channel": channel_id, "ts": ts}
        for file in self.files.values():
            yield {"op": "file", "file": file}
        for waiting in self.scheduled.values():
            yield {"op": "scheduled", "message": waiting}
        for upload in self.uploads.values():
            yield {"op": "upload", "upload": upload}

    # ── changes ──────────────────────────────────────────────────────────────────────────────────

    def post(self, channel: Channel, body: Json, at: float) -> tuple[Message, bytes]:
        """Stores a message, under the ts it gets here unless it has one; returns it with its JSON."""
        if "ts" not in body:
            body["ts"] = channel.next_ts(time.time_ns() // 1000)
        raw = orjson.dumps(body)
        self._journal.append({"op": "post", "channel": channel.id, "at": at, "body": orjson.Fragment(raw)})
        return self._store(channel.id, body, at), raw

    def _store(self, channel_id: str, body: Json, at: float) -> Message:
        channel = self.channels[channel_id]
        ts: str = body["ts"]
        seconds, _, micros = ts.partition(".")
        channel.last_micros = max(channel.last_micros, int(seconds) * 1_000_000 + int(micros))
        message = Message(channel_id, ts, body, at, thread_ts=body.get("thread_ts"))
        channel.add(message)
        return message

    def edit(self, message: Message, body: Json) -> None:
        message.body = body
        self._journal.append({"op": "edit", "channel": message.channel, "ts": message.ts, "body": body})

    def drop(self, message: Message) -> None:
        self.channels[message.channel].drop(message)
        self._journal.append({"op": "drop", "channel": message.channel, "ts": message.ts})

    def react(self, message: Message, name: str, user: str) -> bool:
        """False when this person had reacted so before."""
        users = message.reactions.setdefault(name, [])
        if user in users:
            return False
        users.append(user)
        where = {"channel": message.channel, "ts": message.ts}
        self._journal.append({"op": "react", **where, "name": name, "user": user})
        return True

    def unreact(self, message: Message, name: str, user: str) -> bool:
        """False when there was no such reaction."""
        if user not in message.reactions.get(name, ()):
            return False
        _take(message.reactions, name, user)
        where = {"channel": message.channel, "ts": message.ts}
        self._journal.append({"op": "unreact", **where, "name": name, "user": user})
        return True

    def save_channel(self, channel: Channel) -> None:
        """Keeps a channel's name, topic, members and archived flag as they are now."""
        self.channels[channel.id] = channel
        self._journal.append({"op": "channel", "channel": _channel_entry(channel)})

    def save_token(self, token: str | None) -> None:
        """The app is installed with this token, or not any more."""
        if self.token and self.token != token:
            self.old_tokens.append(self.token)
        self.token = token
        self._journal.append({"op": "install", "token": token, "old_tokens": self.old_tokens})

    def save_user(self, user: User) -> None:
        """Keeps a person as they are now."""
        user.updated = int(time.time())
        self.users[user.id] = user
        self._journal.append({"op": "user", "user": asdict(user)})

    def save_usergroup(self, group: Usergroup) -> None:
        """Keeps a user group as it is now."""
        self.usergroups[group.id] = group
        self._journal.append({"op": "usergroup", "usergroup": asdict(group)})

    def direct(self, user_id: str) -> Channel:
        """The direct message between a person and the app; made when first needed."""
        channel_id = f"D{user_id[1:]}"
        channel = self.channels.get(channel_id)
        if channel is None:
            members = dict.fromkeys((user_id, self.app.bot_user_id))
            created = int(time.time())
            channel = Channel(
                id=channel_id, name="directmessage", peer=user_id, members=members, created=created
            )
            self.save_channel(channel)
        return channel

    def mark(self, user: str, channel: str, ts: str) -> None:
        self.marks[user, channel] = ts
        self._journal.append({"op": "mark", "user": user, "channel": channel, "ts": ts})

    def keep_scheduled(self, message: Json) -> None:
        self.scheduled[message["id"]] = message
        self._journal.append({"op": "scheduled", "message": message})

    def drop_scheduled(self, scheduled_id: str) -> None:
        del self.scheduled[scheduled_id]
        self._journal.append({"op": "unscheduled", "id": scheduled_id})

    def keep_upload(self, upload: Json) -> None:
        """An upload that the app has not completed yet."""
        self.uploads[upload["id"]] = upload
        self._journal.append({"op": "upload", "upload": upload})

    def keep_file(self, file: Json) -> None:
        self._file(file)
        self._journal.append({"op": "file", "file": file})

    def _file(self, file: Json) -> None:
        self.files[file["id"]] = file
        self.uploads.pop(file["id"], None)


def _take(reactions: dict[str, list[str]], name: str, user: str) -> None:
    reactions[name].remove(user)
    if not reactions[name]:
        del reactions[name]


def _channel_entry(channel: Channel) -> Json:
    entry: dict[str, Any] = {key: getattr(channel, key) for key in CHANNEL_KEYS}
    return {**entry, "members": list(channel.members)}


def _handle(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
