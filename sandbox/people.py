"""What people in the workspace can do, as one table; the page and the tests act through it."""

import re
import time
import uuid
from base64 import b64decode
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from sandbox import files, forms, interactions, suggestions
from sandbox.api.reactions import valid_name
from sandbox.box import Box
from sandbox.clock import now_ts
from sandbox.config import Shortcut
from sandbox.errors import ActError, ApiError, NotDelivered
from sandbox.filling import filled
from sandbox.forms_of_app import close_view, submit
from sandbox.lookup import (
    member_channel,
    needed,
    origin,
    put_in_thread,
    seen_message,
    shown_message,
    view_of,
)
from sandbox.modals import View
from sandbox.model import Channel, Json, Message, User
from sandbox.text import stored
from sandbox.validate.elements import BUTTONS

MOST_TYPED = 40_000
TS = re.compile(r"\d{10}\.\d{6}")


async def post(box: Box, user: User, body: Json) -> Json:
    """Writes a message. A test may give the `ts`, to have the same one in two channels."""
    channel = member_channel(box, user, body)
    text = _typed(body)
    message: Json = {
        "type": "message",
        "user": user.id,
        **origin(box, user),
        "text": stored(text, typed=True),
        "blocks": forms.typed_blocks(text),
        "client_msg_id": str(uuid.uuid4()),
    }
    put_in_thread(channel, message, body)
    if body.get("ts"):
        message["ts"] = _own_ts(channel, str(body["ts"]))
    done, _ = box.happenings.post(channel, message)
    if done in channel.top:
        box.workspace.mark(user.id, channel.id, done.ts)
    return {"ts": done.ts, "channel": channel.id}


def _own_ts(channel: Channel, ts: str) -> str:
    if not TS.fullmatch(ts) or ts in channel.messages:
        raise ActError("invalid_ts")
    return ts


def _typed(body: Json) -> str:
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ActError("no_text")
    if len(text) > MOST_TYPED:
        raise ActError("msg_too_long")
    return text


async def edit(box: Box, user: User, body: Json) -> Json:
    _, message = seen_message(box, user, body)
    if message.user != user.id or message.body.get("bot_id"):
        raise ActError("cant_update_message")
    text = _typed(body)
    changed = {**message.body, "text": stored(text, typed=True), "blocks": forms.typed_blocks(text)}
    box.happenings.edit(message, changed, user.id)
    return {"ts": message.ts}


async def delete(box: Box, user: User, body: Json) -> Json:
    """One's own messages; a workspace admin may delete every message."""
    _, message = seen_message(box, user, body)
    own = message.user == user.id and not message.body.get("bot_id")
    if message.body.get("subtype") == "tombstone" or not (own or user.is_admin):
        raise ActError("cant_delete_message")
    box.happenings.delete(message)
    return {"ts": message.ts}


async def react(box: Box, user: User, body: Json) -> Json:
    _, message = seen_message(box, user, body)
    if not box.happenings.react(message, valid_name(needed(body, "name")), user.id):
        raise ActError("already_reacted")
    return {}


async def unreact(box: Box, user: User, body: Json) -> Json:
    _, message = seen_message(box, user, body)
    if not box.happenings.unreact(message, valid_name(needed(body, "name")), user.id):
        raise ActError("no_reaction")
    return {}


async def click(box: Box, user: User, body: Json) -> Json:
    """A button, or an entry of an overflow menu (`value`)."""
    return await _use(box, user, body, BUTTONS | {"overflow"})


async def select(box: Box, user: User, body: Json) -> Json:
    """A choice (`value`: an option's value, a list of them, a date …) in a message, form or home."""
    return await _use(box, user, body, None)


async def _use(box: Box, user: User, body: Json, kinds: frozenset[str] | None) -> Json:
    where = _where(box, user, body)
    blocks = where.body["blocks"] if isinstance(where, View) else _blocks(where[1])
    block, element = _element(blocks, body, kinds)
    value = body.get("value")
    state = None
    if element["type"] == "overflow":
        state = {"selected_option": forms.option(element, value)}
    elif element["type"] not in BUTTONS:
        state = filled(box, user, where, block, element, value)
        _state_of(box, user, where)[block["block_id"], element["action_id"]] = state
    action = forms.action(block, element, state, now_ts(), value)
    if isinstance(where, View):
        await interactions.view_action(box, user, where, action)
    else:
        await interactions.message_action(box, user, *where, action)
    return {}


async def suggest(box: Box, user: User, body: Json) -> Json:
    """What the app offers for the text (`value`) typed into an external select."""
    where = _where(box, user, body)
    blocks = where.body["blocks"] if isinstance(where, View) else _blocks(where[1])
    block, element = _element(blocks, {**body, "value": None}, suggestions.EXTERNAL)
    return await suggestions.suggest(box, user, where, block, element, str(body.get("value") or ""))


def _where(box: Box, user: User, body: Json) -> View | tuple[Channel, Message | Json]:
    return view_of(box, user, body) if body.get("view_id") else shown_message(box, user, body)


def _blocks(shown: Message | Json) -> list[Json]:
    body = shown.body if isinstance(shown, Message) else shown
    return body.get("blocks") or []


def _state_of(box: Box, user: User, where: View | tuple[Channel, Message | Json]) -> forms.State:
    if isinstance(where, View):
        return where.state
    channel, shown = where
    ts = shown.ts if isinstance(shown, Message) else shown["ts"]
    return box.message_state.setdefault((user.id, channel.id, ts), {})


def _element(blocks: list[Json], body: Json, kinds: Collection[str] | None) -> tuple[Json, Json]:
    """The named element; of several buttons alike, the one with the value, and no other."""
    action_id, block_id, value = body.get("action_id"), body.get("block_id"), body.get("value")
    found = [
        (block, element)
        for block, element in forms.elements(blocks)
        if element.get("action_id") == action_id
        and (not block_id or block["block_id"] == block_id)
        and (kinds is None or element["type"] in kinds)
    ]
    if value is not None:
        found = [pair for pair in found if pair[1]["type"] != "button" or pair[1].get("value") == value]
    if not found:
        raise ActError("element_not_found")
    return found[0]


async def upload(box: Box, user: User, body: Json) -> Json:
    """Files of a test: `files` is a list of {name, content} with the content in base64."""
    asked = body.get("files")
    try:
        parts = [files.Part(str(each["name"]), b64decode(each["content"])) for each in asked or []]
    except (KeyError, TypeError, ValueError):
        raise ActError("no_file") from None
    return files.upload(box, user, body, parts)


async def command(box: Box, user: User, body: Json) -> Json:
    channel = member_channel(box, user, body)
    if body.get("thread_ts"):
        raise ActError("not_supported_in_threads")
    word, _, text = needed(body, "text").partition(" ")
    entry = box.manifest.commands.get(word) if box.installed else None
    if entry is None:
        raise ActError("unknown_command")
    answer = await interactions.command(box, user, channel, entry, text.strip())
    if answer:
        box.responses.answer_command(user.id, channel, answer)
    return {}


async def shortcut(box: Box, user: User, body: Json) -> Json:
    await interactions.global_shortcut(box, user, _shortcut(box, body, "global"))
    return {}


async def message_shortcut(box: Box, user: User, body: Json) -> Json:
    entry = _shortcut(box, body, "message")
    channel, message = seen_message(box, user, body)
    await interactions.message_shortcut(box, user, entry, channel, message)
    return {}


def _shortcut(box: Box, body: Json, kind: str) -> Shortcut:
    entry = box.manifest.shortcuts.get(needed(body, "callback_id"))
    if entry is None or entry.kind != kind or not box.installed:
        raise ActError("unknown_shortcut")
    return entry


async def open_home(box: Box, user: User, body: Json) -> Json:
    if not box.manifest.home_tab:
        raise ActError("home_tab_disabled")
    home = box.modals.home(user.id)
    channel = _opened(box, user, "home", {"view": box.modals.show(home)} if home else {})
    return {"channel": channel.id}


async def open_dm(box: Box, user: User, body: Json) -> Json:
    """`viewing`: the channel the person looked at before, which an agent app is told."""
    if not box.manifest.messages_tab:
        raise ActError("messages_tab_disabled")
    more: Json = {}
    if box.manifest.agent:
        entity = {"type": "slack#/types/channel_id", "value": body.get("viewing")}
        entity["team_id"] = box.workspace.team["id"]
        more["context"] = {"entities": [entity] if entity["value"] else []}
    return {"channel": _opened(box, user, "messages", more).id}


async def stop_agent(box: Box, user: User, body: Json) -> Json:
    """The stop button of an agent session; its streams take nothing more.

    Raises ActError: nothing_to_stop, and those of channels.
    """
    channel = member_channel(box, user, body)
    thread_ts = needed(body, "thread_ts")
    session = box.agents.sessions.get((channel.id, thread_ts))
    if session is None or session.status != "processing" or not box.agents.stoppable:
        raise ActError("nothing_to_stop")
    stopped = []
    for (channel_id, ts), stream in box.streams.items():
        if (channel_id, stream.thread_ts) == (channel.id, thread_ts) and not stream.stopped:
            stream.stopped = True
            stopped.append(ts)
    event: Json = {"type": "agent_session_stopped", "channel": channel.id, "user": user.id}
    event |= {"thread_ts": thread_ts, "streaming_message_ts": stopped, "event_ts": now_ts()}
    box.events.about(channel, "agent_session_stopped", event)
    return {"streaming_message_ts": stopped}


def _opened(box: Box, user: User, tab: str, more: Json) -> Channel:
    channel = box.workspace.direct(user.id)
    event: Json = {"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": tab}
    box.events.about(channel, "app_home_opened", {**event, "event_ts": now_ts(), **more})
    return channel


Act = Callable[[Box, User, Json], Awaitable[Json]]

ACTS: dict[str, Act] = {
    "click": click,
    "close_view": close_view,
    "command": command,
    "delete": delete,
    "edit": edit,
    "message_shortcut": message_shortcut,
    "open_dm": open_dm,
    "open_home": open_home,
    "post": post,
    "react": react,
    "select": select,
    "shortcut": shortcut,
    "stop_agent": stop_agent,
    "submit": submit,
    "suggest": suggest,
    "unreact": unreact,
    "upload": upload,
}


async def act(box: Box, body: Any) -> Json:
    """Does what the body says (`as`, `do` and its details) and answers `ok` or an error code."""
    at = time.monotonic()
    try:
        if not isinstance(body, dict):
            raise ActError("invalid_request")
        user = box.workspace.users.get(str(body.get("as")))
        if user is None or user.is_bot:
            raise ActError("user_not_found")
        handler = ACTS.get(str(body.get("do")))
        if handler is None:
            raise ActError("unknown_act", known=sorted(ACTS))
        return {"ok": True, **await handler(box, user, body), "at": at}
    except (ActError, ApiError) as problem:
        if problem.code in {"invalid_ack", "invalid_options"}:
            box.refused.note(str(body.get("do")), problem.code, body, problem.extra)
        return {"ok": False, "error": problem.code, **problem.extra}
    except NotDelivered as problem:
        return {"ok": False, "error": problem.code}
