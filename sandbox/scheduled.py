"""Messages that the app has scheduled. They fire when their time has come."""

import secrets
import time

from sandbox.errors import ApiError
from sandbox.happenings import Happenings
from sandbox.model import Channel, Json
from sandbox.workspace import Workspace

MOST_SECONDS = 120 * 86_400
MOST_IN_FIVE_MINUTES = 30


class Scheduled:
    """`post_at` is seconds since 1970."""

    def __init__(self, workspace: Workspace, happenings: Happenings) -> None:
        self._workspace = workspace
        self._happenings = happenings

    def add(self, channel: Channel, post_at: int, body: Json) -> Json:
        """Raises ApiError: time_in_past, time_too_far, restricted_too_many."""
        now = time.time()
        if post_at <= now:
            raise ApiError("time_in_past")
        if post_at > now + MOST_SECONDS:
            raise ApiError("time_too_far")
        near = [each for each in self.of(channel.id) if each["post_at"] // 300 == post_at // 300]
        if len(near) >= MOST_IN_FIVE_MINUTES:
            raise ApiError("restricted_too_many")
        entry: Json = {"id": f"Q{secrets.token_hex(5).upper()}", "channel_id": channel.id, "post_at": post_at}
        entry |= {"date_created": int(now), "body": body}
        self._workspace.keep_scheduled(entry)
        return entry

    def of(self, channel_id: str | None) -> list[Json]:
        """What waits, the next first."""
        waiting = self._workspace.scheduled.values()
        found = [each for each in waiting if channel_id in {None, each["channel_id"]}]
        return sorted(found, key=lambda each: (each["post_at"], each["id"]))

    def remove(self, channel_id: str, scheduled_id: str) -> None:
        """Raises ApiError(invalid_scheduled_message_id)."""
        entry = self._workspace.scheduled.get(scheduled_id)
        if entry is None or entry["channel_id"] != channel_id:
            raise ApiError("invalid_scheduled_message_id")
        self._workspace.drop_scheduled(scheduled_id)

    def fire(self, until: float) -> int:
        """Posts what is due at `until`; returns how many. What cannot be posted is dropped."""
        due = [each for each in self.of(None) if each["post_at"] <= until]
        for entry in due:
            self._workspace.drop_scheduled(entry["id"])
            channel = self._workspace.channels.get(entry["channel_id"])
            root = entry["body"].get("thread_ts")
            if channel is None or channel.is_archived or (root and root not in channel.messages):
                continue
            if self._workspace.app.bot_user_id in channel.members:
                self._happenings.post(channel, dict(entry["body"]))
        return len(due)
