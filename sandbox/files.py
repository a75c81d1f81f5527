"""Files that people upload: their content on disk, their description in the workspace."""

import mimetypes
import secrets
import time
from pathlib import Path
from urllib.parse import quote

from sandbox.box import Box
from sandbox.errors import ActError
from sandbox.lookup import member_channel
from sandbox.model import Json, User
from sandbox.people import put_in_thread
from sandbox.text import stored


def _path(box: Box, file_id: str) -> Path:
    return box.options.data / "files" / file_id


def content(box: Box, file_id: str) -> Path:
    """Raises ActError(file_not_found)."""
    if file_id not in box.workspace.files or not _path(box, file_id).is_file():
        raise ActError("file_not_found")
    return _path(box, file_id)


def upload(box: Box, user: User, body: Json, name: str, data: bytes) -> Json:
    """Keeps a file and posts it as a `file_share` message in a channel or thread.

    Raises ActError: those of posting, no_file.
    """
    if not name:
        raise ActError("no_file")
    channel = member_channel(box, user, body)
    message: Json = {
        "type": "message",
        "subtype": "file_share",
        "user": user.id,
        "team": box.workspace.team["id"],
        "text": stored(str(body.get("text") or ""), typed=True),
        "upload": False,
        "display_as_bot": False,
    }
    put_in_thread(channel, message, body)
    file = _keep(box, user, name, data)
    message["files"] = [file]
    done, _ = box.happenings.post(channel, message)
    return {"ok": True, "ts": done.ts, "channel": channel.id, "file": file}


def _keep(box: Box, user: User, name: str, data: bytes) -> Json:
    file_id = f"F{secrets.token_hex(5).upper()}"
    path = _path(box, file_id)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    now = int(time.time())
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    suffix = Path(name).suffix.lstrip(".").lower() or "binary"
    address = f"http://{box.host}/files/{box.workspace.team['id']}-{file_id}/{quote(name, safe='')}"
    file: Json = {
        "id": file_id,
        "created": now,
        "timestamp": now,
        "name": name,
        "title": name,
        "mimetype": mimetype,
        "filetype": suffix,
        "pretty_type": suffix.upper(),
        "user": user.id,
        "user_team": box.workspace.team["id"],
        "size": len(data),
        "mode": "hosted",
        "is_external": False,
        "is_public": True,
        "url_private": address,
        "url_private_download": address,
        "permalink": address,
    }
    box.workspace.keep_file(file)
    return file
