"""Clicks, forms, commands, shortcuts and what Bolt's acknowledgements do."""

from __future__ import annotations

from typing import Any

from benchmarks.conformance.checks import interaction
from benchmarks.conformance.verdicts import has, same, true
from benchmarks.conformance.views import OPEN, form, trigger
from benchmarks.conformance.workspace import ANN, BEN, DESK
from benchmarks.conformance.world import World


async def _opened(w: World, **more: Any) -> dict[str, Any]:
    view: dict[str, Any] = (await w.client.views_open(trigger_id=await trigger(w), view=form(**more)))["view"]
    w.acted.clear()
    return view


@interaction("block_actions", "tells user, team, place, message, state, response_url and the action")
async def _(w: World) -> None:
    select = {
        "type": "users_select",
        "action_id": "who",
        "placeholder": {"type": "plain_text", "text": "Who"},
    }
    blocks = [{"type": "actions", "block_id": "row", "elements": [{**OPEN, "value": "7"}, select]}]
    ts = (await w.client.chat_postMessage(channel=DESK, text="x", blocks=blocks))["ts"]
    await w.act(ANN, "select", channel=DESK, ts=ts, action_id="who", value=BEN)
    await w.act(ANN, "click", channel=DESK, ts=ts, action_id="open")
    body = w.acted[-1][1]
    has(body["user"], id=ANN, username="ann", team_id="T0TEAM")
    same((body["type"], body["api_app_id"], body["channel"]["id"]), ("block_actions", "A0APP", DESK))
    has(body["container"], type="message", message_ts=ts, channel_id=DESK, is_ephemeral=False)
    has(body["actions"][0], type="button", action_id="open", block_id="row", value="7")
    same(body["state"]["values"]["row"]["who"]["selected_user"], BEN)
    true(body["trigger_id"] and body["response_url"], "no trigger_id or response_url")


@interaction("block_actions", "in an ephemeral message says so")
async def _(w: World) -> None:
    blocks = [{"type": "actions", "elements": [OPEN]}]
    shown = await w.client.chat_postEphemeral(channel=DESK, user=ANN, text="x", blocks=blocks)
    await w.act(ANN, "click", channel=DESK, ts=shown["message_ts"], action_id="open")
    same(w.acted[0][1]["container"]["is_ephemeral"], True)


@interaction("block_suggestion", "asks for options while one types, and only those can be chosen")
async def _(w: World) -> None:
    option = {"text": {"type": "plain_text", "text": "CX-1"}, "value": "1"}
    w.answers["options"] = {"options": [option]}
    words = {"type": "plain_text", "text": "Case"}
    select = {"type": "external_select", "action_id": "case", "placeholder": words, "min_query_length": 0}
    blocks = [{"type": "actions", "block_id": "row", "elements": [select]}]
    ts = (await w.client.chat_postMessage(channel=DESK, text="x", blocks=blocks))["ts"]
    offered = await w.act(ANN, "suggest", channel=DESK, ts=ts, action_id="case", value="CX")
    same([each["value"] for each in offered["options"]], ["1"])
    has(w.acted[0][1], type="block_suggestion", value="CX", action_id="case", block_id="row")
    await w.act(ANN, "select", channel=DESK, ts=ts, action_id="case", value="1")
    same(w.acted[-1][1]["actions"][0]["selected_option"]["value"], "1")


@interaction("view_submission", "carries values, and closes the form on a plain ack")
async def _(w: World) -> None:
    view = await _opened(w, private_metadata="case 7")
    answer = await w.act(ANN, "submit", view_id=view["id"], values={"name": {"name": "Ann"}})
    body = w.acted[0][1]
    has(body, type="view_submission", response_urls=[])
    has(body["view"], id=view["id"], callback_id="form", private_metadata="case 7", hash=view["hash"])
    same(body["view"]["state"]["values"]["name"]["name"]["value"], "Ann")
    same(answer["closed"], True)


@interaction("view_submission", "shows the app's errors, and takes another form in its place")
async def _(w: World) -> None:
    view = await _opened(w)
    values = {"name": {"name": "Ann"}}
    w.answers["view"] = {"response_action": "errors", "errors": {"name": "No"}}
    same((await w.act(ANN, "submit", view_id=view["id"], values=values))["closed"], False)
    w.answers["view"] = {"response_action": "update", "view": form("Next")}
    await w.act(ANN, "submit", view_id=view["id"], values=values)
    same((await w.person(ANN))["views"][-1]["title"]["text"], "Next")
    w.answers["view"] = {"response_action": "push", "view": form("Above")}
    await w.act(ANN, "submit", view_id=view["id"], values=values)
    same([each["title"]["text"] for each in (await w.person(ANN))["views"]], ["Next", "Above"])
    w.answers["view"] = {"response_action": "clear"}
    top = (await w.person(ANN))["views"][-1]["id"]
    await w.act(ANN, "submit", view_id=top, values=values)
    same((await w.person(ANN))["views"], [])


@interaction("view_submission", "refuses errors at blocks that are no inputs, and empty required fields")
async def _(w: World) -> None:
    view = await _opened(w)
    w.answers["view"] = {"response_action": "errors", "errors": {"elsewhere": "No"}}
    filled = {"view_id": view["id"], "values": {"name": {"name": "Ann"}}}
    same((await w.control("act", **{"as": ANN, "do": "submit", **filled}))["error"], "invalid_ack")
    empty = {"view_id": view["id"], "values": {"name": {"name": ""}}}
    same((await w.control("act", **{"as": ANN, "do": "submit", **empty}))["error"], "invalid_values")


@interaction("view_closed", "comes when the app asked for it")
async def _(w: World) -> None:
    view = await _opened(w, notify_on_close=True)
    await w.act(ANN, "close_view", view_id=view["id"])
    has(w.acted[0][1], type="view_closed", is_cleared=False)


@interaction("slash command", "tells its place, and answers at once by the ack")
async def _(w: World) -> None:
    w.answers["command"] = {"text": "Here", "response_type": "ephemeral"}
    await w.act(ANN, "command", channel=DESK, text=f"/help-me for <@{BEN}>")
    body = w.acted[0][1]
    has(body, command="/help-me", text=f"for <@{BEN}|ben>", channel_id=DESK, channel_name="desk", user_id=ANN)
    has(body, team_domain="conformance", api_app_id="A0APP", user_name="ann")
    same([each["text"] for each in (await w.person(ANN))["ephemerals"]], ["Here"])


@interaction("slash command", "cannot be used in threads")
async def _(w: World) -> None:
    root = (await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]
    details = {"channel": DESK, "text": "/help-me", "thread_ts": root}
    answer = await w.control("act", **{"as": ANN, "do": "command", **details})
    same(answer["error"], "not_supported_in_threads")


@interaction("shortcut", "carries a trigger")
async def _(w: World) -> None:
    await w.act(ANN, "shortcut", callback_id="new")
    body = w.acted[0][1]
    has(body, type="shortcut", callback_id="new")
    await w.client.views_open(trigger_id=body["trigger_id"], view=form())


@interaction("message_action", "carries the message")
async def _(w: World) -> None:
    ts = (await w.act(BEN, "post", channel=DESK, text="this"))["ts"]
    await w.act(ANN, "message_shortcut", callback_id="send", channel=DESK, ts=ts)
    body = w.acted[0][1]
    has(body, type="message_action", callback_id="send", message_ts=ts)
    same((body["message"]["text"], body["channel"]["id"]), ("this", DESK))


async def _respond(w: World, url: str, **body: Any) -> int:
    async with w.session.post(url, json=body) as answer:
        return answer.status


@interaction("response_url", "replaces, deletes, adds; five times")
async def _(w: World) -> None:
    blocks = [{"type": "actions", "elements": [OPEN]}]
    ts = (await w.client.chat_postMessage(channel=DESK, text="x", blocks=blocks))["ts"]
    await w.act(ANN, "click", channel=DESK, ts=ts, action_id="open")
    url = w.acted[0][1]["response_url"]
    same(await _respond(w, url, replace_original=True, text="new"), 200)
    same((await w.messages(DESK))[0]["text"], "new")
    same(await _respond(w, url, text="only you"), 200)
    same(await _respond(w, url, text="all", response_type="in_channel", thread_ts=ts), 200)
    same((await w.messages(DESK))[-1]["thread_ts"], ts)
    same(await _respond(w, url, text="again"), 200)
    same(await _respond(w, url, delete_original=True), 200)
    same(await _respond(w, url, text="sixth"), 404)


@interaction("no answer", "shows the person that the app did not respond within 3 seconds")
async def _(w: World) -> None:
    await w.faults({"kind": "swallow_ack", "times": 1})
    details = {"channel": DESK, "text": "/help-me"}
    same((await w.control("act", **{"as": ANN, "do": "command", **details}))["error"], "operation_timeout")
