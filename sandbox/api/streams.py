"""chat.startStream, chat.appendStream and chat.stopStream."""

from sandbox.agents import STATUSES
from sandbox.api.access import costume, find_channel, need_membership
from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.errors import ApiError, InvalidArguments
from sandbox.model import Channel, Json, Message
from sandbox.posts import app_body, is_of_app
from sandbox.render import message_json
from sandbox.streams import MODES, Stream, chunks_of
from sandbox.validate.blocks import check_message
from sandbox.validate.metadata import check_metadata


def start(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel"))
    need_membership(box, channel)
    if channel.is_archived:
        raise ApiError("is_archived")
    thread_ts = args.needed("thread_ts")
    root = channel.messages.get(thread_ts)
    if root is None or root.is_reply:
        raise ApiError("thread_not_found")
    _recipient(box, channel, args)
    mode = args.text("task_display_mode") or "timeline"
    if mode not in MODES:
        raise InvalidArguments([f"must be one of: {', '.join(sorted(MODES))}"])
    stream = Stream(thread_ts, mode)
    stream.take(_chunks(args))
    body = {**app_body(box.workspace), **costume(box, args), "thread_ts": thread_ts}
    body |= {**_shown(stream), "streaming_state": "in_progress"}
    message, _ = box.happenings.post(channel, body)
    box.streams[channel.id, message.ts] = stream
    box.agents.posted((channel.id, thread_ts))
    return {"channel": channel.id, "ts": message.ts}


def _recipient(box: Box, channel: Channel, args: Args) -> None:
    """Outside of direct messages Slack wants to know for whom the text is written."""
    if channel.is_im:
        return
    if not args.text("recipient_user_id"):
        raise ApiError("missing_recipient_user_id")
    if not args.text("recipient_team_id"):
        raise ApiError("missing_recipient_team_id")
    if args.text("recipient_user_id") not in box.workspace.users:
        raise ApiError("user_not_found")


def _chunks(args: Args) -> list[Json]:
    return chunks_of(args.raw.get("markdown_text"), args.parsed("chunks", "invalid_chunks"))


def _shown(stream: Stream) -> Json:
    content = stream.content()
    return content if content["blocks"] else {"text": content["text"]}


def _streaming(box: Box, args: Args) -> tuple[Channel, Message, Stream]:
    channel = find_channel(box, args.text("channel"))
    message = channel.messages.get(args.needed("ts"))
    if message is None:
        raise ApiError("message_not_found")
    if not is_of_app(box.workspace, message):
        raise ApiError("message_not_owned_by_app")
    stream = box.streams.get((channel.id, message.ts))
    if stream is None:
        raise ApiError("message_not_in_streaming_state")
    return channel, message, stream


def append(box: Box, args: Args) -> Json:
    channel, message, stream = _streaming(box, args)
    chunks = _chunks(args)
    if stream.stopped:
        raise ApiError("stopped_by_user")
    if not chunks:
        raise ApiError("no_text")
    stream.take(chunks)
    box.happenings.stream(message, {**message.body, **_shown(stream)})
    return {"channel": channel.id, "ts": message.ts}


def stop(box: Box, args: Args) -> Json:
    """The last words, the blocks below them, and the end of the stream."""
    channel, message, stream = _streaming(box, args)
    chunks = _chunks(args)
    below = args.parsed("blocks", "invalid_blocks_format")
    checked = check_message(below) if below else []
    metadata = check_metadata(args.parsed("metadata", "invalid_metadata_format") or {})
    status = args.text("session_status")
    if status is not None and status not in STATUSES:
        raise ApiError("invalid_status")
    if not stream.stopped:
        stream.take(chunks)
    content = stream.content()
    blocks = [*content["blocks"], *checked]
    if not content["text"].strip() and not blocks:
        raise ApiError("no_text")
    body = {**message.body, "text": content["text"], "blocks": blocks, "streaming_state": "completed"}
    if metadata:
        body["metadata"] = metadata
    del box.streams[channel.id, message.ts]
    box.happenings.stream(message, body, done=True)
    if status is not None:
        box.agents.set_session((channel.id, stream.thread_ts), status)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(message)}
