"""Agent apps: the pane, sessions with a stop button, status lines, prompts, and text that streams."""

from typing import Any

import pytest
from slack_sdk.models.blocks import UrlSourceElement
from slack_sdk.models.messages.chunk import BlocksChunk, MarkdownTextChunk, PlanUpdateChunk, TaskUpdateChunk
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.conftest import Connect, Listening, bolt_app
from tests.sandbox.test_posting import refusal
from tests.support.sandbox import SandboxProcess, until

SUPPORT = "C0SUPPORT"
MAYA = "U0MAYA"


async def asked(sandbox: SandboxProcess) -> tuple[str, str]:
    """The pane of a person who has asked something: its channel and the question's ts."""
    pane = (await sandbox.act(MAYA, "open_dm"))["channel"]
    return pane, (await sandbox.act(MAYA, "post", channel=pane, text="What waits for me?"))["ts"]


async def pane_thread(sandbox: SandboxProcess) -> dict[str, Any]:
    threads: list[dict[str, Any]] = (await sandbox.person(MAYA))["agent"]["threads"]
    return threads[0] if threads else {}


async def test_opening_the_pane_tells_what_the_person_looked_at(
    sandbox: SandboxProcess, listening: Listening
) -> None:
    pane = (await sandbox.act(MAYA, "open_dm", viewing=SUPPORT))["channel"]
    await until(lambda: listening.events("app_home_opened"))
    (event,) = listening.events("app_home_opened")
    assert (event["tab"], event["channel"], event["user"]) == ("messages", pane, MAYA)
    assert [each["value"] for each in event["context"]["entities"]] == [SUPPORT]
    assert "view" not in event


async def test_bolt_answers_in_the_pane(
    sandbox: SandboxProcess, client: AsyncWebClient, online: Connect
) -> None:
    app = bolt_app(sandbox)

    @app.event("message")
    async def answer(event: dict[str, Any], set_status: Any, say_stream: Any) -> None:
        if event.get("bot_id") or event.get("subtype"):
            return
        await set_status("is looking…")
        stream = await say_stream(buffer_size=1)
        await stream.append(markdown_text="Two **cases**")
        await stream.stop(markdown_text=" wait.")

    await online(app)
    pane, ts = await asked(sandbox)

    async def answered() -> list[dict[str, Any]]:
        replies = (await sandbox.messages(pane, ts))[1:]
        return [each for each in replies if each.get("streaming_state") == "completed"]

    (reply,) = await until(answered)
    assert (reply["text"], reply["thread_ts"]) == ("Two **cases** wait.", ts)
    assert (await pane_thread(sandbox)).get("status", "") == ""


async def test_a_session_is_stopped_by_its_button(
    sandbox: SandboxProcess, client: AsyncWebClient, listening: Listening
) -> None:
    pane, ts = await asked(sandbox)
    await client.agents_sessions_setStatus(channel_id=pane, thread_ts=ts, status="processing", title="Cases")
    stream = await client.chat_startStream(channel=pane, thread_ts=ts, markdown_text="One")
    session = (await pane_thread(sandbox))["session"]
    assert session == {"status": "processing", "title": "Cases", "stoppable": True}
    stopped = await sandbox.act(MAYA, "stop_agent", channel=pane, thread_ts=ts)
    assert stopped["streaming_message_ts"] == [stream["ts"]]
    await until(lambda: listening.events("agent_session_stopped"))
    (event,) = listening.events("agent_session_stopped")
    assert (event["channel"], event["thread_ts"], event["user"]) == (pane, ts, MAYA)
    assert event["streaming_message_ts"] == [stream["ts"]]
    more = client.chat_appendStream(channel=pane, ts=stream["ts"], markdown_text="more")
    assert (await refusal(more))["error"] == "stopped_by_user"
    await client.chat_stopStream(channel=pane, ts=stream["ts"], session_status="active")
    assert (await pane_thread(sandbox))["session"]["status"] == "active"
    again = await sandbox.try_act(MAYA, "stop_agent", channel=pane, thread_ts=ts)
    assert again["error"] == "nothing_to_stop"
    assert (await client.agents_sessions_rename(channel_id=pane, thread_ts=ts, title="New"))["title"] == "New"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"status": "busy"}, "invalid_status"),
        ({"thread_ts": None}, "thread_ts_required"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel_id": "C0NOWHERE"}, "channel_not_found"),
        ({"channel_id": "C0QUIET"}, "not_authorized"),
        ({"initiator_user_id": "U0NO"}, "user_not_found"),
        ({"title": "x" * 201}, "invalid_arguments"),
    ],
)
async def test_sessions_that_cannot_be(
    sandbox: SandboxProcess, client: AsyncWebClient, arguments: dict[str, Any], error: str
) -> None:
    pane, ts = await asked(sandbox)
    call = {"channel_id": pane, "thread_ts": ts, "status": "active", **arguments}
    assert (await refusal(client.agents_sessions_setStatus(**call)))["error"] == error


async def test_status_lines_and_prompts(sandbox: SandboxProcess, client: AsyncWebClient) -> None:
    pane, ts = await asked(sandbox)
    await client.assistant_threads_setStatus(
        channel_id=pane, thread_ts=ts, status="is thinking…", loading_messages=["Reading", "Counting"]
    )
    thread = await pane_thread(sandbox)
    assert (thread["status"], thread["loading_messages"]) == ("is thinking…", ["Reading", "Counting"])
    await client.chat_postMessage(channel=pane, thread_ts=ts, text="Here")
    assert await pane_thread(sandbox) == {}
    prompts = [{"title": "Mine", "message": "Which cases are mine?"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id=pane, title="Try", prompts=prompts)
    agent = (await sandbox.person(MAYA))["agent"]
    assert (agent["title"], agent["prompts"]) == ("Try", prompts)
    # An agent app must not name a thread here: Slack says ok and does nothing.
    other = [{"title": "x", "message": "y"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id=pane, thread_ts=ts, prompts=other)
    assert (await sandbox.person(MAYA))["agent"]["prompts"] == prompts
    many = client.assistant_threads_setSuggestedPrompts(channel_id=pane, prompts=prompts * 5)
    assert (await refusal(many))["error"] == "invalid_arguments"
    await client.assistant_threads_setTitle(channel_id=pane, thread_ts=ts, title="Open cases")
    assert (await pane_thread(sandbox))["session"]["title"] == "Open cases"
    missing = client.assistant_threads_setStatus(channel_id=pane, thread_ts="1.1", status="x")
    assert (await refusal(missing))["error"] == "invalid_thread_ts"


async def test_a_stream_in_a_channel_shows_tasks_text_and_blocks(
    sandbox: SandboxProcess, client: AsyncWebClient, listening: Listening
) -> None:
    root = await client.chat_postMessage(channel=SUPPORT, text="root")
    stream = await client.chat_stream(
        channel=SUPPORT, thread_ts=root["ts"], recipient_user_id=MAYA, recipient_team_id="T0SHOP"
    )
    source = UrlSourceElement(url="https://shop.example/faq", text="FAQ")
    await stream.append(
        chunks=[
            MarkdownTextChunk(text="Looking. "),
            TaskUpdateChunk(id="1", title="Search", status="in_progress", details="cases"),
        ]
    )
    await stream.append(
        chunks=[
            TaskUpdateChunk(id="1", title="Search", status="complete", output="3 found", sources=[source]),
            BlocksChunk(blocks=[{"type": "divider"}]),
        ]
    )
    (message,) = [each for each in await sandbox.messages(SUPPORT, root["ts"]) if each["ts"] == stream.ts]
    assert message["streaming_state"] == "in_progress"
    assert (await refusal(client.chat_update(channel=SUPPORT, ts=message["ts"], text="x")))[
        "error"
    ] == "streaming_state_conflict"
    below = [{"type": "header", "text": {"type": "plain_text", "text": "Done"}}]
    done = await stream.stop(blocks=below, metadata={"event_type": "x", "event_payload": {}})
    shown = done["message"]["blocks"]
    assert [block["type"] for block in shown] == ["markdown", "task_card", "divider", "header"]
    assert (shown[1]["status"], shown[1]["sources"][0]["text"]) == ("complete", "FAQ")
    assert shown[1]["details"]["elements"][0]["elements"][0]["text"] == "cases"
    await until(lambda: listening.events("message", "message_changed"))
    (changed,) = listening.events("message", "message_changed")
    assert (changed["message"]["streaming_state"], "edited" in changed["message"]) == ("completed", False)
    over = client.chat_appendStream(channel=SUPPORT, ts=message["ts"], markdown_text="x")
    assert (await refusal(over))["error"] == "message_not_in_streaming_state"
    root_too = client.chat_appendStream(channel=SUPPORT, ts=root["ts"], markdown_text="x")
    assert (await refusal(root_too))["error"] == "message_not_in_streaming_state"


async def test_a_plan_gathers_its_tasks(client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel=SUPPORT, text="root")
    where = {"channel": SUPPORT, "thread_ts": root["ts"]}
    recipient = {"recipient_user_id": MAYA, "recipient_team_id": "T0SHOP"}
    chunks = [
        PlanUpdateChunk(title="Refund"),
        TaskUpdateChunk(id="1", title="Check", status="complete"),
        TaskUpdateChunk(id="2", title="Pay", status="pending"),
    ]
    begun = await client.chat_startStream(**where, **recipient, chunks=chunks, task_display_mode="plan")
    done = await client.chat_stopStream(channel=SUPPORT, ts=begun["ts"])
    (plan,) = done["message"]["blocks"]
    assert (plan["title"], [task["title"] for task in plan["tasks"]]) == ("Refund", ["Check", "Pay"])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"recipient_user_id": None}, "missing_recipient_user_id"),
        ({"recipient_team_id": None}, "missing_recipient_team_id"),
        ({"recipient_user_id": "U0NO"}, "user_not_found"),
        ({"channel": "C0QUIET"}, "not_in_channel"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"chunks": [{"type": "confetti"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "task_update", "id": "1", "title": "x", "status": "late"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "blocks", "blocks": [{"type": "confetti"}]}]}, "invalid_chunks"),
        ({"chunks": [{"type": "blocks", "blocks": [{"type": "divider"}] * 51}]}, "invalid_chunks"),
        ({"task_display_mode": "party"}, "invalid_arguments"),
    ],
)
async def test_streams_that_cannot_begin(
    client: AsyncWebClient, arguments: dict[str, Any], error: str
) -> None:
    root = await client.chat_postMessage(channel=SUPPORT, text="root")
    call = {"channel": SUPPORT, "thread_ts": root["ts"], "recipient_user_id": MAYA}
    call |= {"recipient_team_id": "T0SHOP", **arguments}
    given = {key: value for key, value in call.items() if value is not None}
    assert (await refusal(client.api_call("chat.startStream", json=given)))["error"] == error
