"""What happens in channels: each change is stored, then told to the app and to onlookers."""

import time
from typing import Any

import orjson

from sandbox.clock import now_ts
from sandbox.events import Events
from sandbox.model import Channel, Json, Message
from sandbox.render import message_json
from sandbox.text import mentions
from sandbox.watch import Watch
from sandbox.workspace import Workspace

TOMBSTONE = "This message was deleted."


class Happenings:
    """The only way in which people and the app change channels."""

    def __init__(self, workspace: Workspace, events: Events, watch: Watch) -> None:
        self._workspace = workspace
        self._events = events
        self._watch = watch

    def post(self, channel: Channel, body: Json, *, hidden_seconds: float = 0.0) -> tuple[Message, bytes]:
        """Posts `body` (everything but its ts); returns the message and its JSON."""
        at = time.monotonic()
        thread_ts = body.get("thread_ts")
        if thread_ts:
            root = channel.messages[thread_ts]
            author = root.body.get("user")
            if author:
                body["parent_user_id"] = author
            if body.get("subtype") == "thread_broadcast":
                body["root"] = message_json(root, metadata=False)
        message, raw = self._workspace.post(channel, body, at)
        message.readable_at = at + hidden_seconds if hidden_seconds else 0.0
        self._tell_posted(channel, message, raw)
        return message, raw

    def _tell_posted(self, channel: Channel, message: Message, raw: bytes) -> None:
        where = f',"channel":"{channel.id}","event_ts":"{message.ts}","channel_type":"{channel.kind}"}}'
        self._events.message(channel, raw[:-1] + where.encode())
        body = message.body
        bot = self._workspace.app.bot_user_id
        if not channel.is_im and body.get("user") != bot and mentions(body.get("text", ""), bot):
            event = {**body, "type": "app_mention", "channel": channel.id, "event_ts": message.ts}
            event.pop("subtype", None)
            self._events.about(channel, "app_mention", event)
        self._watch.tell(
            "message",
            message.accepted_at,
            channel=channel.id,
            ts=message.ts,
            thread_ts=message.thread_ts,
            user=body.get("user"),
            message=orjson.Fragment(raw),
        )

    def edit(self, message: Message, body: Json, editor: str, *, edited: bool = True) -> None:
        """Replaces a message's content; the app hears `message_changed`."""
        channel = self._workspace.channels[message.channel]
        previous = message_json(message)
        at = channel.next_ts(time.time_ns() // 1000)
        if edited and body.get("subtype") != "tombstone":
            body["edited"] = {"user": editor, "ts": f"{at.split('.')[0]}.000000"}
        self._workspace.edit(message, body)
        self._tell_changed(channel, message, previous, at)

    def unfurl(self, message: Message, url: str) -> None:
        """What Slack does to a message with a link: an attachment, and `message_changed` without `edited`."""
        channel = self._workspace.channels[message.channel]
        previous = message_json(message)
        attachment = {"id": 1, "from_url": url, "original_url": url, "title": url, "fallback": url}
        self._workspace.edit(message, {**message.body, "attachments": [attachment]})
        self._tell_changed(channel, message, previous, channel.next_ts(time.time_ns() // 1000))

    def _tell_changed(self, channel: Channel, message: Message, previous: Json, event_ts: str) -> None:
        wrapper = {"message": message_json(message), "previous_message": previous}
        self._events.message(channel, {**self._wrapper(channel, "message_changed", event_ts), **wrapper})
        self._show_changed(message)

    def _show_changed(self, message: Message) -> None:
        self._watch.tell(
            "message_changed",
            time.monotonic(),
            channel=message.channel,
            ts=message.ts,
            thread_ts=message.thread_ts,
            user=message.user,
            message=message_json(message),
        )

    def stream(self, message: Message, body: Json, *, done: bool = False) -> None:
        """More of a message that is being written. People see it at once, the app hears of the end only."""
        if done:
            self.edit(message, body, "", edited=False)
            return
        self._workspace.edit(message, body)
        self._show_changed(message)

    def delete(self, message: Message) -> None:
        """Removes a message; a thread's first message leaves a tombstone while it has replies."""
        channel = self._workspace.channels[message.channel]
        if message.replies:
            body = {"type": "message", "subtype": "tombstone", "text": TOMBSTONE, "user": "USLACKBOT"}
            self.edit(message, {**body, "hidden": True, "ts": message.ts}, "USLACKBOT")
            return
        previous = message_json(message)
        event_ts = channel.next_ts(time.time_ns() // 1000)
        self._workspace.drop(message)
        event = self._wrapper(channel, "message_deleted", event_ts)
        self._events.message(channel, {**event, "deleted_ts": message.ts, "previous_message": previous})
        self._watch.tell(
            "message_deleted",
            time.monotonic(),
            channel=channel.id,
            ts=message.ts,
            thread_ts=message.thread_ts,
        )

    def _wrapper(self, channel: Channel, subtype: str, event_ts: str) -> Json:
        return {
            "type": "message",
            "subtype": subtype,
            "channel": channel.id,
            "hidden": True,
            "ts": event_ts,
            "event_ts": event_ts,
            "channel_type": channel.kind,
        }

    def react(self, message: Message, name: str, user: str) -> bool:
        """False when this person had already reacted so."""
        done = self._workspace.react(message, name, user)
        if done:
            self._tell_reaction("reaction_added", message, name, user)
        return done

    def unreact(self, message: Message, name: str, user: str) -> bool:
        """False when there was no such reaction."""
        done = self._workspace.unreact(message, name, user)
        if done:
            self._tell_reaction("reaction_removed", message, name, user)
        return done

    def _tell_reaction(self, type_: str, message: Message, name: str, user: str) -> None:
        channel = self._workspace.channels[message.channel]
        event: dict[str, Any] = {
            "type": type_,
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": channel.id, "ts": message.ts},
            "event_ts": now_ts(),
        }
        if message.user:
            event["item_user"] = message.user
        self._events.about(channel, type_, event)
        self._watch.tell(
            type_,
            time.monotonic(),
            channel=channel.id,
            ts=message.ts,
            thread_ts=message.thread_ts,
            user=user,
            reaction=name,
        )
