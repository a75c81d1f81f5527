"""conversations.*"""

import itertools
import time

from sandbox.api.access import find_channel, need_family_scope, need_membership, need_scope
from sandbox.api.args import Args, next_cursor, page
from sandbox.box import Box
from sandbox.errors import ApiError
from sandbox.model import Channel, Json, Message
from sandbox.render import channel_json, message_json

TYPES = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
SCOPES = {"channel": "channels:read", "group": "groups:read", "im": "im:read", "mpim": "mpim:read"}


def list_(box: Box, args: Args) -> Json:
    wanted = args.several("types") or ["public_channel"]
    if set(wanted) - set(TYPES):
        raise ApiError("invalid_types")
    kinds = {TYPES[each] for each in wanted}
    for kind in kinds:
        need_scope(box, SCOPES[kind])
    bot = box.seed.app.bot_user_id
    channels = [
        channel
        for channel in box.workspace.channels.values()
        if channel.kind in kinds
        and (channel.kind == "channel" or bot in channel.members)
        and not (channel.is_archived and args.flag("exclude_archived"))
    ]
    shown, metadata = page(channels, args, args.limit(100, 1000))
    found = [channel_json(box.workspace, channel, members=not channel.is_im) for channel in shown]
    return {"channels": found, "response_metadata": metadata}


def info(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel"))
    need_family_scope(box, channel, "read")
    return {"channel": channel_json(box.workspace, channel, members=args.flag("include_num_members"))}


def _readable(box: Box, args: Args) -> Channel:
    channel = find_channel(box, args.text("channel"))
    need_family_scope(box, channel, "history")
    need_membership(box, channel)
    return channel


class Span:
    """The bounds `oldest`, `latest` and `inclusive`."""

    def __init__(self, args: Args) -> None:
        self._oldest = _ts(args, "oldest")
        self._latest = _ts(args, "latest")
        self._inclusive = args.flag("inclusive")

    def holds(self, ts: str) -> bool:
        value = float(ts)
        if self._oldest is not None and (
            value < self._oldest or (value == self._oldest and not self._inclusive)
        ):
            return False
        return self._latest is None or value < self._latest or (value == self._latest and self._inclusive)

    def is_past(self, ts: str) -> bool:
        """Whether everything older is out of bounds too."""
        return self._oldest is not None and float(ts) < self._oldest


def _ts(args: Args, name: str) -> float | None:
    value = args.text(name)
    if value is None or (name == "oldest" and value == "0"):
        return None
    try:
        return float(value)
    except ValueError:
        raise ApiError(f"invalid_ts_{name}") from None


def history(box: Box, args: Args) -> Json:
    channel = _readable(box, args)
    limit, span, before = args.limit(100, 999), Span(args), args.cursor()
    found: list[Message] = []
    for message in channel.readable(time.monotonic()):
        if span.is_past(message.ts) or len(found) > limit:
            break
        if span.holds(message.ts) and (before is None or message.ts <= before):
            found.append(message)
    more = found[limit].ts if len(found) > limit else None
    metadata = args.flag("include_all_metadata")
    answer: Json = {
        "messages": [message_json(message, metadata=metadata) for message in found[:limit]],
        "has_more": more is not None,
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }
    return {**answer, "response_metadata": next_cursor(more)} if more else answer


def replies(box: Box, args: Args) -> Json:
    """The thread's first message opens every page, as in Slack."""
    channel = _readable(box, args)
    now = time.monotonic()
    root = channel.messages.get(args.text("ts") or "")
    if root is None or root.readable_at > now:
        raise ApiError("thread_not_found")
    limit, span, start = args.limit(1000, 1000), Span(args), args.cursor()
    after = (
        reply
        for reply in root.replies
        if reply.readable_at <= now and span.holds(reply.ts) and (start is None or reply.ts >= start)
    )
    found = list(itertools.islice(after, limit))
    rest = next(after, None)
    metadata = args.flag("include_all_metadata")
    answer: Json = {
        "messages": [message_json(message, metadata=metadata) for message in [root, *found]],
        "has_more": rest is not None,
    }
    return {**answer, "response_metadata": next_cursor(rest.ts)} if rest else answer


def members(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel"))
    need_family_scope(box, channel, "read")
    shown, metadata = page(list(channel.members), args, args.limit(100, 1000))
    return {"members": shown, "response_metadata": metadata}


def join(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel"))
    if channel.kind != "channel":
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    answer: Json = {}
    if box.seed.app.bot_user_id in channel.members:
        answer = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    else:
        box.rooms.join(channel, box.seed.app.bot_user_id)
    return {"channel": channel_json(box.workspace, channel), **answer}


def open_(box: Box, args: Args) -> Json:
    users = args.several("users")
    if args.text("channel"):
        channel = find_channel(box, args.text("channel"))
    elif len(users) == 1:
        user = box.workspace.users.get(users[0])
        if user is None or user.is_bot:
            raise ApiError("user_not_found")
        channel = box.workspace.direct(user.id)
    else:
        raise ApiError("users_list_not_supplied" if not users else "not_enough_users")
    full = args.flag("return_im")
    return {"channel": channel_json(box.workspace, channel) if full else {"id": channel.id}}
