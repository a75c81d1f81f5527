"""Looks up what a call names and checks that the app may touch it."""

from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.errors import ApiError
from sandbox.model import Channel, Json, Message
from sandbox.posts import is_of_app

COSTUME = ("username", "icon_emoji", "icon_url")


def need_scope(box: Box, *scopes: str) -> None:
    """Raises ApiError(missing_scope) unless the manifest gives one of these scopes."""
    if not box.manifest.scopes.intersection(scopes):
        provided = ",".join(sorted(box.manifest.scopes))
        raise ApiError("missing_scope", needed=",".join(scopes), provided=provided)


def need_family_scope(box: Box, channel: Channel, right: str) -> None:
    """For example channels:history or groups:history, whichever fits the conversation."""
    need_scope(box, f"{channel.family}:{right}")


def find_channel(box: Box, channel_id: str | None) -> Channel:
    """Raises ApiError(channel_not_found); private channels without the app count as not there."""
    channel = box.workspace.channels.get(channel_id or "")
    if channel is None or (channel.is_private and box.seed.app.bot_user_id not in channel.members):
        raise ApiError("channel_not_found")
    return channel


def find_target(box: Box, args: Args) -> Channel:
    """Where to post: a channel, or a person's direct message when a user id is given."""
    wanted = args.text("channel")
    user = box.workspace.users.get(wanted or "")
    if user is not None and not user.is_bot:
        channel = box.workspace.direct(user.id)
    else:
        channel = find_channel(box, wanted)
    if channel.is_im and not box.manifest.messages_tab:
        raise ApiError("messages_tab_disabled")
    return channel


def need_membership(box: Box, channel: Channel) -> None:
    """Raises ApiError(not_in_channel)."""
    if box.seed.app.bot_user_id not in channel.members:
        raise ApiError("not_in_channel")


def find_message(box: Box, channel: Channel, ts: str | None) -> Message:
    """Raises ApiError(message_not_found)."""
    message = channel.messages.get(ts or "")
    if message is None:
        raise ApiError("message_not_found")
    return message


def own_message(box: Box, channel: Channel, ts: str | None, error: str) -> Message:
    """A message the app itself posted. Raises ApiError(message_not_found) or ApiError(error)."""
    message = find_message(box, channel, ts)
    if not is_of_app(box.workspace, message):
        raise ApiError(error)
    return message


def costume(box: Box, args: Args) -> Json:
    """Another name or picture for one message; empty without. Raises ApiError(missing_scope)."""
    if not any(args.text(name) for name in COSTUME):
        return {}
    need_scope(box, "chat:write.customize")
    worn: Json = {"username": args.text("username")} if args.text("username") else {}
    if args.text("icon_emoji"):
        worn["icons"] = {"emoji": args.text("icon_emoji")}
    elif args.text("icon_url"):
        worn["icons"] = {"image_48": args.text("icon_url")}
    return worn
