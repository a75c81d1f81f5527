"""chat.scheduleMessage and what belongs to it."""

from sandbox.api.access import find_channel, find_target, need_membership
from sandbox.api.args import Args, page
from sandbox.api.chat import body_of
from sandbox.box import Box
from sandbox.errors import ApiError
from sandbox.model import Json


def schedule(box: Box, args: Args) -> Json:
    channel = find_target(box, args)
    need_membership(box, channel)
    if channel.is_archived:
        raise ApiError("is_archived")
    body = body_of(box, channel, args)
    post_at = args.text("post_at")
    if post_at is None or not post_at.isdigit():
        raise ApiError("invalid_time")
    entry = box.scheduled.add(channel, int(post_at), body)
    shown = {key: value for key, value in body.items() if key not in {"ts", "metadata"}}
    where = {"scheduled_message_id": entry["id"], "channel": channel.id, "post_at": entry["post_at"]}
    return {**where, "message": {**shown, "type": "delayed_message"}}


def list_(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel")) if args.text("channel") else None
    oldest, latest = args.whole("oldest") or 0, args.whole("latest")
    found = [
        {
            **{key: each[key] for key in ("id", "channel_id", "post_at", "date_created")},
            "text": each["body"]["text"],
        }
        for each in box.scheduled.of(channel.id if channel else None)
        if each["post_at"] >= oldest and (latest is None or each["post_at"] <= latest)
    ]
    shown, metadata = page(found, args, args.limit(100, 100))
    return {"scheduled_messages": shown, "response_metadata": metadata}


def delete(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel"))
    box.scheduled.remove(channel.id, args.needed("scheduled_message_id"))
    return {}
