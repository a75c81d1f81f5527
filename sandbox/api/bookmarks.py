"""bookmarks.*"""

import secrets
import time

from sandbox.api.access import find_channel, need_membership
from sandbox.api.args import Args
from sandbox.box import Box
from sandbox.errors import ApiError
from sandbox.model import Channel, Json
from sandbox.validate.elements import WEB_ADDRESS

MOST_BOOKMARKS = 100
CHANGEABLE = ("title", "link", "emoji")


def _channel(box: Box, args: Args) -> Channel:
    channel = find_channel(box, args.text("channel_id"))
    need_membership(box, channel)
    if channel.is_archived:
        raise ApiError("is_archived")
    return channel


def add(box: Box, args: Args) -> Json:
    channel = _channel(box, args)
    title, kind, link = args.needed("title"), args.needed("type"), args.text("link")
    if kind != "link":
        raise ApiError("invalid_bookmark_type")
    _check_link(link)
    if len(channel.bookmarks) >= MOST_BOOKMARKS:
        raise ApiError("too_many_bookmarks")
    now, bot = int(time.time()), box.seed.app.bot_user_id
    bookmark: Json = {
        "id": f"Bk{secrets.token_hex(5).upper()}",
        "channel_id": channel.id,
        "title": title,
        "link": link,
        "emoji": args.text("emoji") or "",
        "icon_url": "",
        "type": kind,
        "entity_id": args.text("entity_id"),
        "date_created": now,
        "date_updated": 0,
        "rank": f"{len(channel.bookmarks):04d}",
        "last_updated_by_user_id": bot,
        "last_updated_by_team_id": box.workspace.team["id"],
        "shortcut_id": None,
        "app_id": box.seed.app.app_id,
    }
    channel.bookmarks[bookmark["id"]] = bookmark
    box.rooms.save(channel)
    return {"bookmark": bookmark}


def _check_link(link: str | None) -> None:
    if link is None or not WEB_ADDRESS.fullmatch(link):
        raise ApiError("invalid_link")


def _bookmark(channel: Channel, args: Args) -> Json:
    bookmark = channel.bookmarks.get(args.needed("bookmark_id"))
    if bookmark is None:
        raise ApiError("bookmark_not_found")
    return bookmark


def edit(box: Box, args: Args) -> Json:
    channel = _channel(box, args)
    bookmark = _bookmark(channel, args)
    if args.text("link"):
        _check_link(args.text("link"))
    bookmark |= {key: args.text(key) for key in CHANGEABLE if args.text(key)}
    bookmark["date_updated"] = int(time.time())
    box.rooms.save(channel)
    return {"bookmark": bookmark}


def remove(box: Box, args: Args) -> Json:
    channel = _channel(box, args)
    del channel.bookmarks[_bookmark(channel, args)["id"]]
    box.rooms.save(channel)
    return {}


def list_(box: Box, args: Args) -> Json:
    channel = find_channel(box, args.text("channel_id"))
    need_membership(box, channel)
    return {"bookmarks": list(channel.bookmarks.values())}
