"""Channels as such: who is in them, their names and topics, archiving and sharing. The app hears of each."""

import secrets
import time

from sandbox.clock import now_ts
from sandbox.errors import ApiError
from sandbox.events import Events
from sandbox.happenings import Happenings
from sandbox.model import Channel, Json
from sandbox.render import channel_json, page_channel
from sandbox.watch import Watch
from sandbox.workspace import Workspace


class Rooms:
    """The only way in which channels themselves change."""

    def __init__(self, workspace: Workspace, events: Events, watch: Watch, happenings: Happenings) -> None:
        self._workspace = workspace
        self._events = events
        self._watch = watch
        self._happenings = happenings

    def save(self, channel: Channel) -> None:
        """Keeps a changed channel and tells its members."""
        self._workspace.save_channel(channel)
        self._watch.tell("channel", time.monotonic(), about=channel.id, channel=page_channel(channel))

    def _say(self, channel: Channel, kind: str, user: str, text: str, **more: str) -> None:
        """The grey line in the channel: `channel_join`, or `group_join` in a private one."""
        subtype = f"{'group' if channel.is_private else 'channel'}_{kind}"
        body: Json = {"type": "message", "subtype": subtype, "user": user, "text": text, **more}
        self._happenings.post(channel, body)

    # ── people ───────────────────────────────────────────────────────────────────────────────────

    def join(self, channel: Channel, user: str, inviter: str | None = None) -> None:
        """Takes a person or the app in; nothing happens when they are in it."""
        if user in channel.members:
            return
        channel.members[user] = None
        self.save(channel)
        event = self._member_event("member_joined_channel", channel, user)
        more = {"inviter": inviter} if inviter else {}
        self._events.about(channel, "member_joined_channel", {**event, **more})
        self._say(channel, "join", user, f"<@{user}> has joined the channel", **more)

    def leave(self, channel: Channel, user: str, actor: str | None = None) -> None:
        """Lets somebody go, or puts them out by order of `actor`; the app hears of its own leaving too."""
        if user not in channel.members:
            return
        self._events.about(
            channel, "member_left_channel", self._member_event("member_left_channel", channel, user)
        )
        del channel.members[user]
        self.save(channel)
        if user == self._workspace.app.bot_user_id:
            name = "group_left" if channel.is_private else "channel_left"
            event = {"type": name, "channel": channel.id, "actor_id": actor or user, "event_ts": now_ts()}
            self._events.about(channel, name, event, also_outside=True)
        self._say(channel, "leave", user, f"<@{user}> has left the channel")

    def _member_event(self, type_: str, channel: Channel, user: str) -> Json:
        event: Json = {"type": type_, "user": user, "channel": channel.id}
        event["channel_type"] = "G" if channel.is_private else "C"
        return event | {"team": self._workspace.team["id"], "event_ts": now_ts()}

    # ── the channel ──────────────────────────────────────────────────────────────────────────────

    def create(self, name: str, creator: str, *, is_private: bool) -> Channel:
        """A new channel with its creator in it."""
        channel = Channel(
            f"C{secrets.token_hex(5).upper()}",
            name,
            is_private=is_private,
            creator=creator,
            created=int(time.time()),
        )
        channel.members[creator] = None
        self.save(channel)
        if not is_private:
            shown = channel_json(self._workspace, channel)
            self._events.anywhere(
                "channel_created", {"type": "channel_created", "channel": shown, "event_ts": now_ts()}
            )
        self._say(channel, "join", creator, f"<@{creator}> has joined the channel")
        return channel

    def archive(self, channel: Channel, archived: bool, actor: str) -> None:
        """Closes a channel to new messages, or opens it again."""
        word = "archive" if archived else "unarchive"
        channel.is_archived = archived
        self.save(channel)
        name = f"{'group' if channel.is_private else 'channel'}_{word}"
        event = {"type": name, "channel": channel.id, "user": actor, "event_ts": now_ts()}
        self._events.about(channel, name, event)
        done = "archived" if archived else "un-archived"
        self._say(channel, word, actor, f"<@{actor}> {done} the channel")

    def rename(self, channel: Channel, name: str, actor: str) -> None:
        old, channel.name = channel.name, name
        channel.previous_names.insert(0, old)
        self.save(channel)
        about = {"id": channel.id, "name": name, "name_normalized": name, "created": channel.created}
        about |= {"is_channel": True, "is_mpim": False}
        type_ = "group_rename" if channel.is_private else "channel_rename"
        self._events.about(channel, type_, {"type": type_, "channel": about, "event_ts": now_ts()})
        text = f'<@{actor}> has renamed the channel from "{old}" to "{name}"'
        self._say(channel, "name", actor, text, old_name=old, name=name)

    def set_topic(self, channel: Channel, topic: str, actor: str) -> None:
        channel.topic = topic
        self.save(channel)
        self._say(channel, "topic", actor, f"<@{actor}> set the channel's topic: {topic}", topic=topic)

    def set_purpose(self, channel: Channel, purpose: str, actor: str) -> None:
        channel.purpose = purpose
        self.save(channel)
        self._say(
            channel, "purpose", actor, f"<@{actor}> set the channel's description: {purpose}", purpose=purpose
        )

    def share(self, channel: Channel, team: str, shared: bool) -> None:
        """Shares a channel with another workspace (Slack Connect), or ends that."""
        if shared and team not in channel.partners:
            channel.partners.append(team)
        elif not shared and team in channel.partners:
            channel.partners.remove(team)
        self.save(channel)
        event: Json = {"type": "channel_shared", "connected_team_id": team}
        if not shared:
            event = {"type": "channel_unshared", "previously_connected_team_id": team}
            event["is_ext_shared"] = channel.is_ext_shared
        event |= {"channel": channel.id, "event_ts": now_ts()}
        self._events.about(channel, event["type"], event)

    def check_name(self, name: str | None) -> str:
        """A name for a channel that is free.

        Raises ApiError: invalid_name_required, invalid_name_maxlength, invalid_name_specials, name_taken.
        """
        if not name:
            raise ApiError("invalid_name_required")
        if len(name) > 80:
            raise ApiError("invalid_name_maxlength")
        if name != name.lower() or not all(letter.isalnum() or letter in "-_" for letter in name):
            raise ApiError("invalid_name_specials")
        if any(channel.name == name for channel in self._workspace.channels.values()):
            raise ApiError("name_taken")
        return name
