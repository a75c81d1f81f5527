"""Events for the app: which of them the manifest subscribes, and the wrapper Slack puts around each."""

import secrets
import time

import orjson

from sandbox.config import Manifest
from sandbox.delivery import Delivery
from sandbox.model import Channel, Json
from sandbox.workspace import Workspace


class Events:
    """Wraps events and hands them to the delivery, unless the app does not subscribe or may not see them."""

    def __init__(self, workspace: Workspace, manifest: Manifest, delivery: Delivery) -> None:
        self._workspace = workspace
        self._manifest = manifest
        self._delivery = delivery
        app, team = workspace.app, workspace.team["id"]
        opening = {"token": "sandbox-verification-token", "team_id": team, "context_team_id": team}
        opening |= {"context_enterprise_id": None, "api_app_id": app.app_id}
        authorization = {
            "enterprise_id": None,
            "team_id": team,
            "user_id": app.bot_user_id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        closing = {"type": "event_callback", "authorizations": [authorization]}
        self._opening = orjson.dumps(opening)[:-1] + b',"event":'
        self._closing, self._closing_outside = (
            b"," + orjson.dumps({**closing, "is_ext_shared_channel": outside})[1:-1]
            for outside in (False, True)
        )

    def hears(self, subscription: str, channel: Channel) -> bool:
        """Whether this bot event is subscribed and its channel is one the bot sits in."""
        return subscription in self._manifest.events and self._workspace.app.bot_user_id in channel.members

    def message(self, channel: Channel, event: Json | bytes) -> None:
        """A message event, or one of its subtypes, as `message.channels`, `.groups` or `.im`."""
        if self.hears(f"message.{channel.family}", channel):
            self.send("message", event, channel.id)

    def about(self, channel: Channel, name: str, event: Json, *, also_outside: bool = False) -> None:
        """An event whose subscription has its own name; `also_outside` for events about leaving."""
        if self.hears(name, channel) or (also_outside and name in self._manifest.events):
            self.send(name, event, channel.id)

    def anywhere(self, name: str, event: Json) -> None:
        """An event of the whole workspace, which belongs to no channel."""
        if name in self._manifest.events:
            self.send(name, event, None)

    def send(self, name: str, event: Json | bytes, channel: str | None) -> None:
        if self._workspace.token is None:
            return
        raw = event if isinstance(event, bytes) else orjson.dumps(event)
        event_id = secrets.token_hex(5).upper()
        tail = f',"event_id":"Ev{event_id}","event_time":{int(time.time())},"event_context":"4-{event_id}"}}'
        place = self._workspace.channels.get(channel) if channel else None
        closing = self._closing_outside if place is not None and place.partners else self._closing
        self._delivery.event(b"".join((self._opening, raw, closing, tail.encode())), name, channel)

    def rate_limited(self) -> None:
        """Slack's notice that it holds back events for this minute."""
        payload = {
            "token": "sandbox-verification-token",
            "type": "app_rate_limited",
            "team_id": self._workspace.team["id"],
            "minute_rate_limited": int(time.time()) // 60 * 60,
            "api_app_id": self._workspace.app.app_id,
        }
        self._delivery.event(orjson.dumps(payload), "app_rate_limited", None)
