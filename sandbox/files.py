"""Files: their content on disk, their description in the workspace, and the messages that share them."""

import mimetypes
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sandbox.box import Box
from sandbox.clock import now_ts
from sandbox.errors import ActError
from sandbox.forms import typed_blocks
from sandbox.lookup import member_channel, origin, put_in_thread
from sandbox.model import Channel, Json, Message, User
from sandbox.pictures import picture_size
from sandbox.text import stored

# What a file in a message does not carry; files.info and files.completeUploadExternal do.
ONLY_IN_FULL = ("channels", "groups", "ims", "shares", "has_more_shares", "comments_count", "deleted")
FILETYPES = {
    ".bin": ("binary", "Binary"),
    ".csv": ("csv", "CSV"),
    ".doc": ("doc", "Word Document"),
    ".docx": ("docx", "Word Document"),
    ".gif": ("gif", "GIF"),
    ".jpeg": ("jpg", "JPEG"),
    ".jpg": ("jpg", "JPEG"),
    ".json": ("json", "JSON"),
    ".md": ("markdown", "Markdown (raw)"),
    ".mp4": ("mp4", "MPEG 4 Video"),
    ".pdf": ("pdf", "PDF"),
    ".png": ("png", "PNG"),
    ".txt": ("text", "Plain Text"),
    ".webp": ("webp", "WebP"),
    ".xlsx": ("xlsx", "Excel Spreadsheet"),
    ".zip": ("zip", "Zip"),
}
THUMBNAILS = (64, 80, 160, 360, 480, 720, 960, 1024)


@dataclass(frozen=True, slots=True)
class Part:
    """One file a person sends."""

    name: str
    data: bytes


def new_file_id() -> str:
    return f"F{secrets.token_hex(5).upper()}"


def path_of(box: Box, file_id: str) -> Path:
    """Where the content lies, or will lie."""
    folder = box.options.data / "files"
    folder.mkdir(exist_ok=True)
    return folder / file_id


def content(box: Box, file_id: str) -> Path:
    """Raises ActError(file_not_found)."""
    file = box.workspace.files.get(file_id)
    if file is None or file.get("deleted") or not path_of(box, file_id).is_file():
        raise ActError("file_not_found")
    return path_of(box, file_id)


def describe(box: Box, file_id: str, user: str, name: str, **more: str) -> Json:
    """The object Slack makes of a file whose content is on disk. `more`: title, alt_txt."""
    now = int(time.time())
    suffix = Path(name).suffix.lower()
    filetype, pretty = FILETYPES.get(suffix, (suffix.lstrip(".") or "binary", suffix.lstrip(".").upper()))
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    team = box.workspace.team["id"]
    ours = f"http://{box.host}/files-pri/{team}-{file_id}"
    file: Json = {
        "id": file_id,
        "created": now,
        "timestamp": now,
        "name": name,
        "title": name,
        "mimetype": mimetype,
        "filetype": filetype,
        "pretty_type": pretty or "Binary",
        "user": user,
        "user_team": team,
        "editable": False,
        "size": path_of(box, file_id).stat().st_size,
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": False,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{ours}/{quote(name, safe='')}",
        "url_private_download": f"{ours}/download/{quote(name, safe='')}",
        "media_display_type": "unknown",
        "permalink": f"http://{box.host}/files/{user}/{file_id}/{quote(name, safe='')}",
        "permalink_public": f"http://{box.host}/{team}-{file_id}-{secrets.token_hex(5)}",
        "has_rich_preview": False,
        "file_access": "visible",
        **{key: value for key, value in more.items() if value},
    }
    return {**file, **_picture(box, file), "channels": [], "groups": [], "ims": [], "shares": {}}


def _picture(box: Box, file: Json) -> Json:
    """Size and thumbnails of a picture; the sandbox serves the picture itself as each thumbnail."""
    size = picture_size(path_of(box, file["id"]))
    if size is None:
        return {}
    wide, high = size
    shown: Json = {"original_w": wide, "original_h": high}
    for edge in THUMBNAILS:
        if edge <= 160 or max(wide, high) >= edge:
            shown[f"thumb_{edge}"] = file["url_private"]
    return shown


def in_message(file: Json) -> Json:
    """A file as messages show it."""
    return {key: value for key, value in file.items() if key not in ONLY_IN_FULL}


def upload(box: Box, user: User, body: Json, parts: list[Part]) -> Json:
    """Keeps files and posts them as one `file_share` message of a person in a channel or thread.

    Raises ActError: those of posting, no_file, file_too_large.
    """
    if not parts or not all(part.name for part in parts):
        raise ActError("no_file")
    if any(len(part.data) > box.limits.file_bytes for part in parts):
        raise ActError("file_too_large")
    channel = member_channel(box, user, body)
    text = str(body.get("text") or "")
    message: Json = {
        "type": "message",
        "subtype": "file_share",
        "user": user.id,
        **origin(box, user),
        "text": stored(text, typed=True),
        "blocks": typed_blocks(text),
    }
    put_in_thread(channel, message, body)
    kept = [_keep(box, user, part) for part in parts]
    done = share(box, channel, message, kept)
    box.workspace.mark(user.id, channel.id, done.ts)
    shown = [in_message(file) for file in kept]
    return {"ok": True, "ts": done.ts, "channel": channel.id, "file": shown[0], "files": shown}


def _keep(box: Box, user: User, part: Part) -> Json:
    file_id = new_file_id()
    path_of(box, file_id).write_bytes(part.data)
    file = describe(box, file_id, user.id, part.name)
    made(box, file)
    return file


def keep(box: Box, user: User, part: Part) -> Json:
    """Keeps a file that a form will carry; nobody sees it until then.

    Raises ActError: no_file, file_too_large.
    """
    if not part.name:
        raise ActError("no_file")
    if len(part.data) > box.limits.file_bytes:
        raise ActError("file_too_large")
    return _keep(box, user, part)


def made(box: Box, file: Json) -> None:
    """Keeps a new file and tells the app."""
    box.workspace.keep_file(file)
    _tell(box, "file_created", file, {})


def share(box: Box, channel: Channel, message: Json, files: list[Json], hidden_seconds: float = 0) -> Message:
    """Posts `message` with files, and notes in each file where it was shared."""
    for file in files:
        file["is_public"] = file["is_public"] or channel.kind == "channel"
    message |= {"upload": False, "display_as_bot": False, "files": [in_message(file) for file in files]}
    done, _ = box.happenings.post(channel, message, hidden_seconds=hidden_seconds)
    for file in files:
        _note_share(file, channel, done)
        box.workspace.keep_file(file)
        _tell(box, "file_shared", file, {"channel_id": channel.id})
    return done


def _note_share(file: Json, channel: Channel, message: Message) -> None:
    where = {"channel": "channels", "group": "groups", "im": "ims"}[channel.kind]
    if channel.id not in file[where]:
        file[where].append(channel.id)
    shared: Json = {"ts": message.ts, "channel_name": channel.name, "reply_count": 0, "reply_users": []}
    if message.is_reply:
        shared["thread_ts"] = message.thread_ts
    kind = "public" if channel.kind == "channel" else "private"
    file["shares"].setdefault(kind, {}).setdefault(channel.id, []).append(shared)


def delete(box: Box, file: Json, actor: str) -> None:
    """Removes a file; the messages that share it show a tombstone in its place."""
    path_of(box, file["id"]).unlink(missing_ok=True)
    box.workspace.keep_file({**file, "deleted": True})
    tombstone = {"id": file["id"], "mode": "tombstone", "file_access": "file_not_found"}
    for channel_id in places(file):
        channel = box.workspace.channels[channel_id]
        for message in [each for each in channel.messages.values() if _shares(each, file)]:
            left = [tombstone if each["id"] == file["id"] else each for each in message.body["files"]]
            box.happenings.edit(message, {**message.body, "files": left}, actor, edited=False)
    _tell(box, "file_deleted", file, {})


def _shares(message: Message, file: Json) -> bool:
    return any(each["id"] == file["id"] for each in message.body.get("files", ()))


def places(file: Json) -> list[str]:
    """The conversations in which a file has been shared."""
    return [*file["channels"], *file["groups"], *file["ims"]]


def seen_by_app(box: Box, file: Json) -> bool:
    """Whether the app made the file, got it in a form, or sits in a conversation where it was shared."""
    bot = box.seed.app.bot_user_id
    if file["user"] == bot or file["id"] in box.files_in_forms:
        return True
    return any(bot in box.workspace.channels[each].members for each in places(file))


def _tell(box: Box, type_: str, file: Json, where: Json) -> None:
    if type_ in box.manifest.events and (type_ == "file_deleted" or seen_by_app(box, file)):
        event: Json = {"type": type_, "file_id": file["id"], "user_id": file["user"], **where}
        if type_ != "file_deleted":
            event["file"] = {"id": file["id"]}
        event["event_ts"] = now_ts()
        box.events.send(type_, event, where.get("channel_id"))
