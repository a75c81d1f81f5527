"""Finds what a person names and checks that they can see it."""

from sandbox.box import Box
from sandbox.errors import ActError, ApiError
from sandbox.modals import View
from sandbox.model import Channel, Json, Message, User


def needed(body: Json, name: str) -> str:
    """A text that must be given. Raises ActError(missing_<name>)."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ActError(f"missing_{name}")
    return value


def visible_channel(box: Box, user: User, channel_id: object) -> Channel:
    """A channel the person is in, or a public one. Raises ActError(channel_not_found)."""
    channel = box.workspace.channels.get(str(channel_id))
    if channel is None or (channel.kind != "channel" and user.id not in channel.members):
        raise ActError("channel_not_found")
    return channel


def member_channel(box: Box, user: User, body: Json) -> Channel:
    """Raises ActError: channel_not_found, not_in_channel, is_archived."""
    channel = visible_channel(box, user, body.get("channel"))
    if user.id not in channel.members:
        raise ActError("not_in_channel")
    if channel.is_archived:
        raise ActError("is_archived")
    return channel


def seen_message(box: Box, user: User, body: Json) -> tuple[Channel, Message]:
    """Raises ActError: channel errors, message_not_found."""
    channel = member_channel(box, user, body)
    message = channel.messages.get(str(body.get("ts")))
    if message is None:
        raise ActError("message_not_found")
    return channel, message


def shown_message(box: Box, user: User, body: Json) -> tuple[Channel, Message | Json]:
    """A message, or an ephemeral one shown to this person. Raises ActError as above."""
    channel = member_channel(box, user, body)
    ephemeral = box.ephemerals.get(user.id, channel.id, str(body.get("ts")))
    if ephemeral is not None:
        return channel, ephemeral
    return seen_message(box, user, body)


def view_of(box: Box, user: User, body: Json) -> View:
    """A form or home that is open for this person. Raises ActError(view_not_found)."""
    try:
        view = box.modals.find(needed(body, "view_id"), None)
    except ApiError:
        raise ActError("view_not_found") from None
    if view.user != user.id:
        raise ActError("view_not_found")
    return view


def put_in_thread(channel: Channel, message: Json, body: Json) -> None:
    """Raises ActError(thread_not_found)."""
    thread_ts = body.get("thread_ts")
    if not thread_ts:
        return
    root = channel.messages.get(str(thread_ts))
    if root is None or root.is_reply:
        raise ActError("thread_not_found")
    message["thread_ts"] = root.ts
    if body.get("broadcast"):
        message["subtype"] = "thread_broadcast"


def origin(box: Box, user: User) -> Json:
    """The workspace a message comes from; two more fields tell it of people from outside."""
    if user.team is None:
        return {"team": box.workspace.team["id"]}
    return {"team": user.team, "user_team": user.team, "source_team": user.team}
