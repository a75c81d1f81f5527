"""Channels that the app makes and changes, pins, bookmarks, and messages for later."""

import time
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.conftest import Listening
from tests.sandbox.test_posting import refusal
from tests.support.sandbox import SandboxProcess, until

SUPPORT = "C0SUPPORT"


async def test_a_channel_from_its_making_to_its_archiving(
    sandbox: SandboxProcess, client: AsyncWebClient, listening: Listening
) -> None:
    made = (await client.conversations_create(name="vip-cases"))["channel"]
    where = {"channel": made["id"]}
    assert (made["creator"], made["is_member"], made["is_private"]) == ("U0COPILOT", True, False)
    assert (await client.conversations_setTopic(**where, topic="Fast"))["channel"]["topic"]["value"] == "Fast"
    purpose = (await client.conversations_setPurpose(**where, purpose="Why"))["channel"]["purpose"]
    assert purpose["value"] == "Why"
    await client.conversations_invite(**where, users=["U0MAYA", "U0TOM"])
    assert (await client.conversations_members(**where))["members"] == ["U0COPILOT", "U0MAYA", "U0TOM"]
    some = await client.conversations_invite(**where, users=["U0MAYA", "U0ADA"], force=True)
    assert [each["error"] for each in some["errors"]] == ["already_in_channel"]
    await client.conversations_kick(**where, user="U0TOM")
    renamed = (await client.conversations_rename(**where, name="vip"))["channel"]
    assert (renamed["name"], renamed["previous_names"]) == ("vip", ["vip-cases"])
    await client.conversations_archive(**where)
    assert (await refusal(client.conversations_archive(**where)))["error"] == "already_archived"
    assert (await refusal(client.chat_postMessage(**where, text="x")))["error"] == "is_archived"
    await client.conversations_unarchive(**where)
    await client.conversations_leave(**where)
    assert (await client.conversations_leave(**where))["not_in_channel"] is True
    await listening.until(
        "channel_archive",
        "channel_created",
        "channel_left",
        "channel_rename",
        "channel_unarchive",
        "member_joined_channel",
        "member_left_channel",
    )
    kinds = [each["subtype"] for each in await sandbox.messages(made["id"])]
    assert kinds[:3] == ["channel_join", "channel_topic", "channel_purpose"]


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("conversations.create", {"name": "support"}, "name_taken"),
        ("conversations.create", {"name": "No Good"}, "invalid_name_specials"),
        ("conversations.create", {"name": "x" * 81}, "invalid_name_maxlength"),
        ("conversations.create", {}, "invalid_name_required"),
        ("conversations.invite", {"channel": SUPPORT, "users": "U0MAYA"}, "already_in_channel"),
        ("conversations.invite", {"channel": SUPPORT, "users": "U0NO"}, "user_not_found"),
        ("conversations.invite", {"channel": SUPPORT}, "no_user"),
        ("conversations.invite", {"channel": "C0QUIET", "users": "U0ADA"}, "not_in_channel"),
        ("conversations.kick", {"channel": SUPPORT, "user": "U0COPILOT"}, "cant_kick_self"),
        ("conversations.kick", {"channel": "C0LOGISTICS", "user": "U0MAYA"}, "not_in_channel"),
        ("conversations.setTopic", {"channel": SUPPORT, "topic": "x" * 251}, "too_long"),
        ("conversations.unarchive", {"channel": SUPPORT}, "not_archived"),
        ("conversations.rename", {"channel": SUPPORT, "name": "help"}, "not_authorized"),
        ("conversations.leave", {"channel": "C0NOWHERE"}, "channel_not_found"),
        ("pins.add", {"channel": SUPPORT}, "no_item_specified"),
        ("pins.add", {"channel": SUPPORT, "timestamp": "1.1"}, "message_not_found"),
        ("bookmarks.add", {"channel_id": SUPPORT, "title": "x", "type": "link"}, "invalid_link"),
        ("bookmarks.edit", {"channel_id": SUPPORT, "bookmark_id": "Bk0"}, "bookmark_not_found"),
    ],
)
async def test_what_is_refused(
    client: AsyncWebClient, method: str, arguments: dict[str, Any], error: str
) -> None:
    assert (await refusal(client.api_call(method, params=arguments)))["error"] == error


async def test_pins_and_bookmarks(
    sandbox: SandboxProcess, client: AsyncWebClient, listening: Listening
) -> None:
    ts = (await client.chat_postMessage(channel=SUPPORT, text="the rules"))["ts"]
    await client.pins_add(channel=SUPPORT, timestamp=ts)
    assert (await refusal(client.pins_add(channel=SUPPORT, timestamp=ts)))["error"] == "already_pinned"
    (item,) = (await client.pins_list(channel=SUPPORT))["items"]
    assert (item["message"]["text"], item["created_by"]) == ("the rules", "U0COPILOT")
    await client.pins_remove(channel=SUPPORT, timestamp=ts)
    assert (await refusal(client.pins_remove(channel=SUPPORT, timestamp=ts)))["error"] == "no_pin"
    await listening.until("pin_added", "pin_removed")
    assert listening.events("pin_added")[0]["item"]["message"]["ts"] == ts
    link = "https://shop.example/board"
    made = await client.bookmarks_add(channel_id=SUPPORT, title="Board", type="link", link=link)
    where = {"channel_id": SUPPORT, "bookmark_id": made["bookmark"]["id"]}
    await client.bookmarks_edit(**where, title="The board")
    assert [each["title"] for each in (await client.bookmarks_list(channel_id=SUPPORT))["bookmarks"]] == [
        "The board"
    ]
    await client.bookmarks_remove(**where)
    assert (await client.bookmarks_list(channel_id=SUPPORT))["bookmarks"] == []


async def test_a_scheduled_message_fires(sandbox: SandboxProcess, client: AsyncWebClient) -> None:
    soon = int(time.time()) + 600
    first = await client.chat_scheduleMessage(channel=SUPPORT, post_at=soon, text="later")
    assert first["message"]["type"] == "delayed_message"
    second = await client.chat_scheduleMessage(channel=SUPPORT, post_at=soon + 1, text="never")
    listed = (await client.chat_scheduledMessages_list(channel=SUPPORT))["scheduled_messages"]
    assert [each["text"] for each in listed] == ["later", "never"]
    gone = {"channel": SUPPORT, "scheduled_message_id": second["scheduled_message_id"]}
    await client.chat_deleteScheduledMessage(**gone)
    again = client.chat_deleteScheduledMessage(**gone)
    assert (await refusal(again))["error"] == "invalid_scheduled_message_id"
    assert (await sandbox.do("fire_scheduled", seconds=700))["fired"] == 1
    assert [each["text"] for each in await sandbox.messages(SUPPORT)] == ["later"]
    await client.chat_scheduleMessage(channel=SUPPORT, post_at=int(time.time()) + 1, text="by itself")

    async def posted() -> bool:
        return bool((await sandbox.messages(SUPPORT))[-1]["text"] == "by itself")

    await until(posted)


@pytest.mark.parametrize(
    ("seconds", "error"), [(-1, "time_in_past"), (121 * 86_400, "time_too_far"), (None, "invalid_time")]
)
async def test_times_that_cannot_be(client: AsyncWebClient, seconds: int | None, error: str) -> None:
    when = "soon" if seconds is None else str(int(time.time()) + seconds)
    call = client.chat_scheduleMessage(channel=SUPPORT, post_at=when, text="x")
    assert (await refusal(call))["error"] == error
