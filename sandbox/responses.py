"""response_url: five answers within half an hour to something a person did."""

import secrets
import time
from dataclasses import dataclass

from sandbox.ephemerals import Ephemerals
from sandbox.errors import ApiError
from sandbox.happenings import Happenings
from sandbox.model import Channel, Json, Message
from sandbox.posts import app_body, content, is_of_app
from sandbox.workspace import Workspace

USES = 5
GOOD_SECONDS = 1800.0


@dataclass(slots=True)
class Door:
    """Where a response_url leads: a person in a channel, and the message they acted on."""

    user: str
    channel: Channel
    at: float
    ts: str | None
    ephemeral: bool
    thread_ts: str | None
    uses: int = 0


class Responses:
    def __init__(
        self, workspace: Workspace, happenings: Happenings, ephemerals: Ephemerals, base_url: str
    ) -> None:
        self._workspace = workspace
        self._happenings = happenings
        self._ephemerals = ephemerals
        self._base_url = base_url
        self._doors: dict[str, Door] = {}

    def open(self, user: str, channel: Channel, shown: Message | Json | None = None) -> str:
        """A new address; `shown` is the message or ephemeral the person acted on, None for a command."""
        self._forget_old()
        secret = secrets.token_urlsafe(18)
        if isinstance(shown, Message):
            door = Door(user, channel, time.monotonic(), shown.ts, False, shown.thread_ts)
        else:
            ts, thread_ts = (shown["ts"], shown.get("thread_ts")) if shown else (None, None)
            door = Door(user, channel, time.monotonic(), ts, shown is not None, thread_ts)
        self._doors[secret] = door
        return f"{self._base_url}/response/{self._workspace.team['id']}/{secret}"

    def _forget_old(self) -> None:
        while self._doors:
            oldest = next(iter(self._doors))
            if self._doors[oldest].at > time.monotonic() - 2 * GOOD_SECONDS:
                return
            del self._doors[oldest]

    def answer(self, secret: str, body: Json) -> None:
        """Does what the app asks. Raises ApiError: used_url, expired_url, no_text, invalid_blocks…"""
        door = self._doors.get(secret)
        if door is None or door.uses >= USES:
            raise ApiError("used_url")
        if time.monotonic() - door.at > GOOD_SECONDS:
            raise ApiError("expired_url")
        self.carry_out(door, body)
        door.uses += 1

    def answer_command(self, user: str, channel: Channel, body: Json) -> None:
        """What the acknowledgement of a command carried. Raises ApiError."""
        self.carry_out(Door(user, channel, time.monotonic(), None, False, None), body)

    def carry_out(self, door: Door, body: Json) -> None:
        if body.get("delete_original"):
            self._delete(door)
            return
        shown = content(body)
        if body.get("replace_original") and door.ts is not None:
            self._replace(door, shown)
            return
        thread_ts = body.get("thread_ts")
        if thread_ts:
            shown["thread_ts"] = thread_ts
        if body.get("response_type") == "in_channel":
            if thread_ts and thread_ts not in door.channel.messages:
                raise ApiError("thread_not_found")
            self._happenings.post(door.channel, {**app_body(self._workspace), **shown})
        else:
            self._ephemerals.show(door.user, door.channel, {**app_body(self._workspace), **shown})

    def _delete(self, door: Door) -> None:
        if door.ts is None:
            raise ApiError("message_not_found")
        if door.ephemeral:
            self._ephemerals.hide(door.user, door.channel.id, door.ts)
            return
        self._happenings.delete(self._original(door))

    def _replace(self, door: Door, shown: Json) -> None:
        if door.ephemeral:
            body = {**app_body(self._workspace), **shown}
            if door.thread_ts:
                body["thread_ts"] = door.thread_ts
            self._ephemerals.show(door.user, door.channel, body, ts=door.ts)
            return
        message = self._original(door)
        body = {key: part for key, part in message.body.items() if key not in {"blocks", "attachments"}}
        self._happenings.edit(message, {**body, **shown}, self._workspace.app.bot_user_id)

    def _original(self, door: Door) -> Message:
        message = door.channel.messages.get(door.ts or "")
        if message is None or not is_of_app(self._workspace, message):
            raise ApiError("message_not_found")
        return message

    def clear(self) -> None:
        self._doors.clear()
