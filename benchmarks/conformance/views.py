"""views.*, agents.sessions.*, assistant.threads.* and streams."""

from __future__ import annotations

from typing import Any

from slack_sdk.models.messages.chunk import MarkdownTextChunk, TaskUpdateChunk

from benchmarks.conformance.checks import method
from benchmarks.conformance.verdicts import has, same, true
from benchmarks.conformance.workspace import ANN, DESK
from benchmarks.conformance.world import World

FIELD = {
    "type": "input",
    "block_id": "name",
    "label": {"type": "plain_text", "text": "Name"},
    "element": {"type": "plain_text_input", "action_id": "name"},
}
OPEN = {"type": "button", "action_id": "open", "text": {"type": "plain_text", "text": "Open"}}


def form(title: str = "Form", **more: Any) -> dict[str, Any]:
    words = {"title": {"type": "plain_text", "text": title}, "submit": {"type": "plain_text", "text": "Save"}}
    return {"type": "modal", "callback_id": "form", **words, "blocks": [FIELD], **more}


async def trigger(w: World, person: str = ANN) -> str:
    """A trigger_id from a click on a button in a message."""
    blocks = [{"type": "actions", "elements": [OPEN]}]
    ts = (await w.client.chat_postMessage(channel=DESK, text="x", blocks=blocks))["ts"]
    w.acted.clear()
    await w.act(person, "click", channel=DESK, ts=ts, action_id="open")
    return str(w.acted[0][1]["trigger_id"])


@method("views.open", "opens a form for whoever clicked, once per trigger")
async def _(w: World) -> None:
    there = await trigger(w)
    view = (await w.client.views_open(trigger_id=there, view=form()))["view"]
    has(
        view, type="modal", callback_id="form", previous_view_id=None, root_view_id=view["id"], app_id="A0APP"
    )
    same([each["id"] for each in (await w.person(ANN))["views"]], [view["id"]])
    await w.refused(w.client.views_open(trigger_id=there, view=form()), "exchanged_trigger_id")
    await w.refused(w.client.views_open(trigger_id="1.2.3", view=form()), "invalid_trigger_id")


@method("views.push", "stacks forms three deep")
async def _(w: World) -> None:
    view = (await w.client.views_open(trigger_id=await trigger(w), view=form(blocks=[*_clickable()])))["view"]
    for _ in range(2):
        w.acted.clear()
        await w.act(ANN, "click", view_id=view["id"], action_id="open")
        there = w.acted[0][1]["trigger_id"]
        pushed = (await w.client.views_push(trigger_id=there, view=form(blocks=[*_clickable()])))["view"]
        has(pushed, previous_view_id=view["id"])
        view = pushed
    w.acted.clear()
    await w.act(ANN, "click", view_id=view["id"], action_id="open")
    fourth = w.client.views_push(trigger_id=w.acted[0][1]["trigger_id"], view=form())
    await w.refused(fourth, "push_limit_reached")


def _clickable() -> list[dict[str, Any]]:
    return [{"type": "actions", "elements": [OPEN]}]


@method("views.update", "replaces a form unless its hash is old")
async def _(w: World) -> None:
    view = (await w.client.views_open(trigger_id=await trigger(w), view=form()))["view"]
    newer = (await w.client.views_update(view_id=view["id"], hash=view["hash"], view=form("New")))["view"]
    same(newer["title"]["text"], "New")
    old = w.client.views_update(view_id=view["id"], hash=view["hash"], view=form())
    await w.refused(old, "hash_conflict")
    await w.refused(w.client.views_update(view_id="V0", view=form()), "not_found")


@method("views.publish", "sets a person's Home")
async def _(w: World) -> None:
    view = (await w.client.views_publish(user_id=ANN, view={"type": "home", "blocks": _clickable()}))["view"]
    same((await w.person(ANN))["home"]["id"], view["id"])
    w.acted.clear()
    await w.act(ANN, "click", view_id=view["id"], action_id="open")
    same(w.acted[0][1]["view"]["type"], "home")


async def _asked(w: World) -> dict[str, str]:
    pane = (await w.act(ANN, "open_dm"))["channel"]
    return {"channel_id": pane, "thread_ts": (await w.act(ANN, "post", channel=pane, text="?"))["ts"]}


@method("agents.sessions.setStatus", "makes a session, with a stop button while it is processing")
async def _(w: World) -> None:
    where = await _asked(w)
    answer = await w.client.agents_sessions_setStatus(**where, status="processing", title="Cases")
    same((answer["status"], answer["title"]), ("processing", "Cases"))
    (thread,) = (await w.person(ANN))["agent"]["threads"]
    same(thread["session"], {"status": "processing", "title": "Cases", "stoppable": True})
    await w.refused(w.client.agents_sessions_setStatus(**where, status="busy"), "invalid_status")


@method("agents.sessions.rename", "renames a session")
async def _(w: World) -> None:
    where = await _asked(w)
    await w.refused(w.client.agents_sessions_rename(**where, title="New"), "session_not_found")
    await w.client.agents_sessions_setStatus(**where, status="active")
    same((await w.client.agents_sessions_rename(**where, title="New"))["title"], "New")


@method("assistant.threads.setStatus", "shows a line until the app posts")
async def _(w: World) -> None:
    where = await _asked(w)
    line = {"status": "is thinking…", "loading_messages": ["Reading"]}
    await w.client.api_call("assistant.threads.setStatus", json={**where, **line})
    same((await w.person(ANN))["agent"]["threads"][0]["status"], "is thinking…")
    await w.client.chat_postMessage(channel=where["channel_id"], thread_ts=where["thread_ts"], text="x")
    same((await w.person(ANN))["agent"]["threads"], [])


@method("assistant.threads.setSuggestedPrompts", "shows prompts; an agent app that names a thread is ignored")
async def _(w: World) -> None:
    where, prompts = await _asked(w), [{"title": "Mine", "message": "Which are mine?"}]
    call = w.client.assistant_threads_setSuggestedPrompts
    await call(channel_id=where["channel_id"], prompts=prompts)
    await call(**where, prompts=[{"title": "x", "message": "y"}])
    same((await w.person(ANN))["agent"]["prompts"], prompts)


@method("assistant.threads.setTitle", "names a thread")
async def _(w: World) -> None:
    await w.client.assistant_threads_setTitle(**await _asked(w), title="Open cases")
    same((await w.person(ANN))["agent"]["threads"][0]["session"]["title"], "Open cases")


async def _stream(w: World) -> Any:
    root = (await w.client.chat_postMessage(channel=DESK, text="root"))["ts"]
    recipient = {"recipient_user_id": ANN, "recipient_team_id": "T0TEAM"}
    return await w.client.chat_stream(channel=DESK, thread_ts=root, buffer_size=1, **recipient)


@method("chat.startStream", "starts a message that is being written")
async def _(w: World) -> None:
    stream = await _stream(w)
    await stream.append(markdown_text="**Two**")
    message = next(each for each in await w.messages(DESK) if each["ts"] == stream.ts)
    has(message, streaming_state="in_progress", text="**Two**")
    root = (await w.client.chat_postMessage(channel=DESK, text="root"))["ts"]
    nobody = w.client.chat_startStream(channel=DESK, thread_ts=root)
    await w.refused(nobody, "missing_recipient_user_id")


@method("chat.appendStream", "adds text, tasks and blocks")
async def _(w: World) -> None:
    stream = await _stream(w)
    await stream.append(chunks=[TaskUpdateChunk(id="1", title="Look", status="in_progress")])
    await stream.append(chunks=[TaskUpdateChunk(id="1", title="Look", status="complete")])
    await stream.append(chunks=[MarkdownTextChunk(text="Done.")])
    message = next(each for each in await w.messages(DESK) if each["ts"] == stream.ts)
    same([block["type"] for block in message["blocks"]], ["task_card", "markdown"])
    same(message["blocks"][0]["status"], "complete")


@method("chat.stopStream", "ends the message, which the app hears as a change without an edit")
async def _(w: World) -> None:
    stream = await _stream(w)
    await stream.append(markdown_text="One ")
    done = await stream.stop(markdown_text="two.", blocks=[{"type": "divider"}])
    has(done["message"], text="One two.", streaming_state="completed")
    changed = await w.event("message", subtype="message_changed")
    true("edited" not in changed["message"], "looks like an edit")
    over = w.client.chat_appendStream(channel=DESK, ts=stream.ts, markdown_text="x")
    await w.refused(over, "message_not_in_streaming_state")
