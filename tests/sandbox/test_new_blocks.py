"""The blocks of agents and dashboards: what Slack takes, what it refuses, and clicks on them."""

from typing import Any

import pytest
from slack_sdk.models.blocks import (
    Block,
    CardBlock,
    ContextActionsBlock,
    FeedbackButtonObject,
    FeedbackButtonsElement,
    IconButtonElement,
    PlanBlock,
    TaskCardBlock,
)
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.conftest import Connect, bolt_app
from tests.sandbox.test_posting import refusal
from tests.support.sandbox import SandboxProcess

SUPPORT = "C0SUPPORT"
MAYA = "U0MAYA"


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def rich(text: str) -> dict[str, Any]:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def cell(text: str) -> dict[str, Any]:
    return {"type": "raw_text", "text": text}


BUTTON = {"type": "button", "text": plain("Open"), "action_id": "open"}
IMAGE = {"type": "image", "image_url": "https://shop.example/x.png", "alt_text": "x"}
CARD = {"type": "card", "icon": IMAGE, "title": mrkdwn("CX-1"), "body": mrkdwn("Late"), "actions": [BUTTON]}
TASK = {"type": "task_card", "task_id": "1", "title": "Look", "status": "in_progress", "details": rich("x")}
TABLE = {"type": "table", "rows": [[cell("a"), rich("b")], [cell("c"), cell("")]]}
DATA = {"type": "data_table", "caption": "Cases", "rows": [[cell("a")], [cell("b")]], "page_size": 10}
VIDEO = {
    "type": "video",
    "video_url": "https://video.example/embed/1",
    "thumbnail_url": "https://video.example/1.png",
    "alt_text": "How to",
    "title": plain("How to"),
}
CONTAINER = {"type": "container", "title": plain("Case"), "child_blocks": [{"type": "divider"}]}
FEEDBACK = {
    "type": "feedback_buttons",
    "action_id": "rate",
    "positive_button": {"text": plain("Good"), "value": "good"},
    "negative_button": {"text": plain("Bad"), "value": "bad"},
}
TRASH = {"type": "icon_button", "action_id": "drop", "icon": "trash", "text": plain("Drop"), "value": "1"}


@pytest.mark.parametrize(
    "block",
    [
        CARD,
        {"type": "carousel", "elements": [CARD, {"type": "card", "title": mrkdwn("CX-2")}]},
        TASK,
        {"type": "plan", "title": "Refund", "tasks": [TASK]},
        TABLE,
        DATA,
        VIDEO,
        CONTAINER,
        {"type": "context_actions", "elements": [FEEDBACK, TRASH]},
        {"type": "section", "text": plain("x"), "accessory": {**BUTTON, "confirm": {"text": plain("Sure?")}}},
    ],
    ids=lambda block: str(block["type"]),
)
async def test_taken(client: AsyncWebClient, block: dict[str, Any]) -> None:
    posted = await client.chat_postMessage(channel=SUPPORT, text="x", blocks=[block])
    (shown,) = posted["message"]["blocks"]
    assert (shown["type"], bool(shown["block_id"])) == (block["type"], True)


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        (
            [{"type": "card", "icon": IMAGE}],
            "must define at least one of `hero_image`, `title`, `actions`, `body` "
            "[json-pointer:/blocks/0/type]",
        ),
        (
            [{"type": "card", "body": mrkdwn("x" * 201)}],
            "must be less than 201 characters [json-pointer:/blocks/0/body/text]",
        ),
        (
            [{"type": "carousel", "elements": [CARD] * 11}],
            "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            [{"type": "carousel", "elements": [{"type": "divider"}]}],
            "unsupported type: divider [json-pointer:/blocks/0/elements/0/type]",
        ),
        (
            [{**TASK, "status": "late"}],
            "must be one of: pending, in_progress, complete, error [json-pointer:/blocks/0/status]",
        ),
        ([{"type": "plan", "tasks": []}], "missing required field: title [json-pointer:/blocks/0]"),
        ([TABLE, TABLE], "only one table allowed [json-pointer:/blocks/1/type]"),
        (
            [{"type": "table", "rows": [[cell("x")] * 21]}],
            "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]",
        ),
        (
            [{"type": "table", "rows": [[cell("x" * 6_000), cell("x" * 6_000)]]}],
            "must be less than 10001 characters in all cells [json-pointer:/blocks/0/rows]",
        ),
        (
            [{**DATA, "rows": [[cell("a")], [cell("b"), cell("c")]]}],
            "all rows must have the same number of cells [json-pointer:/blocks/0/rows]",
        ),
        (
            [{**VIDEO, "video_url": "http://video.example/1"}],
            "must be an https address [json-pointer:/blocks/0/video_url]",
        ),
        (
            [{"type": "container", "child_blocks": [{"type": "divider"}]}],
            "must define either `title` or `rich_text_title` [json-pointer:/blocks/0/type]",
        ),
        (
            [{**CONTAINER, "child_blocks": [TASK]}],
            "unsupported type: task_card [json-pointer:/blocks/0/child_blocks/0/type]",
        ),
        (
            [{"type": "context_actions", "elements": [BUTTON]}],
            "unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
        ),
        (
            [{"type": "context_actions", "elements": [{**TRASH, "icon": "star"}]}],
            "must be one of: trash [json-pointer:/blocks/0/elements/0/icon]",
        ),
        (
            [{"type": "context_actions", "elements": [TRASH] * 6}],
            "no more than 5 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            [{"type": "alert", "text": plain("x")}],
            "unsupported type: alert [json-pointer:/blocks/0/type]",
        ),
        ([{"type": "file", "source": "remote", "external_id": "x"}], "unsupported type: file"),
    ],
)
async def test_refused(client: AsyncWebClient, blocks: list[dict[str, Any]], problem: str) -> None:
    answer = await refusal(client.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks))
    assert answer["error"] == "invalid_blocks"
    assert any(each.startswith(problem) for each in answer["errors"]), answer["errors"]


async def test_clicks_on_them_reach_the_app(
    sandbox: SandboxProcess, client: AsyncWebClient, online: Connect
) -> None:
    clicked: list[dict[str, Any]] = []
    app = bolt_app(sandbox)

    async def keep(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        clicked.append(action)

    for action_id in ("rate", "drop", "open"):
        app.action(action_id)(keep)
    await online(app)
    blocks: list[dict[str, Any] | Block] = [
        ContextActionsBlock(
            elements=[
                FeedbackButtonsElement(
                    action_id="rate",
                    positive_button=FeedbackButtonObject(text="Good", value="good"),
                    negative_button=FeedbackButtonObject(text="Bad", value="bad"),
                ),
                IconButtonElement(action_id="drop", icon="trash", text="Drop", value="1"),
            ]
        ),
        PlanBlock(title="Plan", tasks=[TaskCardBlock(task_id="1", title="x", status="pending")]),
        {"type": "carousel", "elements": [CardBlock(title=mrkdwn("CX-1"), actions=[BUTTON]).to_dict()]},
    ]
    ts = (await client.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks))["ts"]
    where = {"channel": SUPPORT, "ts": ts}
    await sandbox.act(MAYA, "click", **where, action_id="rate", value="bad")
    await sandbox.act(MAYA, "click", **where, action_id="drop")
    await sandbox.act(MAYA, "click", **where, action_id="open")
    shown = [(each["type"], each.get("value")) for each in clicked]
    assert shown == [("feedback_buttons", "bad"), ("icon_button", "1"), ("button", None)]
    wrong = await sandbox.try_act(MAYA, "click", **where, action_id="rate", value="so-so")
    assert wrong["error"] == "invalid_value"
