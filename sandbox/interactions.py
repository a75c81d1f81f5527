"""What people do with the app's elements, as the payloads Slack sends: clicks, forms, commands, shortcuts."""

from sandbox.box import Box
from sandbox.clock import now_ts
from sandbox.config import Command, Shortcut
from sandbox.errors import ActError
from sandbox.forms import values
from sandbox.modals import View
from sandbox.model import Channel, Json, Message, User
from sandbox.render import message_json
from sandbox.text import TOKEN


def _base(box: Box, type_: str, user: User) -> Json:
    team = box.workspace.team
    return {
        "type": type_,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": team["id"]},
        "api_app_id": box.seed.app.app_id,
        "token": "sandbox-verification-token",
        "team": {"id": team["id"], "domain": team["domain"]},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _place(channel: Channel) -> Json:
    name = {"channel": channel.name, "group": "privategroup", "im": "directmessage"}[channel.kind]
    return {"id": channel.id, "name": name}


async def send(box: Box, payload: Json) -> Json | None:
    """Raises ActError(interactivity_disabled) or NotDelivered."""
    if not box.manifest.interactive:
        raise ActError("interactivity_disabled")
    return await box.delivery.interaction("interactive", payload)


async def message_action(box: Box, user: User, channel: Channel, shown: Message | Json, action: Json) -> None:
    """A click or choice in a message, or in an ephemeral one (a plain object)."""
    payload = _base(box, "block_actions", user)
    blocks: list[Json]
    if isinstance(shown, Message):
        ts, thread_ts, blocks = shown.ts, shown.thread_ts, shown.body.get("blocks") or []
        payload["message"] = message_json(shown)
    else:
        ts, thread_ts, blocks = shown["ts"], shown.get("thread_ts"), shown.get("blocks") or []
    ephemeral = not isinstance(shown, Message)
    container = {"type": "message", "message_ts": ts, "channel_id": channel.id, "is_ephemeral": ephemeral}
    if thread_ts:
        container["thread_ts"] = thread_ts
    state = box.message_state.get((user.id, channel.id, ts), {})
    payload |= {
        "container": container,
        "trigger_id": box.triggers.give(user.id),
        "channel": _place(channel),
        "state": {"values": values(blocks, state)},
        "response_url": box.responses.open(user.id, channel, shown),
        "actions": [action],
    }
    await send(box, payload)


async def view_action(box: Box, user: User, view: View, action: Json) -> None:
    """A click or choice in a form or in the App Home."""
    payload = _base(box, "block_actions", user)
    payload |= {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": box.triggers.give(user.id, view.id if view.body["type"] == "modal" else None),
        "view": box.modals.show(view),
        "actions": [action],
    }
    await send(box, payload)


async def ask_for_options(
    box: Box, user: User, place: View | tuple[Channel, Message | Json], block: Json, element: Json, typed: str
) -> Json | None:
    """What a person typed into an external select; the answer holds its options."""
    payload = _base(box, "block_suggestion", user)
    payload |= {"action_id": element["action_id"], "block_id": block["block_id"], "value": typed}
    if isinstance(place, View):
        payload["container"] = {"type": "view", "view_id": place.id}
        payload["view"] = box.modals.show(place)
        return await send(box, payload)
    channel, shown = place
    message = message_json(shown) if isinstance(shown, Message) else shown
    payload["container"] = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": not isinstance(shown, Message),
    }
    payload |= {"channel": _place(channel), "message": message}
    return await send(box, payload)


async def submit(box: Box, user: User, view: View) -> Json | None:
    """The answer of the app to a submitted form: None closes it."""
    payload = _base(box, "view_submission", user)
    trigger_id = box.triggers.give(user.id, view.id)
    payload |= {"trigger_id": trigger_id, "view": box.modals.show(view), "response_urls": []}
    return await send(box, payload)


async def closed(box: Box, user: User, view: View, *, cleared: bool) -> None:
    payload = _base(box, "view_closed", user)
    payload |= {"view": box.modals.show(view), "is_cleared": cleared}
    await send(box, payload)


async def global_shortcut(box: Box, user: User, shortcut: Shortcut) -> None:
    payload = _base(box, "shortcut", user)
    payload |= {
        "callback_id": shortcut.callback_id,
        "trigger_id": box.triggers.give(user.id),
        "action_ts": now_ts(),
    }
    await send(box, payload)


async def message_shortcut(
    box: Box, user: User, shortcut: Shortcut, channel: Channel, message: Message
) -> None:
    payload = _base(box, "message_action", user)
    payload |= {
        "callback_id": shortcut.callback_id,
        "trigger_id": box.triggers.give(user.id),
        "action_ts": now_ts(),
        "message_ts": message.ts,
        "channel": _place(channel),
        "message": message_json(message),
        "response_url": box.responses.open(user.id, channel, message),
    }
    await send(box, payload)


async def command(box: Box, user: User, channel: Channel, entry: Command, text: str) -> Json | None:
    """A slash command; the answer is what the acknowledgement says at once, if anything."""
    team = box.workspace.team
    payload: Json = {
        "token": "sandbox-verification-token",
        "team_id": team["id"],
        "team_domain": team["domain"],
        "channel_id": channel.id,
        "channel_name": _place(channel)["name"],
        "user_id": user.id,
        "user_name": user.name,
        "command": entry.command,
        "text": _command_text(box, entry, text),
        "api_app_id": box.seed.app.app_id,
        "is_enterprise_install": "false",
        "response_url": box.responses.open(user.id, channel),
        "trigger_id": box.triggers.give(user.id),
    }
    return await box.delivery.interaction("slash_commands", payload)


def _command_text(box: Box, entry: Command, text: str) -> str:
    """With `should_escape` mentions stay `<@U…|name>`; without it they arrive as typed, `@name`."""

    def plain(user_id: str) -> str:
        user = box.workspace.users.get(user_id)
        return user.name if user else user_id

    parts: list[str] = []
    end = 0
    for match in TOKEN.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        if match["user"]:
            name = plain(match["user"])
            parts.append(f"<@{match['user']}|{name}>" if entry.should_escape else f"@{name}")
        else:
            parts.append(match[0])
    return "".join([*parts, text[end:]])
