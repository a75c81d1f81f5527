"""conversations.* that change a channel or who is in it."""

from sandbox.api.access import find_channel, need_membership, need_scope
from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.errors import ApiError, InvalidArguments
from sandbox.model import Channel, Json
from sandbox.render import channel_json

MOST_TEXT = 250
MOST_INVITED = 1_000
CREATE = {False: "channels:manage", True: "groups:write"}


def _managed(box: Box, args: Args, *more_scopes: str) -> Channel:
    """A channel the app is in and may change; direct messages are not of this kind."""
    channel = find_channel(box, args.text("channel"))
    if channel.is_im:
        raise ApiError("method_not_supported_for_channel_type")
    need_scope(box, CREATE[channel.is_private], *more_scopes)
    need_membership(box, channel)
    return channel


def _open(channel: Channel) -> Channel:
    if channel.is_archived:
        raise ApiError("is_archived")
    return channel


def create(box: Box, args: Args) -> Json:
    is_private = args.flag("is_private")
    need_scope(box, CREATE[is_private])
    name = box.rooms.check_name(args.text("name"))
    channel = box.rooms.create(name, box.seed.app.bot_user_id, is_private=is_private)
    return {"channel": channel_json(box.workspace, channel)}


def rename(box: Box, args: Args) -> Json:
    channel = _open(_managed(box, args))
    if channel.creator != box.seed.app.bot_user_id:
        raise ApiError("not_authorized")
    box.rooms.rename(channel, box.rooms.check_name(args.text("name")), box.seed.app.bot_user_id)
    return {"channel": channel_json(box.workspace, channel)}


def invite(box: Box, args: Args) -> Json:
    """All or, with `force`, those who can be invited; `errors` tells why not for each of the others."""
    channel = _open(_managed(box, args, "channels:write.invites", "groups:write.invites"))
    users = args.several("users")
    if not users:
        raise ApiError("no_user")
    if len(users) > MOST_INVITED:
        raise ApiError("too_many_users")
    errors = [_problem(box, channel, user) for user in users]
    bad = [
        {"user": user, "ok": False, "error": error}
        for user, error in zip(users, errors, strict=True)
        if error
    ]
    if bad and not args.flag("force"):
        raise ApiError(str(bad[0]["error"]), errors=bad)
    for user, error in zip(users, errors, strict=True):
        if not error:
            box.rooms.join(channel, user, box.seed.app.bot_user_id)
    answer: Json = {"channel": channel_json(box.workspace, channel)}
    return {**answer, "errors": bad} if bad else answer


def _problem(box: Box, channel: Channel, user_id: str) -> str | None:
    user = box.workspace.users.get(user_id)
    if user is None or user.deleted:
        return "user_not_found"
    if user_id == box.seed.app.bot_user_id:
        return "cant_invite_self"
    if user.is_ultra_restricted:
        return "ura_max_channels"
    return "already_in_channel" if user_id in channel.members else None


def kick(box: Box, args: Args) -> Json:
    channel = _managed(box, args)
    user = args.text("user")
    if user is None or user not in box.workspace.users:
        raise ApiError("user_not_found")
    if user == box.seed.app.bot_user_id:
        raise ApiError("cant_kick_self")
    if channel.name == "general":
        raise ApiError("cant_kick_from_general")
    if user not in channel.members:
        raise ApiError("not_in_channel")
    box.rooms.leave(channel, user, box.seed.app.bot_user_id)
    return {"errors": {}}


def leave(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel"))
    if channel.is_im:
        raise ApiError("method_not_supported_for_channel_type")
    if channel.name == "general":
        raise ApiError("cant_leave_general")
    if box.seed.app.bot_user_id not in channel.members:
        return {"not_in_channel": True}
    box.rooms.leave(channel, box.seed.app.bot_user_id)
    return {}


def archive(box: Box, args: Args) -> Json:
    channel = _managed(box, args)
    if channel.is_archived:
        raise ApiError("already_archived")
    if channel.name == "general":
        raise ApiError("cant_archive_general")
    box.rooms.archive(channel, True, box.seed.app.bot_user_id)
    return {}


def unarchive(box: Box, args: Args) -> Json:
    """Slack lets a bot do so only in a channel it is still in."""
    channel = _managed(box, args)
    if not channel.is_archived:
        raise ApiError("not_archived")
    box.rooms.archive(channel, False, box.seed.app.bot_user_id)
    return {}


def set_topic(box: Box, args: Args) -> Json:
    channel = _open(_managed(box, args, "channels:write.topic", "groups:write.topic"))
    box.rooms.set_topic(channel, _text(args, "topic"), box.seed.app.bot_user_id)
    return {"channel": channel_json(box.workspace, channel)}


def set_purpose(box: Box, args: Args) -> Json:
    channel = _open(_managed(box, args, "channels:write.topic", "groups:write.topic"))
    box.rooms.set_purpose(channel, _text(args, "purpose"), box.seed.app.bot_user_id)
    return {"channel": channel_json(box.workspace, channel)}


def _text(args: Args, name: str) -> str:
    value = args.raw.get(name)
    if not isinstance(value, str):
        raise InvalidArguments([f"missing required field: {name}"])
    if len(value) > MOST_TEXT:
        raise ApiError("too_long")
    return value


def mark(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel"))
    need_membership(box, channel)
    box.workspace.mark(box.seed.app.bot_user_id, channel.id, args.needed("ts"))
    return {}


def close(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel"))
    if not channel.is_im:
        raise ApiError("method_not_supported_for_channel_type")
    return {}
