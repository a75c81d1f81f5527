"""chat.*"""

from typing import Any

import orjson

from sandbox.api.access import (
    costume,
    find_channel,
    find_message,
    find_target,
    need_membership,
    own_message,
)
from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.errors import ApiError
from sandbox.model import Channel, Json
from sandbox.posts import app_body, content
from sandbox.render import message_json
from sandbox.validate.metadata import check_metadata

MOST_UPDATE_BYTES = 4_000


def post_message(box: Box, args: Args) -> Json:
    channel = find_target(box, args)
    if box.seed.app.bot_user_id not in channel.members and "chat:write.public" not in box.manifest.scopes:
        raise ApiError("not_in_channel")
    _refuse_archived(channel)
    body = body_of(box, channel, args)
    hidden = box.faults.hidden_seconds("chat.postMessage", channel.id)
    message, raw = box.happenings.post(channel, body, hidden_seconds=hidden)
    if message.thread_ts:
        box.agents.posted((channel.id, message.thread_ts))
    return {"channel": channel.id, "ts": message.ts, "message": orjson.Fragment(raw)}


def body_of(box: Box, channel: Channel, args: Args) -> Json:
    """The message a call asks for, checked. Raises ApiError."""
    shown = _content(args)
    metadata = check_metadata(args.parsed("metadata", "invalid_metadata_format") or {})
    body = app_body(box.workspace)
    _dress(box, body, args)
    body.update(shown)
    if metadata:
        body["metadata"] = metadata
    _put_in_thread(channel, body, args)
    return body


def _content(args: Args) -> Json:
    return content(
        {
            "text": args.raw.get("text"),
            "blocks": args.parsed("blocks", "invalid_blocks_format"),
            "attachments": args.parsed("attachments", "invalid_attachments"),
            "markdown_text": args.raw.get("markdown_text"),
        }
    )


def _refuse_archived(channel: Channel, error: str = "is_archived") -> None:
    if channel.is_archived:
        raise ApiError(error)


def _dress(box: Box, body: Json, args: Args) -> None:
    """Another name or picture: such messages are of subtype bot_message and have no user."""
    worn = costume(box, args)
    if worn:
        body["subtype"] = "bot_message"
        del body["user"]
        del body["bot_profile"]
        body |= {"username": box.seed.app.bot_name, **worn}


def _put_in_thread(channel: Channel, body: Json, args: Args) -> None:
    thread_ts = args.text("thread_ts")
    if thread_ts is None:
        return
    root = channel.messages.get(thread_ts)
    if root is None:
        raise ApiError("thread_not_found")
    if root.is_reply:
        raise ApiError("cannot_reply_to_message")
    body["thread_ts"] = thread_ts
    if args.flag("reply_broadcast"):
        body["subtype"] = "thread_broadcast"


def update(box: Box, args: Args) -> Json:
    channel = find_target(box, args)
    _refuse_archived(channel, "is_inactive")
    message = own_message(box, channel, args.text("ts"), "cant_update_message")
    if (channel.id, message.ts) in box.streams:
        raise ApiError("streaming_state_conflict")
    body = dict(message.body)
    body.update(_new_content(args, body))
    if not body.get("blocks"):
        body.pop("blocks", None)
    metadata = args.parsed("metadata", "invalid_metadata_format")
    if metadata is not None:
        body["metadata"] = check_metadata(metadata)
        if body["metadata"] is None:
            del body["metadata"]
    if len(body["text"].encode()) > MOST_UPDATE_BYTES and args.raw.get("text") is not None:
        raise ApiError("msg_too_long")
    box.happenings.edit(message, body, box.seed.app.bot_user_id)
    return {"channel": channel.id, "ts": message.ts, "text": body["text"], "message": message_json(message)}


def _new_content(args: Args, before: Json) -> Json:
    """What the call changes: blocks stay unless given, an empty list removes them."""
    blocks = args.parsed("blocks", "invalid_blocks_format")
    attachments = args.parsed("attachments", "invalid_attachments")
    text = args.raw.get("text")
    keeps = before.get("blocks") if blocks is None else None
    if text is None and not blocks and not attachments and not args.text("markdown_text"):
        raise ApiError("no_text")
    given = {
        "text": text,
        "blocks": blocks,
        "attachments": attachments,
        "markdown_text": args.text("markdown_text"),
    }
    if not text and keeps:
        given["text"] = before["text"]
    shown: Json = content(given)
    if blocks == []:
        shown["blocks"] = None
    if text is None:
        shown["text"] = shown["text"] or before.get("text", "")
    return shown


def me_message(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel"))
    need_membership(box, channel)
    _refuse_archived(channel)
    body = {**app_body(box.workspace), "subtype": "me_message", **content({"text": args.raw.get("text")})}
    return {"channel": channel.id, "ts": box.happenings.post(channel, body)[0].ts}


def delete(box: Box, args: Args) -> Json:
    channel = find_target(box, args)
    message = own_message(box, channel, args.text("ts"), "cant_delete_message")
    box.happenings.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel"))
    need_membership(box, channel)
    _refuse_archived(channel)
    user = args.text("user")
    if user is None or user not in box.workspace.users:
        raise ApiError("user_not_found" if user else "no_user")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    shown: dict[str, Any] = {**app_body(box.workspace), **_content(args)}
    _dress(box, shown, args)
    if args.text("thread_ts"):
        shown["thread_ts"] = args.text("thread_ts")
    return {"message_ts": box.ephemerals.show(user, channel, shown)}


def get_permalink(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel"))
    message = find_message(box, channel, args.text("message_ts"))
    link = f"http://{box.host}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}
