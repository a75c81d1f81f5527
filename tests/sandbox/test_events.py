"""Events over Socket Mode, heard by an unmodified Bolt app."""

from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.conftest import Listening
from tests.support.sandbox import SandboxProcess, until


async def test_a_persons_message_reaches_the_app_in_slacks_wrapper(
    sandbox: SandboxProcess, listening: Listening
) -> None:
    posted = await sandbox.act(
        "U0MAYA", "post", channel="C0SUPPORT", text="1 < 2 & more: https://shop.example/a"
    )
    await until(lambda: listening.heard)
    body = listening.heard[0]
    assert body["type"] == "event_callback"
    assert body["api_app_id"] == "A0COPILOT"
    assert body["event_id"].startswith("Ev")
    assert body["authorizations"][0]["user_id"] == "U0COPILOT"
    event = body["event"]
    assert (event["user"], event["ts"], event["channel"]) == ("U0MAYA", posted["ts"], "C0SUPPORT")
    assert event["channel_type"] == "channel"
    assert event["event_ts"] == posted["ts"]
    assert event["text"] == "1 &lt; 2 &amp; more: <https://shop.example/a>"
    parts = event["blocks"][0]["elements"][0]["elements"]
    assert parts == [
        {"type": "text", "text": "1 < 2 & more: "},
        {"type": "link", "url": "https://shop.example/a"},
    ]


async def test_the_apps_own_post_comes_back_with_its_identity(
    listening: Listening, client: AsyncWebClient
) -> None:
    metadata = {"event_type": "cx_post", "event_payload": {"id": "7"}}
    posted = await client.chat_postMessage(channel="C0SUPPORT", text="hello", metadata=metadata)
    await until(lambda: listening.heard)
    event = listening.heard[0]["event"]
    assert event["ts"] == posted["ts"]
    assert (event["user"], event["bot_id"], event["app_id"]) == ("U0COPILOT", "B0COPILOT", "A0COPILOT")
    assert event["bot_profile"]["name"] == "CX Copilot"
    assert event["metadata"] == metadata


async def test_a_post_under_another_name_has_no_user(listening: Listening, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C0SUPPORT", text="hi", username="Nina", icon_emoji=":package:")
    await until(lambda: listening.heard)
    event = listening.heard[0]["event"]
    assert (event["subtype"], event["username"], event["icons"]) == (
        "bot_message",
        "Nina",
        {"emoji": ":package:"},
    )
    assert "user" not in event
    assert event["bot_id"] == "B0COPILOT"


async def test_a_mention_is_told_twice(sandbox: SandboxProcess, listening: Listening) -> None:
    await sandbox.act("U0MAYA", "post", channel="C0SUPPORT", text="<@U0COPILOT> status?")
    await until(lambda: len(listening.heard) == 2)
    assert {body["event"]["type"] for body in listening.heard} == {"message", "app_mention"}


async def test_edits_and_deletions_come_with_what_was_there_before(
    sandbox: SandboxProcess, listening: Listening
) -> None:
    root = await sandbox.act("U0MAYA", "post", channel="C0SUPPORT", text="first")
    reply = await sandbox.act("U0TOM", "post", channel="C0SUPPORT", text="answer", thread_ts=root["ts"])
    await sandbox.act("U0TOM", "edit", channel="C0SUPPORT", ts=reply["ts"], text="better")
    await sandbox.act("U0TOM", "delete", channel="C0SUPPORT", ts=reply["ts"])
    await until(lambda: listening.events("message", "message_deleted"))
    (changed,) = listening.events("message", "message_changed")
    assert changed["message"]["text"] == "better"
    assert changed["message"]["edited"]["user"] == "U0TOM"
    assert changed["previous_message"]["text"] == "answer"
    assert changed["hidden"] is True
    assert changed["ts"] == changed["event_ts"] > reply["ts"]
    (deleted,) = listening.events("message", "message_deleted")
    assert deleted["deleted_ts"] == reply["ts"]
    assert deleted["previous_message"]["text"] == "better"
    assert deleted["previous_message"]["parent_user_id"] == "U0MAYA"


async def test_deleting_the_start_of_a_thread_leaves_a_tombstone(
    sandbox: SandboxProcess, listening: Listening, client: AsyncWebClient
) -> None:
    root = await client.chat_postMessage(channel="C0SUPPORT", text="case card")
    await sandbox.act("U0TOM", "post", channel="C0SUPPORT", text="mine", thread_ts=root["ts"])
    await sandbox.act("U0ADA", "delete", channel="C0SUPPORT", ts=root["ts"])
    await until(lambda: listening.events("message", "message_changed"))
    (changed,) = listening.events("message", "message_changed")
    assert changed["message"]["subtype"] == "tombstone"
    assert changed["previous_message"]["bot_id"] == "B0COPILOT"
    thread = await client.conversations_replies(channel="C0SUPPORT", ts=root["ts"])
    assert [message["text"] for message in thread["messages"]] == ["This message was deleted.", "mine"]


async def test_reactions_are_told_with_their_item(
    sandbox: SandboxProcess, listening: Listening, client: AsyncWebClient
) -> None:
    posted = await sandbox.act("U0MAYA", "post", channel="C0SUPPORT", text="send this")
    await sandbox.act("U0MAYA", "react", channel="C0SUPPORT", ts=posted["ts"], name="outbox_tray")
    await client.reactions_add(channel="C0SUPPORT", timestamp=posted["ts"], name="incoming_envelope")
    await sandbox.act("U0MAYA", "unreact", channel="C0SUPPORT", ts=posted["ts"], name="outbox_tray")
    await until(lambda: listening.events("reaction_removed"))
    added = listening.events("reaction_added")
    assert [(each["user"], each["reaction"]) for each in added] == [
        ("U0MAYA", "outbox_tray"),
        ("U0COPILOT", "incoming_envelope"),
    ]
    assert added[0]["item"] == {"type": "message", "channel": "C0SUPPORT", "ts": posted["ts"]}
    assert added[0]["item_user"] == "U0MAYA"


async def test_nothing_is_told_of_channels_without_the_app(
    sandbox: SandboxProcess, listening: Listening, client: AsyncWebClient
) -> None:
    await sandbox.act("U0MAYA", "post", channel="C0QUIET", text="not for you")
    await sandbox.act("U0MAYA", "post", channel="C0SECRET", text="for you")
    await until(lambda: listening.heard)
    assert [body["event"]["channel_type"] for body in listening.heard] == ["group"]
    joined = await client.conversations_join(channel="C0QUIET")
    assert joined["channel"]["is_member"] is True
    await until(lambda: listening.events("member_joined_channel"))
    await sandbox.act("U0MAYA", "post", channel="C0QUIET", text="now you are here")
    await until(lambda: any(event["text"] == "now you are here" for event in listening.events("message")))


async def test_opening_the_app_and_writing_to_it(sandbox: SandboxProcess, listening: Listening) -> None:
    opened = await sandbox.act("U0TOM", "open_dm")
    await sandbox.act("U0TOM", "open_home")
    await sandbox.act("U0TOM", "post", channel=opened["channel"], text="psst")
    await until(lambda: listening.events("message"))
    homes = listening.events("app_home_opened")
    assert [(each["user"], each["channel"], each["tab"]) for each in homes] == [
        ("U0TOM", opened["channel"], "messages"),
        ("U0TOM", opened["channel"], "home"),
    ]
    assert listening.events("message")[0]["channel_type"] == "im"


async def test_archiving_is_told(sandbox: SandboxProcess, listening: Listening) -> None:
    await sandbox.do("archive", channel="C0RETURNS")
    await until(lambda: listening.events("channel_archive"))
    assert listening.events("channel_archive")[0]["channel"] == "C0RETURNS"
    refused = await sandbox.try_act("U0MAYA", "post", channel="C0RETURNS", text="x")
    assert refused == {"ok": False, "error": "is_archived"}


async def test_an_unfurled_link_is_no_edit(sandbox: SandboxProcess, listening: Listening) -> None:
    posted = await sandbox.act("U0MAYA", "post", channel="C0SUPPORT", text="see https://shop.example/a")
    await sandbox.do("unfurl", channel="C0SUPPORT", ts=posted["ts"])
    await until(lambda: listening.events("message", "message_changed"))
    (changed,) = listening.events("message", "message_changed")
    assert "edited" not in changed["message"]
    assert changed["message"]["attachments"]
    assert changed["message"]["text"] == changed["previous_message"]["text"]


async def test_another_bot_is_told_apart(sandbox: SandboxProcess, listening: Listening) -> None:
    root = await sandbox.act("U0MAYA", "post", channel="C0SUPPORT", text="root")
    await sandbox.do("other_bot_post", channel="C0SUPPORT", text="beep", thread_ts=root["ts"])
    await until(lambda: listening.events("message", "bot_message"))
    (event,) = listening.events("message", "bot_message")
    assert (event["bot_id"], event["thread_ts"], event["text"]) == ("B0OTHERBOT", root["ts"], "beep")


async def test_two_channels_may_have_the_same_ts(sandbox: SandboxProcess, listening: Listening) -> None:
    posted = await sandbox.act("U0MAYA", "post", channel="C0SUPPORT", text="here")
    await sandbox.act("U0MAYA", "post", channel="C0RETURNS", text="there", ts=posted["ts"])
    await until(lambda: len(listening.events("message")) == 2)
    assert {event["ts"] for event in listening.events("message")} == {posted["ts"]}
    again = await sandbox.try_act("U0MAYA", "post", channel="C0RETURNS", text="x", ts=posted["ts"])
    assert again["error"] == "invalid_ts"
