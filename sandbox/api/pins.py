"""pins.*"""

import time

from sandbox.api.access import find_channel, find_message, need_membership
from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.clock import now_ts
from sandbox.errors import ApiError
from sandbox.model import Channel, Json, Message
from sandbox.render import message_json

MOST_PINS = 100


def _target(box: Box, args: Args) -> tuple[Channel, Message]:
    channel = find_channel(box, args.text("channel"))
    need_membership(box, channel)
    if args.text("timestamp") is None:
        raise ApiError("no_item_specified")
    return channel, find_message(box, channel, args.text("timestamp"))


def add(box: Box, args: Args) -> Json:
    channel, message = _target(box, args)
    if message.ts in channel.pins:
        raise ApiError("already_pinned")
    if len(channel.pins) >= MOST_PINS:
        raise ApiError("too_many_pins")
    channel.pins[message.ts] = {"created": int(time.time()), "created_by": box.seed.app.bot_user_id}
    box.rooms.save(channel)
    _tell(box, "pin_added", channel, message)
    return {}


def remove(box: Box, args: Args) -> Json:
    channel, message = _target(box, args)
    if message.ts not in channel.pins:
        raise ApiError("no_pin")
    item = _item(box, channel, message)
    del channel.pins[message.ts]
    box.rooms.save(channel)
    _tell(box, "pin_removed", channel, message, item)
    return {}


def list_(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel"))
    need_membership(box, channel)
    known = [channel.messages[ts] for ts in reversed(channel.pins) if ts in channel.messages]
    return {"items": [_item(box, channel, message) for message in known]}


def _item(box: Box, channel: Channel, message: Message) -> Json:
    link = f"http://{box.host}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    shown = {**message_json(message, metadata=False), "pinned_to": [channel.id], "permalink": link}
    return {"type": "message", "channel": channel.id, "message": shown, **channel.pins[message.ts]}


def _tell(box: Box, type_: str, channel: Channel, message: Message, item: Json | None = None) -> None:
    item = item or _item(box, channel, message)
    event: Json = {"type": type_, "user": box.seed.app.bot_user_id, "channel_id": channel.id, "item": item}
    event |= {"item_user": message.user or "", "pin_count": len(channel.pins)}
    info = {"channel": channel.id, "pinned_by": item["created_by"], "pinned_ts": item["created"]}
    event |= {"pinned_info": info, "event_ts": now_ts()}
    if type_ == "pin_removed":
        event["has_pins"] = bool(channel.pins)
    box.events.about(channel, type_, event)
