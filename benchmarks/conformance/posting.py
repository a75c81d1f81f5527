"""auth.*, chat.* and reactions.*, as the SDK calls them."""

from __future__ import annotations

import time

from benchmarks.conformance.checks import method
from benchmarks.conformance.verdicts import has, same, true
from benchmarks.conformance.workspace import ANN, APP_TOKEN, BOT, BOT_TOKEN, DESK
from benchmarks.conformance.world import World

METADATA = {"event_type": "case", "event_payload": {"id": "1"}}


@method("auth.test", "says who the app is, with its scopes in a header")
async def _(w: World) -> None:
    answer = await w.client.auth_test()
    same((answer["user_id"], answer["bot_id"], answer["team_id"]), (BOT, "B0BOT", "T0TEAM"))
    true("chat:write" in answer.headers["x-oauth-scopes"].split(","), "the header lacks a scope")


@method("apps.connections.open", "gives a WebSocket address for the app token only")
async def _(w: World) -> None:
    answer = await w.another_client(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN)
    true(str(answer["url"]).startswith("ws://"), "no WebSocket address")
    await w.refused(w.client.apps_connections_open(app_token=BOT_TOKEN), "not_allowed_token_type")


@method("team.info", "tells the workspace")
async def _(w: World) -> None:
    has((await w.client.team_info())["team"], id="T0TEAM", domain="conformance")


@method("chat.postMessage", "posts and answers with the message; metadata is shown on request only")
async def _(w: World) -> None:
    answer = await w.client.chat_postMessage(channel=DESK, text="a & <b>", metadata=METADATA)
    has(answer["message"], type="message", user=BOT, bot_id="B0BOT", app_id="A0APP", ts=answer["ts"])
    same(answer["message"]["text"], "a &amp; &lt;b&gt;")
    plain = (await w.client.conversations_history(channel=DESK))["messages"][0]
    true("metadata" not in plain, "metadata shown without being asked for")
    full = await w.client.conversations_history(channel=DESK, include_all_metadata=True)
    same(full["messages"][0]["metadata"], METADATA)


@method("chat.postMessage", "counts replies at the thread's first message")
async def _(w: World) -> None:
    root = (await w.client.chat_postMessage(channel=DESK, text="root"))["ts"]
    reply = await w.client.chat_postMessage(channel=DESK, text="one", thread_ts=root)
    has(reply["message"], thread_ts=root, parent_user_id=BOT)
    first = (await w.client.conversations_replies(channel=DESK, ts=root))["messages"][0]
    has(first, thread_ts=root, reply_count=1, reply_users=[BOT], reply_users_count=1)
    same(first["latest_reply"], reply["ts"])


@method("chat.postMessage", "gives every message of a channel its own, growing ts")
async def _(w: World) -> None:
    stamps = [str((await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]) for _ in range(5)]
    same(stamps, sorted(set(stamps)))
    true(all(len(ts.partition(".")[2]) == 6 for ts in stamps), "a ts without six digits")


@method("chat.postMessage", "shows another name and picture as a message of its own kind")
async def _(w: World) -> None:
    answer = await w.client.chat_postMessage(channel=DESK, text="x", username="Maria", icon_emoji=":ticket:")
    has(answer["message"], subtype="bot_message", username="Maria", bot_id="B0BOT")
    same(answer["message"]["icons"], {"emoji": ":ticket:"})


@method("chat.postMessage", "takes markdown, and sends direct messages to a person's id")
async def _(w: World) -> None:
    answer = await w.client.chat_postMessage(channel=ANN, markdown_text="**hi**")
    true(str(answer["channel"]).startswith("D"), "not a direct message")
    true(answer["message"]["blocks"], "markdown without blocks")


@method("chat.update", "changes text and blocks, keeps metadata, marks it as edited")
async def _(w: World) -> None:
    divider = [{"type": "divider"}]
    ts = (await w.client.chat_postMessage(channel=DESK, text="a", blocks=divider, metadata=METADATA))["ts"]
    answer = await w.client.chat_update(channel=DESK, ts=ts, text="b")
    has(answer["message"], text="b", metadata=METADATA)
    true(answer["message"]["blocks"] and answer["message"]["edited"]["user"] == BOT, "lost something")
    true(
        "blocks" not in (await w.client.chat_update(channel=DESK, ts=ts, text="c", blocks=[]))["message"],
        "kept",
    )


@method("chat.delete", "removes the app's own messages, and leaves a tombstone above replies")
async def _(w: World) -> None:
    root = (await w.client.chat_postMessage(channel=DESK, text="root"))["ts"]
    await w.client.chat_postMessage(channel=DESK, text="one", thread_ts=root)
    await w.client.chat_delete(channel=DESK, ts=root)
    has((await w.client.conversations_history(channel=DESK))["messages"][0], subtype="tombstone")
    theirs = (await w.act(ANN, "post", channel=DESK, text="mine"))["ts"]
    await w.refused(w.client.chat_delete(channel=DESK, ts=theirs), "cant_delete_message")


@method("chat.postEphemeral", "shows one person a message that is in no history")
async def _(w: World) -> None:
    answer = await w.client.chat_postEphemeral(channel=DESK, user=ANN, text="only you")
    same([each["ts"] for each in (await w.person(ANN))["ephemerals"]], [answer["message_ts"]])
    same((await w.client.conversations_history(channel=DESK))["messages"], [])


@method("chat.meMessage", "posts an action")
async def _(w: World) -> None:
    await w.client.chat_meMessage(channel=DESK, text="waves")
    has((await w.messages(DESK))[0], subtype="me_message", text="waves")


@method("chat.getPermalink", "links to a message, and to its thread")
async def _(w: World) -> None:
    root = (await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]
    reply = (await w.client.chat_postMessage(channel=DESK, text="y", thread_ts=root))["ts"]
    link = str((await w.client.chat_getPermalink(channel=DESK, message_ts=reply))["permalink"])
    true(f"/archives/{DESK}/p{reply.replace('.', '')}?thread_ts={root}" in link, link)


@method("chat.scheduleMessage", "posts later, by itself")
async def _(w: World) -> None:
    await w.client.chat_scheduleMessage(channel=DESK, text="later", post_at=int(time.time()) + 1)

    async def posted() -> list[str]:
        return [each["text"] for each in await w.messages(DESK)]

    same(await w.until(posted, "the message"), ["later"])


@method("chat.scheduledMessages.list", "lists what waits, in pages")
async def _(w: World) -> None:
    soon = int(time.time()) + 600
    for number in range(3):
        await w.client.chat_scheduleMessage(channel=DESK, text=str(number), post_at=soon + number)
    pages = await w.client.chat_scheduledMessages_list(limit=2)
    same([[each["text"] for each in page["scheduled_messages"]] async for page in pages], [["0", "1"], ["2"]])


@method("chat.deleteScheduledMessage", "takes one back")
async def _(w: World) -> None:
    made = await w.client.chat_scheduleMessage(channel=DESK, text="x", post_at=int(time.time()) + 600)
    gone = {"channel": DESK, "scheduled_message_id": made["scheduled_message_id"]}
    await w.client.chat_deleteScheduledMessage(**gone)
    await w.refused(w.client.chat_deleteScheduledMessage(**gone), "invalid_scheduled_message_id")


@method("reactions.add", "puts one reaction of a kind")
async def _(w: World) -> None:
    ts = (await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]
    await w.client.reactions_add(channel=DESK, timestamp=ts, name="eyes")
    again = w.client.reactions_add(channel=DESK, timestamp=ts, name="eyes")
    await w.refused(again, "already_reacted")


@method("reactions.get", "shows who reacted")
async def _(w: World) -> None:
    ts = (await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]
    await w.act(ANN, "react", channel=DESK, ts=ts, name="outbox_tray")
    got = await w.client.reactions_get(channel=DESK, timestamp=ts)
    same(got["message"]["reactions"], [{"name": "outbox_tray", "users": [ANN], "count": 1}])


@method("reactions.remove", "takes the app's own away")
async def _(w: World) -> None:
    ts = (await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]
    await w.client.reactions_add(channel=DESK, timestamp=ts, name="eyes")
    await w.client.reactions_remove(channel=DESK, timestamp=ts, name="eyes")
    await w.refused(w.client.reactions_remove(channel=DESK, timestamp=ts, name="eyes"), "no_reaction")
