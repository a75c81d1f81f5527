"""files.*: the second version of uploading, which asks for an address, posts the bytes and completes."""

import secrets
import time

from sandbox import files
from sandbox.api.access import costume, find_channel, find_target, need_membership
from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.errors import ApiError, InvalidArguments
from sandbox.model import Channel, Json, Message
from sandbox.posts import content

MOST_ALT_TEXT = 1_000
MOST_SNIPPET_BYTES = 1 << 20
MOST_CHANNELS = 100


def get_upload_url(box: Box, args: Args) -> Json:
    name, length = args.needed("filename"), args.whole("length")
    if not length or length < 0:
        raise ApiError("missing_argument")
    if len(args.text("alt_txt") or "") > MOST_ALT_TEXT:
        raise ApiError("alt_txt_too_large")
    if args.text("snippet_type") and length > MOST_SNIPPET_BYTES:
        raise ApiError("snippet_too_large")
    if length > box.limits.file_bytes:
        raise ApiError("file_upload_size_restricted")
    ticket = {"id": files.new_file_id(), "secret": secrets.token_urlsafe(24), "name": name, "length": length}
    ticket |= {"alt_txt": args.text("alt_txt"), "received": False}
    box.workspace.keep_upload(ticket)
    return {"upload_url": f"http://{box.host}/upload/v1/{ticket['secret']}", "file_id": ticket["id"]}


def complete_upload(box: Box, args: Args) -> Json:
    """Makes the uploaded bytes files, and shares them in one message if a channel is given.

    As in Slack, the answer does not tell the message's ts: it is found in `shares` by files.info.
    """
    asked = _asked(args)
    tickets = [_ticket(box, each) for each in asked]
    channels = _channels(box, args)
    body = _body(box, args)
    threads = [_thread(channel, args) for channel in channels]
    made = []
    for each, ticket in zip(asked, tickets, strict=True):
        titles = {"title": str(each.get("title") or ""), "alt_txt": str(ticket["alt_txt"] or "")}
        file = files.describe(box, ticket["id"], box.seed.app.bot_user_id, ticket["name"], **titles)
        files.made(box, file)
        made.append(file)
    answer = [{**file, "channels": [], "groups": [], "ims": [], "shares": {}} for file in made]
    for channel, thread in zip(channels, threads, strict=True):
        hidden = box.faults.hidden_seconds("files.completeUploadExternal", channel.id)
        files.share(box, channel, {**body, **thread}, made, hidden)
    return {"files": answer}


def _asked(args: Args) -> list[Json]:
    asked = args.parsed("files", "invalid_arguments")
    if not isinstance(asked, list) or not asked:
        raise InvalidArguments(["missing required field: files"])
    for at, each in enumerate(asked):
        if not isinstance(each, dict) or not isinstance(each.get("id"), str):
            raise InvalidArguments([f"missing required field: id [json-pointer:/files/{at}]"])
    return asked


def _ticket(box: Box, asked: Json) -> Json:
    ticket = box.workspace.uploads.get(asked["id"])
    if ticket is None or not ticket["received"]:
        raise ApiError("file_not_found")
    return ticket


def _channels(box: Box, args: Args) -> list[Channel]:
    wanted = args.several("channels")
    if len(wanted) > MOST_CHANNELS:
        raise ApiError("channels_limit_exceeded")
    found = [find_target(box, Args({"channel": each})) for each in wanted]
    if args.text("channel_id"):
        found.insert(0, find_channel(box, args.text("channel_id")))
    if args.text("thread_ts") and len(found) > 1:
        raise InvalidArguments(["thread_ts needs exactly one channel"])
    for channel in found:
        need_membership(box, channel)
        if channel.is_archived:
            raise ApiError("is_archived")
    return found


def _body(box: Box, args: Args) -> Json:
    """What the message says beside the files."""
    comment = args.raw.get("initial_comment")
    blocks = None if comment else args.parsed("blocks", "invalid_blocks")
    shown = content({"text": comment, "blocks": blocks}) if comment or blocks else {"text": ""}
    author = {"type": "message", "subtype": "file_share", "user": box.seed.app.bot_user_id}
    return {**author, "team": box.workspace.team["id"], **shown, **costume(box, args)}


def _thread(channel: Channel, args: Args) -> Json:
    thread_ts = args.text("thread_ts")
    if thread_ts is None:
        return {}
    root = channel.messages.get(thread_ts)
    if root is None:
        raise ApiError("thread_not_found")
    if root.is_reply:
        raise ApiError("cannot_reply_to_message")
    return {"thread_ts": thread_ts}


def _known(box: Box, args: Args) -> Json:
    file = box.workspace.files.get(args.needed("file"))
    if file is None or not files.seen_by_app(box, file):
        raise ApiError("file_not_found")
    if file.get("deleted"):
        raise ApiError("file_deleted")
    return file


def info(box: Box, args: Args) -> Json:
    file = _known(box, args)
    now = time.monotonic()
    shown = {key: value for key, value in file.items() if key != "deleted"}
    shares = {
        kind: {
            channel: [each for each in entries if _readable(box, channel, each["ts"], now)]
            for channel, entries in channels.items()
        }
        for kind, channels in file["shares"].items()
    }
    metadata = {"response_metadata": {"next_cursor": ""}}
    return {"file": {**shown, "shares": shares, "comments_count": 0}, "comments": [], **metadata}


def _readable(box: Box, channel: str, ts: str, now: float) -> bool:
    message: Message | None = box.workspace.channels[channel].messages.get(ts)
    return message is not None and message.readable_at <= now


def delete(box: Box, args: Args) -> Json:
    file = _known(box, args)
    if file["user"] != box.seed.app.bot_user_id:
        raise ApiError("cant_delete_file")
    files.delete(box, file, box.seed.app.bot_user_id)
    return {}


def list_(box: Box, args: Args) -> Json:
    """Newest first, in pages that are counted."""
    count, number = args.whole("count") or 100, args.whole("page") or 1
    found = [
        {key: value for key, value in file.items() if key != "shares"}
        for file in reversed(box.workspace.files.values())
        if not file.get("deleted")
        and files.seen_by_app(box, file)
        and (not args.text("channel") or args.text("channel") in files.places(file))
        and (not args.text("user") or args.text("user") == file["user"])
    ]
    shown = found[(number - 1) * count : number * count]
    paging = {"count": count, "total": len(found), "page": number, "pages": -(-len(found) // count)}
    return {"files": shown, "paging": paging}
