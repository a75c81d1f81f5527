"""chat.*, conversations.*, reactions.*, users.* with the unmodified SDK client."""

from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.support.sandbox import APP_TOKEN, BOT_TOKEN, SandboxProcess


async def refusal(call: Awaitable[Any]) -> dict[str, Any]:
    """The answer of a call that must be refused."""
    with pytest.raises(SlackApiError) as caught:
        await call
    answer = caught.value.response.data
    assert isinstance(answer, dict)
    return answer


async def test_who_the_app_is(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == ("U0COPILOT", "B0COPILOT", "T0SHOP")
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


async def test_tokens_are_checked(sandbox: SandboxProcess) -> None:
    for token, error in (
        ("", "not_authed"),
        ("xoxb-wrong", "invalid_auth"),
        (APP_TOKEN, "not_allowed_token_type"),
    ):
        client = AsyncWebClient(token=token, base_url=sandbox.api_url)
        assert (await refusal(client.auth_test()))["error"] == error
    client = AsyncWebClient(token=BOT_TOKEN, base_url=sandbox.api_url)
    wrong = client.apps_connections_open(app_token=BOT_TOKEN)
    assert (await refusal(wrong))["error"] == "not_allowed_token_type"
    await sandbox.do("revoke_token")
    assert (await refusal(client.auth_test()))["error"] == "token_revoked"
    await sandbox.do("restore_token")
    assert (await client.auth_test())["ok"]


async def test_arguments_come_in_every_shape_slack_takes(sandbox: SandboxProcess) -> None:
    head = {"Authorization": f"Bearer {BOT_TOKEN}"}
    blocks = '[{"type":"divider"},{"type":"header","text":{"type":"plain_text","text":"Hi"}}]'
    url = sandbox.api_url + "chat.postMessage"
    async with aiohttp.ClientSession() as web:
        answers = [
            await (
                await web.get(url, params={"channel": "C0SUPPORT", "text": "a", "token": BOT_TOKEN})
            ).json(),
            await (await web.post(url, data={"channel": "C0SUPPORT", "blocks": blocks}, headers=head)).json(),
            await (await web.post(url + "?channel=C0SUPPORT", json={"text": "c"}, headers=head)).json(),
        ]
        bad = await (
            await web.post(url, data=b"{", headers={**head, "Content-Type": "application/json"})
        ).json()
        unknown = await (await web.post(sandbox.api_url + "chat.shout", headers=head)).json()
    assert [answer["ok"] for answer in answers] == [True, True, True]
    assert [block["type"] for block in answers[1]["message"]["blocks"]] == ["divider", "header"]
    assert bad["error"] == "invalid_json"
    assert unknown["error"] == "unknown_method"
    calls = await sandbox.calls()
    assert all("token" not in call["args"] for call in calls["calls"])
    assert calls["counts"]["chat.postMessage"] == {"ok": 3, "invalid_json": 1}


async def test_where_the_app_may_not_post(sandbox: SandboxProcess, client: AsyncWebClient) -> None:
    errors = {"C0NOWHERE": "channel_not_found", "C0QUIET": "not_in_channel", "C0RETURNS": "is_archived"}
    await sandbox.do("archive", channel="C0RETURNS")
    for channel, error in errors.items():
        assert (await refusal(client.chat_postMessage(channel=channel, text="x")))["error"] == error
    await sandbox.do("kick_bot", channel="C0SUPPORT")
    assert (await refusal(client.chat_postMessage(channel="C0SUPPORT", text="x")))[
        "error"
    ] == "not_in_channel"
    await sandbox.do("unarchive", channel="C0RETURNS")
    assert (await client.chat_postMessage(channel="C0RETURNS", text="x"))["ok"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "   "}, "no_text"),
        ({"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"text": "x", "metadata": {"event_type": 3}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": "{"}, "invalid_metadata_format"),
        ({"text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"markdown_text": "y" * 12_001}, "msg_too_long"),
    ],
)
async def test_what_the_app_may_not_post(
    client: AsyncWebClient, arguments: dict[str, Any], error: str
) -> None:
    answer = await refusal(client.api_call("chat.postMessage", json={"channel": "C0SUPPORT", **arguments}))
    assert answer["error"] == error


async def test_text_is_cut_at_40000_characters(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0SUPPORT", text="x" * 40_001)
    assert len(posted["message"]["text"]) == 40_000


async def test_threads_count_their_replies(sandbox: SandboxProcess, client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel="C0SUPPORT", text="root")
    mine = await client.chat_postMessage(channel="C0SUPPORT", text="one", thread_ts=root["ts"])
    theirs = await sandbox.act("U0MAYA", "post", channel="C0SUPPORT", text="two", thread_ts=root["ts"])
    loud = await client.chat_postMessage(
        channel="C0SUPPORT", text="three", thread_ts=root["ts"], reply_broadcast=True
    )
    assert mine["message"]["parent_user_id"] == "U0COPILOT"
    thread = await client.conversations_replies(channel="C0SUPPORT", ts=root["ts"])
    assert [each["text"] for each in thread["messages"]] == ["root", "one", "two", "three"]
    start = thread["messages"][0]
    assert (start["thread_ts"], start["reply_count"], start["reply_users_count"]) == (root["ts"], 3, 2)
    assert (start["latest_reply"], start["reply_users"]) == (loud["ts"], ["U0COPILOT", "U0MAYA"])
    history = await client.conversations_history(channel="C0SUPPORT")
    assert [each["text"] for each in history["messages"]] == ["three", "root"]
    assert history["messages"][0]["subtype"] == "thread_broadcast"
    assert history["messages"][0]["root"]["ts"] == root["ts"]
    to_reply = client.chat_postMessage(channel="C0SUPPORT", text="x", thread_ts=theirs["ts"])
    assert (await refusal(to_reply))["error"] == "cannot_reply_to_message"


async def test_ts_rise_and_are_unique(client: AsyncWebClient) -> None:
    stamps = [(await client.chat_postMessage(channel="C0SUPPORT", text=str(n)))["ts"] for n in range(30)]
    assert sorted(set(stamps)) == stamps
    assert all(len(ts.split(".")[1]) == 6 for ts in stamps)


async def test_history_comes_in_pages_and_spans(client: AsyncWebClient) -> None:
    stamps = [(await client.chat_postMessage(channel="C0SUPPORT", text=str(n)))["ts"] for n in range(5)]
    first = await client.conversations_history(channel="C0SUPPORT", limit=2)
    assert [each["text"] for each in first["messages"]] == ["4", "3"]
    assert first["has_more"] is True
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_history(channel="C0SUPPORT", limit=3, cursor=cursor)
    assert [each["text"] for each in second["messages"]] == ["2", "1", "0"]
    assert second["has_more"] is False
    span = await client.conversations_history(
        channel="C0SUPPORT", oldest=stamps[1], latest=stamps[3], inclusive=True
    )
    assert [each["text"] for each in span["messages"]] == ["3", "2", "1"]
    span = await client.conversations_history(channel="C0SUPPORT", oldest=stamps[1], latest=stamps[3])
    assert [each["text"] for each in span["messages"]] == ["2"]
    bad = client.conversations_history(channel="C0SUPPORT", cursor="nonsense")
    assert (await refusal(bad))["error"] == "invalid_cursor"


async def test_replies_come_in_pages_each_with_the_root(client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel="C0SUPPORT", text="root")
    for n in range(5):
        await client.chat_postMessage(channel="C0SUPPORT", text=str(n), thread_ts=root["ts"])
    pages = await client.conversations_replies(channel="C0SUPPORT", ts=root["ts"], limit=2)
    texts = [[each["text"] for each in page["messages"]] async for page in pages]
    assert texts == [["root", "0", "1"], ["root", "2", "3"], ["root", "4"]]


async def test_metadata_is_kept_and_shown_on_request(client: AsyncWebClient) -> None:
    metadata = {"event_type": "cx_post", "event_payload": {"id": "1"}}
    root = await client.chat_postMessage(channel="C0SUPPORT", text="x", metadata=metadata)
    plain = await client.conversations_history(channel="C0SUPPORT")
    assert "metadata" not in plain["messages"][0]
    full = await client.conversations_history(channel="C0SUPPORT", include_all_metadata=True)
    assert full["messages"][0]["metadata"] == metadata
    full = await client.conversations_replies(channel="C0SUPPORT", ts=root["ts"], include_all_metadata=True)
    assert full["messages"][0]["metadata"] == metadata
    await client.chat_update(channel="C0SUPPORT", ts=root["ts"], text="y")
    full = await client.conversations_history(channel="C0SUPPORT", include_all_metadata=True)
    assert full["messages"][0]["metadata"] == metadata


async def test_updates_keep_blocks_unless_told_otherwise(
    sandbox: SandboxProcess, client: AsyncWebClient
) -> None:
    blocks = [{"type": "divider", "block_id": "line"}]
    root = await client.chat_postMessage(channel="C0SUPPORT", text="x", blocks=blocks)
    ts = root["ts"]
    changed = await client.chat_update(channel="C0SUPPORT", ts=ts, text="y")
    assert (changed["message"]["text"], changed["message"]["blocks"]) == ("y", blocks)
    assert changed["message"]["edited"]["user"] == "U0COPILOT"
    changed = await client.chat_update(channel="C0SUPPORT", ts=ts, text="z", blocks=[])
    assert "blocks" not in changed["message"]
    too_long = client.chat_update(channel="C0SUPPORT", ts=ts, text="é" * 2_001)
    assert (await refusal(too_long))["error"] == "msg_too_long"
    assert (await refusal(client.chat_update(channel="C0SUPPORT", ts="1.1", text="y")))[
        "error"
    ] == "message_not_found"
    theirs = await sandbox.act("U0MAYA", "post", channel="C0SUPPORT", text="mine")
    cannot = client.chat_update(channel="C0SUPPORT", ts=theirs["ts"], text="y")
    assert (await refusal(cannot))["error"] == "cant_update_message"
    cannot_delete = client.chat_delete(channel="C0SUPPORT", ts=theirs["ts"])
    assert (await refusal(cannot_delete))["error"] == "cant_delete_message"
    assert (await client.chat_delete(channel="C0SUPPORT", ts=ts))["ok"]
    assert (await refusal(client.chat_delete(channel="C0SUPPORT", ts=ts)))["error"] == "message_not_found"


async def test_ephemerals_are_for_one_person_and_in_no_history(
    sandbox: SandboxProcess, client: AsyncWebClient
) -> None:
    shown = await client.chat_postEphemeral(channel="C0SUPPORT", user="U0MAYA", text="only you")
    person = await sandbox.person("U0MAYA")
    assert [(each["ts"], each["text"]) for each in person["ephemerals"]] == [
        (shown["message_ts"], "only you")
    ]
    assert (await sandbox.person("U0TOM"))["ephemerals"] == []
    assert await sandbox.messages("C0SUPPORT") == []
    outside = client.chat_postEphemeral(channel="C0LOGISTICS", user="U0MAYA", text="x")
    assert (await refusal(outside))["error"] == "user_not_in_channel"


async def test_reactions_are_added_once(client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="C0SUPPORT", text="x"))["ts"]
    where = {"channel": "C0SUPPORT", "timestamp": ts}
    assert (await client.reactions_add(name="eyes", **where))["ok"]
    assert (await refusal(client.reactions_add(name="eyes", **where)))["error"] == "already_reacted"
    assert (await refusal(client.reactions_add(name="Ey es", **where)))["error"] == "invalid_name"
    got = await client.reactions_get(**where)
    assert got["message"]["reactions"] == [{"name": "eyes", "users": ["U0COPILOT"], "count": 1}]
    assert (await client.reactions_remove(name="eyes", **where))["ok"]
    assert (await refusal(client.reactions_remove(name="eyes", **where)))["error"] == "no_reaction"


async def test_people_and_channels_are_listed(client: AsyncWebClient) -> None:
    listed = await client.conversations_list(types="public_channel,private_channel", limit=3)
    names = [[each["name"] for each in page["channels"]] async for page in listed]
    assert names == [["support", "returns", "logistics"], ["quiet", "secret"]]
    info = await client.conversations_info(channel="C0SUPPORT", include_num_members=True)
    assert (info["channel"]["name"], info["channel"]["is_member"]) == ("support", True)
    assert info["channel"]["num_members"] == 5
    members = await client.conversations_members(channel="C0LOGISTICS")
    assert members["members"] == ["U0TOM", "U0COPILOT"]
    users = await client.users_list()
    guests = [user["name"] for user in users["members"] if user["is_restricted"]]
    assert guests == ["gus"]
    assert (await client.users_info(user="U0ADA"))["user"]["is_admin"] is True
    assert (await refusal(client.users_info(user="U0NO")))["error"] == "user_not_found"
    direct = await client.conversations_open(users="U0MAYA")
    assert (await client.chat_postMessage(channel=direct["channel"]["id"], text="hi"))["ok"]
    assert (await client.chat_postMessage(channel="U0MAYA", text="hi"))["channel"] == direct["channel"]["id"]
    link = await client.chat_getPermalink(
        channel="C0SUPPORT", message_ts=(await client.chat_postMessage(channel="C0SUPPORT", text="x"))["ts"]
    )
    assert "/archives/C0SUPPORT/p" in link["permalink"]


async def test_what_the_manifest_does_not_allow_is_refused(client: AsyncWebClient) -> None:
    answer = await refusal(client.users_lookupByEmail(email="maya@northwind.example"))
    assert answer["error"] == "missing_scope"
    assert answer["needed"] == "users:read.email"
    assert "chat:write" in answer["provided"].split(",")


async def test_limits_answer_429_with_the_time_to_wait(
    sandbox: SandboxProcess, client: AsyncWebClient
) -> None:
    await sandbox.limits(True)
    for _ in range(5):
        await client.chat_postMessage(channel="C0SUPPORT", text="x")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0SUPPORT", text="x")
    response = caught.value.response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (
        429,
        "ratelimited",
        "1",
    )
    assert (await client.chat_postMessage(channel="C0RETURNS", text="other channel"))["ok"]
    for _ in range(10):
        await client.users_list()
    with pytest.raises(SlackApiError) as caught:
        await client.users_list()
    assert caught.value.response.headers["Retry-After"] == "3"
    assert len(await sandbox.messages("C0SUPPORT")) == 5
