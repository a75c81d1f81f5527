"""reactions.*"""

import re

from sandbox.api.access import find_channel, find_message, need_membership
from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.errors import ApiError
from sandbox.model import Json, Message
from sandbox.render import message_json

NAME = re.compile(r"[a-z0-9_+'\-]{1,100}(::skin-tone-[2-6])?")
MOST_KINDS = 23


def valid_name(name: str | None) -> str:
    """An emoji's name without colons. Raises ApiError(invalid_name)."""
    name = (name or "").strip(":")
    if not NAME.fullmatch(name):
        raise ApiError("invalid_name")
    return name


def _target(box: Box, args: Args) -> Message:
    if not args.text("channel") or not args.text("timestamp"):
        raise ApiError("no_item_specified")
    channel = find_channel(box, args.text("channel"))
    need_membership(box, channel)
    if channel.is_archived:
        raise ApiError("is_archived")
    return find_message(box, channel, args.text("timestamp"))


def add(box: Box, args: Args) -> Json:
    name = valid_name(args.text("name"))
    message = _target(box, args)
    if name not in message.reactions and len(message.reactions) >= MOST_KINDS:
        raise ApiError("too_many_emoji")
    if not box.happenings.react(message, name, box.seed.app.bot_user_id):
        raise ApiError("already_reacted")
    return {}


def remove(box: Box, args: Args) -> Json:
    name = valid_name(args.text("name"))
    if not box.happenings.unreact(_target(box, args), name, box.seed.app.bot_user_id):
        raise ApiError("no_reaction")
    return {}


def get(box: Box, args: Args) -> Json:
    message = _target(box, args)
    return {"type": "message", "channel": message.channel, "message": message_json(message, metadata=False)}
