"""conversations.*, users.*, usergroups.*, pins.* and bookmarks.*"""

from __future__ import annotations

from benchmarks.conformance.checks import method
from benchmarks.conformance.verdicts import has, same, true
from benchmarks.conformance.workspace import ANN, BEN, BOT, CLOSED, DESK, OTHER
from benchmarks.conformance.world import World


@method("conversations.list", "lists in pages, hides private channels without the app")
async def _(w: World) -> None:
    pages = await w.client.conversations_list(types="public_channel,private_channel", limit=3)
    names = [[each["name"] for each in page["channels"]] async for page in pages]
    same(names, [["desk", "other", "closed"], ["inner"]])


@method("conversations.info", "tells membership, sharing and topic")
async def _(w: World) -> None:
    shared = (await w.client.conversations_info(channel=OTHER))["channel"]
    has(shared, is_ext_shared=True, is_member=True, shared_team_ids=["T0TEAM", "T0PARTNER"])
    has((await w.client.conversations_info(channel=CLOSED))["channel"], is_member=False)


@method("conversations.history", "gives newest first, in pages and spans")
async def _(w: World) -> None:
    stamps = [(await w.client.chat_postMessage(channel=DESK, text=str(n)))["ts"] for n in range(5)]
    pages = await w.client.conversations_history(channel=DESK, limit=2)
    same(
        [[each["text"] for each in page["messages"]] async for page in pages], [["4", "3"], ["2", "1"], ["0"]]
    )
    span = await w.client.conversations_history(
        channel=DESK, oldest=stamps[1], latest=stamps[3], inclusive=True
    )
    same([each["text"] for each in span["messages"]], ["3", "2", "1"])


@method("conversations.replies", "gives the first message, then replies oldest first, in pages")
async def _(w: World) -> None:
    root = (await w.client.chat_postMessage(channel=DESK, text="root"))["ts"]
    for number in range(3):
        await w.client.chat_postMessage(channel=DESK, text=str(number), thread_ts=root)
    pages = await w.client.conversations_replies(channel=DESK, ts=root, limit=2)
    found = [[each["text"] for each in page["messages"]] async for page in pages]
    same(found, [["root", "0", "1"], ["root", "2"]])


@method("conversations.members", "lists members in pages")
async def _(w: World) -> None:
    pages = await w.client.conversations_members(channel=CLOSED, limit=1)
    same([page["members"] async for page in pages], [[ANN], [BEN]])


@method("conversations.join", "takes the app into a public channel, and warns when it is there")
async def _(w: World) -> None:
    await w.client.conversations_join(channel=CLOSED)
    again = await w.client.conversations_join(channel=CLOSED)
    same(again["warning"], "already_in_channel")


@method("conversations.open", "opens the direct message with a person")
async def _(w: World) -> None:
    opened = (await w.client.conversations_open(users=ANN, return_im=True))["channel"]
    has(opened, is_im=True, user=ANN)


@method("conversations.close", "closes a direct message")
async def _(w: World) -> None:
    opened = (await w.client.conversations_open(users=ANN))["channel"]["id"]
    await w.client.conversations_close(channel=opened)


@method("conversations.create", "makes public and private channels under free, plain names")
async def _(w: World) -> None:
    made = (await w.client.conversations_create(name="vip", is_private=True))["channel"]
    has(made, name="vip", is_private=True, is_member=True, creator=BOT)
    await w.refused(w.client.conversations_create(name="vip"), "name_taken")


@method("conversations.rename", "renames what the app made")
async def _(w: World) -> None:
    made = (await w.client.conversations_create(name="vip"))["channel"]["id"]
    has((await w.client.conversations_rename(channel=made, name="vip2"))["channel"], previous_names=["vip"])


@method("conversations.invite", "takes people in, and tells who cannot be")
async def _(w: World) -> None:
    made = (await w.client.conversations_create(name="vip"))["channel"]["id"]
    await w.client.conversations_invite(channel=made, users=[ANN])
    some = await w.client.conversations_invite(channel=made, users=[ANN, BEN, "U0SINGLE"], force=True)
    same([each["error"] for each in some["errors"]], ["already_in_channel", "ura_max_channels"])


@method("conversations.kick", "puts a person out")
async def _(w: World) -> None:
    await w.client.conversations_kick(channel=DESK, user=ANN)
    true(ANN not in (await w.client.conversations_members(channel=DESK))["members"], "still a member")


@method("conversations.leave", "takes the app out, and says so when it was not in")
async def _(w: World) -> None:
    await w.client.conversations_leave(channel=DESK)
    same((await w.client.conversations_leave(channel=DESK))["not_in_channel"], True)


@method("conversations.archive", "closes a channel to new messages")
async def _(w: World) -> None:
    await w.client.conversations_archive(channel=DESK)
    await w.refused(w.client.chat_postMessage(channel=DESK, text="x"), "is_archived")


@method("conversations.unarchive", "opens it again")
async def _(w: World) -> None:
    await w.client.conversations_archive(channel=DESK)
    await w.client.conversations_unarchive(channel=DESK)
    await w.client.chat_postMessage(channel=DESK, text="x")


@method("conversations.setTopic", "sets the topic and says so in the channel")
async def _(w: World) -> None:
    answer = await w.client.conversations_setTopic(channel=DESK, topic="Fast")
    same(answer["channel"]["topic"]["value"], "Fast")
    has((await w.messages(DESK))[0], subtype="channel_topic", topic="Fast")


@method("conversations.setPurpose", "sets the description")
async def _(w: World) -> None:
    answer = await w.client.conversations_setPurpose(channel=DESK, purpose="Why")
    same(answer["channel"]["purpose"]["value"], "Why")


@method("conversations.mark", "takes the place up to which the app has read")
async def _(w: World) -> None:
    ts = (await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]
    await w.client.conversations_mark(channel=DESK, ts=ts)


@method("users.info", "shows guests and strangers; the locale only when asked for")
async def _(w: World) -> None:
    ann = (await w.client.users_info(user=ANN))["user"]
    has(ann, tz="Asia/Tokyo", tz_offset=32_400, is_restricted=False)
    true("locale" not in ann, "a locale nobody asked for")
    same((await w.client.users_info(user=ANN, include_locale=True))["user"]["locale"], "pl-PL")
    has((await w.client.users_info(user="U0GUEST"))["user"], is_restricted=True)
    has((await w.client.users_info(user="U0SINGLE"))["user"], is_ultra_restricted=True)
    has((await w.client.users_info(user="U0OUT"))["user"], is_stranger=True, team_id="T0PARTNER")


@method("users.list", "lists members in pages, nobody from outside")
async def _(w: World) -> None:
    pages = [page["members"] async for page in await w.client.users_list(limit=3)]
    same([[each["id"] for each in page] for page in pages], [[ANN, BEN, "U0GUEST"], ["U0SINGLE", BOT]])


@method("users.lookupByEmail", "finds a person by address")
async def _(w: World) -> None:
    found = (await w.client.users_lookupByEmail(email="ann@conformance.example"))["user"]
    same(found["id"], ANN)
    await w.refused(w.client.users_lookupByEmail(email="no@conformance.example"), "users_not_found")


@method("usergroups.list", "lists groups, with members on request")
async def _(w: World) -> None:
    (group,) = (await w.client.usergroups_list(include_users=True))["usergroups"]
    has(group, id="S0LEADS", handle="leads", users=[BEN], is_usergroup=True)


@method("usergroups.users.list", "lists members, refuses disabled groups")
async def _(w: World) -> None:
    same((await w.client.usergroups_users_list(usergroup="S0LEADS"))["users"], [BEN])
    await w.do("set_usergroup", usergroup="S0LEADS", disabled=True)
    await w.refused(w.client.usergroups_users_list(usergroup="S0LEADS"), "subteam_disabled")


@method("usergroups.users.update", "replaces the members")
async def _(w: World) -> None:
    answer = await w.client.usergroups_users_update(usergroup="S0LEADS", users=[ANN, BEN])
    same(answer["usergroup"]["users"], [ANN, BEN])


@method("pins.add", "pins once")
async def _(w: World) -> None:
    ts = (await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]
    await w.client.pins_add(channel=DESK, timestamp=ts)
    await w.refused(w.client.pins_add(channel=DESK, timestamp=ts), "already_pinned")


@method("pins.list", "lists pinned messages")
async def _(w: World) -> None:
    ts = (await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]
    await w.client.pins_add(channel=DESK, timestamp=ts)
    (item,) = (await w.client.pins_list(channel=DESK))["items"]
    has(item["message"], ts=ts, pinned_to=[DESK])


@method("pins.remove", "takes a pin away")
async def _(w: World) -> None:
    ts = (await w.client.chat_postMessage(channel=DESK, text="x"))["ts"]
    await w.client.pins_add(channel=DESK, timestamp=ts)
    await w.client.pins_remove(channel=DESK, timestamp=ts)
    await w.refused(w.client.pins_remove(channel=DESK, timestamp=ts), "no_pin")


async def _bookmark(w: World) -> dict[str, str]:
    link = "https://shop.example/board"
    made = await w.client.bookmarks_add(channel_id=DESK, title="Board", type="link", link=link)
    return {"channel_id": DESK, "bookmark_id": str(made["bookmark"]["id"])}


@method("bookmarks.add", "keeps a link")
async def _(w: World) -> None:
    true((await _bookmark(w))["bookmark_id"].startswith("Bk"), "no id")


@method("bookmarks.list", "lists links")
async def _(w: World) -> None:
    await _bookmark(w)
    (bookmark,) = (await w.client.bookmarks_list(channel_id=DESK))["bookmarks"]
    has(bookmark, title="Board", type="link")


@method("bookmarks.edit", "changes a link")
async def _(w: World) -> None:
    edited = await w.client.bookmarks_edit(**await _bookmark(w), title="New")
    same(edited["bookmark"]["title"], "New")


@method("bookmarks.remove", "takes a link away")
async def _(w: World) -> None:
    await w.client.bookmarks_remove(**await _bookmark(w))
    same((await w.client.bookmarks_list(channel_id=DESK))["bookmarks"], [])
