"""What the app hears: each event, and the wrapper around it."""

from __future__ import annotations

from benchmarks.conformance.checks import event
from benchmarks.conformance.verdicts import has, same, true
from benchmarks.conformance.workspace import ANN, BEN, BOT, DESK, OTHER
from benchmarks.conformance.world import World


@event("message", "comes in Slack's wrapper")
async def _(w: World) -> None:
    await w.act(ANN, "post", channel=DESK, text="hello")
    body = await w.body("message", text="hello")
    has(body, type="event_callback", team_id="T0TEAM", api_app_id="A0APP", is_ext_shared_channel=False)
    true(body["event_id"].startswith("Ev") and isinstance(body["event_time"], int), "no id or time")
    has(body["authorizations"][0], user_id=BOT, is_bot=True, team_id="T0TEAM")
    has(body["event"], user=ANN, channel=DESK, channel_type="channel")
    same(body["event"]["ts"], body["event"]["event_ts"])


@event("message", "echoes the app's own posts with user, bot_id and app_id")
async def _(w: World) -> None:
    ts = (await w.client.chat_postMessage(channel=DESK, text="mine"))["ts"]
    has(await w.event("message", ts=ts), user=BOT, bot_id="B0BOT", app_id="A0APP")


@event("message", "changed: the message, the one before, and who edited")
async def _(w: World) -> None:
    ts = (await w.act(ANN, "post", channel=DESK, text="one"))["ts"]
    await w.act(ANN, "edit", channel=DESK, ts=ts, text="two")
    changed = await w.event("message", subtype="message_changed")
    has(changed, hidden=True, channel=DESK, channel_type="channel")
    has(changed["message"], ts=ts, text="two")
    same((changed["message"]["edited"]["user"], changed["previous_message"]["text"]), (ANN, "one"))


@event("message", "deleted: which, and what it was")
async def _(w: World) -> None:
    ts = (await w.act(ANN, "post", channel=DESK, text="gone"))["ts"]
    await w.act(ANN, "delete", channel=DESK, ts=ts)
    deleted = await w.event("message", subtype="message_deleted")
    same((deleted["deleted_ts"], deleted["previous_message"]["text"]), (ts, "gone"))


@event("message", "unfurled: changed without having been edited")
async def _(w: World) -> None:
    ts = (await w.act(ANN, "post", channel=DESK, text="see https://shop.example"))["ts"]
    await w.do("unfurl", channel=DESK, ts=ts)
    changed = await w.event("message", subtype="message_changed")
    true("edited" not in changed["message"] and changed["message"]["attachments"], "looks like an edit")


@event("message", "replies also sent to the channel carry their thread's first message")
async def _(w: World) -> None:
    root = (await w.act(ANN, "post", channel=DESK, text="root"))["ts"]
    await w.act(ANN, "post", channel=DESK, text="loud", thread_ts=root, broadcast=True)
    loud = await w.event("message", subtype="thread_broadcast")
    same((loud["thread_ts"], loud["root"]["ts"]), (root, root))


@event("message", "from other apps comes with their bot_id")
async def _(w: World) -> None:
    await w.do("other_bot_post", channel=DESK, text="beep")
    has(await w.event("message", text="beep"), subtype="bot_message", bot_id="B0OTHERBOT")


@event("message", "from outside says so, in a shared channel")
async def _(w: World) -> None:
    await w.act("U0OUT", "post", channel=OTHER, text="hello")
    body = await w.body("message", text="hello")
    same(body["is_ext_shared_channel"], True)
    has(body["event"], user_team="T0PARTNER", source_team="T0PARTNER")


@event("message", "in private channels and direct messages has its own channel_type")
async def _(w: World) -> None:
    await w.act(ANN, "post", channel="C0INNER", text="inner")
    has(await w.event("message", text="inner"), channel_type="group")
    pane = (await w.act(ANN, "open_dm"))["channel"]
    await w.act(ANN, "post", channel=pane, text="direct")
    has(await w.event("message", text="direct"), channel_type="im", channel=pane)


@event("app_mention", "comes beside the message")
async def _(w: World) -> None:
    ts = (await w.act(ANN, "post", channel=DESK, text=f"<@{BOT}> help"))["ts"]
    has(await w.event("app_mention"), user=ANN, ts=ts, channel=DESK)
    await w.event("message", ts=ts)


@event("app_home_opened", "tells the tab, the published view, and what was looked at")
async def _(w: World) -> None:
    await w.client.views_publish(user_id=ANN, view={"type": "home", "blocks": []})
    await w.act(ANN, "open_home")
    home = await w.event("app_home_opened", tab="home")
    same((home["user"], home["view"]["type"]), (ANN, "home"))
    await w.act(ANN, "open_dm", viewing=DESK)
    pane = await w.event("app_home_opened", tab="messages")
    same([each["value"] for each in pane["context"]["entities"]], [DESK])


@event("reaction_added", "tells who, what and whose message")
async def _(w: World) -> None:
    ts = (await w.act(BEN, "post", channel=DESK, text="x"))["ts"]
    await w.act(ANN, "react", channel=DESK, ts=ts, name="eyes")
    added = await w.event("reaction_added", user=ANN, reaction="eyes", item_user=BEN)
    same(added["item"], {"type": "message", "channel": DESK, "ts": ts})


@event("reaction_removed", "tells the same")
async def _(w: World) -> None:
    ts = (await w.act(BEN, "post", channel=DESK, text="x"))["ts"]
    await w.act(ANN, "react", channel=DESK, ts=ts, name="eyes")
    await w.act(ANN, "unreact", channel=DESK, ts=ts, name="eyes")
    await w.event("reaction_removed", user=ANN, reaction="eyes")


@event("member_joined_channel", "tells who came, and who invited")
async def _(w: World) -> None:
    await w.do("kick", channel=DESK, user=ANN)
    await w.do("invite", channel=DESK, user=ANN)
    await w.event("member_joined_channel", user=ANN, channel=DESK, inviter=BEN, channel_type="C")


@event("member_left_channel", "tells who went")
async def _(w: World) -> None:
    await w.do("kick", channel=DESK, user=ANN)
    await w.event("member_left_channel", user=ANN, channel=DESK)


@event("channel_left", "tells the app that it was put out")
async def _(w: World) -> None:
    await w.do("kick_bot", channel=DESK)
    await w.event("channel_left", channel=DESK, actor_id=BEN)


@event("group_left", "tells the same of a private channel")
async def _(w: World) -> None:
    await w.do("kick_bot", channel="C0INNER")
    await w.event("group_left", channel="C0INNER")


@event("channel_created", "tells a new public channel")
async def _(w: World) -> None:
    await w.do("create_channel", name="fresh")
    same((await w.event("channel_created"))["channel"]["name"], "fresh")


@event("channel_rename", "tells the new name")
async def _(w: World) -> None:
    await w.do("rename", channel=DESK, name="counter")
    same((await w.event("channel_rename"))["channel"]["name"], "counter")


@event("channel_archive", "tells that a channel was closed")
async def _(w: World) -> None:
    await w.do("archive", channel=DESK)
    await w.event("channel_archive", channel=DESK, user=BEN)


@event("channel_unarchive", "tells that it was opened again")
async def _(w: World) -> None:
    await w.do("archive", channel=DESK)
    await w.do("unarchive", channel=DESK)
    await w.event("channel_unarchive", channel=DESK)


@event("channel_shared", "tells a new partner")
async def _(w: World) -> None:
    await w.do("share_channel", channel=DESK, team="T0PARTNER")
    await w.event("channel_shared", channel=DESK, connected_team_id="T0PARTNER")


@event("channel_unshared", "tells that one left")
async def _(w: World) -> None:
    await w.do("unshare_channel", channel=OTHER, team="T0PARTNER")
    await w.event("channel_unshared", channel=OTHER, is_ext_shared=False)


@event("team_join", "tells a new person")
async def _(w: World) -> None:
    await w.do("set_user", user="U0NEW", name="nia")
    same((await w.event("team_join"))["user"]["id"], "U0NEW")


@event("user_change", "tells who changed, and to what")
async def _(w: World) -> None:
    await w.do("set_user", user=ANN, locale="cs-CZ", deleted=True)
    changed = (await w.event("user_change"))["user"]
    same((changed["id"], changed["locale"], changed["deleted"]), (ANN, "cs-CZ", True))


@event("subteam_created", "tells a new user group")
async def _(w: World) -> None:
    await w.do("set_usergroup", usergroup="S0NIGHT", handle="night")
    has((await w.event("subteam_created"))["subteam"], id="S0NIGHT", handle="night")


@event("subteam_members_changed", "tells who came and who went")
async def _(w: World) -> None:
    await w.do("set_usergroup", usergroup="S0LEADS", users=[ANN])
    await w.event("subteam_members_changed", added_users=[ANN], removed_users=[BEN])


@event("subteam_updated", "tells the group as it is now")
async def _(w: World) -> None:
    await w.do("set_usergroup", usergroup="S0LEADS", users=[ANN])
    same((await w.event("subteam_updated"))["subteam"]["users"], [ANN])


@event("pin_added", "tells the pinned message")
async def _(w: World) -> None:
    ts = (await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]
    await w.client.pins_add(channel=DESK, timestamp=ts)
    same((await w.event("pin_added"))["item"]["message"]["ts"], ts)


@event("pin_removed", "tells that it is not any more")
async def _(w: World) -> None:
    ts = (await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]
    await w.client.pins_add(channel=DESK, timestamp=ts)
    await w.client.pins_remove(channel=DESK, timestamp=ts)
    await w.event("pin_removed", has_pins=False)


@event("tokens_revoked", "tells that the token was taken away")
async def _(w: World) -> None:
    await w.do("revoke_token")
    has((await w.event("tokens_revoked"))["tokens"], bot=[BOT])
    await w.refused(w.client.auth_test(), "token_revoked")


@event("agent_session_stopped", "tells the stop button and the streams it ended")
async def _(w: World) -> None:
    pane = (await w.act(ANN, "open_dm"))["channel"]
    ts = (await w.act(ANN, "post", channel=pane, text="?"))["ts"]
    await w.client.agents_sessions_setStatus(channel_id=pane, thread_ts=ts, status="processing")
    stream = (await w.client.chat_startStream(channel=pane, thread_ts=ts, markdown_text="x"))["ts"]
    await w.act(ANN, "stop_agent", channel=pane, thread_ts=ts)
    await w.event("agent_session_stopped", user=ANN, thread_ts=ts, streaming_message_ts=[stream])
    more = w.client.chat_appendStream(channel=pane, ts=stream, markdown_text="y")
    await w.refused(more, "stopped_by_user")
