"""What the workspace itself, its admins and other apps do by order of a test: one table."""

import asyncio
import time
from collections.abc import Callable

from sandbox import people
from sandbox.box import Box
from sandbox.clock import now_ts
from sandbox.errors import ActError
from sandbox.lookup import needed, put_in_thread
from sandbox.model import Channel, Json
from sandbox.text import stored


def _channel(box: Box, body: Json) -> Channel:
    channel = box.workspace.channels.get(str(body.get("channel")))
    if channel is None:
        raise ActError("channel_not_found")
    return channel


def _admin(box: Box) -> str:
    return next((user.id for user in box.workspace.users.values() if user.is_admin), "USLACKBOT")


def _person(box: Box, body: Json) -> str:
    """The person `user`, or the app when it says `bot`."""
    user = needed(body, "user")
    if user == "bot":
        return box.seed.app.bot_user_id
    if user not in box.workspace.users:
        raise ActError("user_not_found")
    return user


def _kick_bot(box: Box, body: Json) -> Json:
    box.rooms.leave(_channel(box, body), box.seed.app.bot_user_id, _admin(box))
    return {}


def _invite(box: Box, body: Json) -> Json:
    box.rooms.join(_channel(box, body), _person(box, body), _admin(box))
    return {}


def _kick(box: Box, body: Json) -> Json:
    box.rooms.leave(_channel(box, body), _person(box, body), _admin(box))
    return {}


def _archive(box: Box, body: Json) -> Json:
    box.rooms.archive(_channel(box, body), True, _admin(box))
    return {}


def _unarchive(box: Box, body: Json) -> Json:
    box.rooms.archive(_channel(box, body), False, _admin(box))
    return {}


def _rename(box: Box, body: Json) -> Json:
    box.rooms.rename(_channel(box, body), needed(body, "name"), _admin(box))
    return {}


def _create_channel(box: Box, body: Json) -> Json:
    channel = box.rooms.create(needed(body, "name"), _admin(box), is_private=bool(body.get("is_private")))
    return {"channel": channel.id}


def _share(box: Box, body: Json) -> Json:
    box.rooms.share(_channel(box, body), needed(body, "team"), True)
    return {}


def _unshare(box: Box, body: Json) -> Json:
    box.rooms.share(_channel(box, body), needed(body, "team"), False)
    return {}


def _set_user(box: Box, body: Json) -> Json:
    changes = {key: value for key, value in body.items() if key not in {"kind", "user", "workspace"}}
    box.staff.set_user(needed(body, "user"), changes)
    return {}


def _set_usergroup(box: Box, body: Json) -> Json:
    changes = {key: value for key, value in body.items() if key not in {"kind", "usergroup", "workspace"}}
    box.staff.set_group(needed(body, "usergroup"), changes)
    return {}


def _other_bot_post(box: Box, body: Json) -> Json:
    """A message of an app that is not ours."""
    channel = _channel(box, body)
    message: Json = {
        "type": "message",
        "subtype": "bot_message",
        "bot_id": "B0OTHERBOT",
        "app_id": "A0OTHERBOT",
        "username": "Other bot",
        "text": stored(str(body.get("text", "")), typed=False),
    }
    put_in_thread(channel, message, body)
    return {"ts": box.happenings.post(channel, message)[0].ts}


def _unfurl(box: Box, body: Json) -> Json:
    message = _channel(box, body).messages.get(str(body.get("ts")))
    if message is None:
        raise ActError("message_not_found")
    box.happenings.unfurl(message, str(body.get("url", "https://shop.example/")))
    return {}


def _disconnect(box: Box, body: Json) -> Json:
    return {"cut": box.sockets.cut_all()}


def _refresh(box: Box, body: Json) -> Json:
    reason = str(body.get("reason", "refresh_requested"))
    if reason not in {"refresh_requested", "warning", "link_disabled"}:
        raise ActError("unknown_reason")
    return {"asked": box.sockets.refresh(reason)}


def _revoke(box: Box, body: Json) -> Json:
    box.token_revoked = True
    tokens = {"oauth": [], "bot": [box.seed.app.bot_user_id]}
    event = {"type": "tokens_revoked", "tokens": tokens, "event_ts": now_ts()}
    box.events.anywhere("tokens_revoked", event)
    return {}


def _restore(box: Box, body: Json) -> Json:
    box.token_revoked = False
    return {}


def _uninstall(box: Box, body: Json) -> Json:
    if not box.installed:
        raise ActError("not_installed")
    box.uninstall()
    return {}


def _app_rate_limited(box: Box, body: Json) -> Json:
    box.events.rate_limited()
    return {}


def _fire_scheduled(box: Box, body: Json) -> Json:
    """Posts now what is due within `seconds`, so that no test has to wait."""
    seconds = body.get("seconds", 0)
    return {"fired": box.scheduled.fire(time.time() + (seconds if isinstance(seconds, int | float) else 0))}


def _post_stream(box: Box, body: Json) -> Json:
    """Posts of one person at a steady pace: `count` of them, `per_second`; `{n}` in the text counts."""
    user = box.workspace.users.get(str(body.get("as")))
    if user is None:
        raise ActError("user_not_found")
    count, pace = int(body.get("count", 10)), float(body.get("per_second", 1))
    details = {key: body[key] for key in ("channel", "thread_ts") if key in body}
    text = str(body.get("text", "Message {n}"))

    async def write() -> None:
        for number in range(1, count + 1):
            await people.act(
                box, {"as": user.id, "do": "post", **details, "text": text.replace("{n}", str(number))}
            )
            await asyncio.sleep(1 / pace)

    task = asyncio.get_running_loop().create_task(write())
    box.chores.add(task)
    task.add_done_callback(box.chores.discard)
    return {}


DOINGS: dict[str, Callable[[Box, Json], Json]] = {
    "app_rate_limited": _app_rate_limited,
    "archive": _archive,
    "create_channel": _create_channel,
    "disconnect_sockets": _disconnect,
    "fire_scheduled": _fire_scheduled,
    "invite": _invite,
    "kick": _kick,
    "kick_bot": _kick_bot,
    "other_bot_post": _other_bot_post,
    "post_stream": _post_stream,
    "refresh_sockets": _refresh,
    "rename": _rename,
    "restore_token": _restore,
    "revoke_token": _revoke,
    "set_user": _set_user,
    "set_usergroup": _set_usergroup,
    "share_channel": _share,
    "uninstall_app": _uninstall,
    "unarchive": _unarchive,
    "unfurl": _unfurl,
    "unshare_channel": _unshare,
}


def do(box: Box, body: Json) -> Json:
    """Raises ActError: unknown_kind, and those of what is done."""
    doing = DOINGS.get(str(body.get("kind")))
    if doing is None:
        raise ActError("unknown_kind", known=sorted(DOINGS))
    return doing(box, body)
