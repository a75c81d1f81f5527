"""Blocks and views that Slack refuses are refused, in its words."""

from typing import Any

import pytest
from slack_sdk.models import blocks as models
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.test_posting import refusal

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Go"), **more}


def options(count: int) -> list[Json]:
    return [{"text": plain(f"o{n}"), "value": str(n)} for n in range(count)]


def actions(*elements: Json) -> list[Json]:
    return [{"type": "actions", "elements": list(elements)}]


def rich(*elements: Json) -> list[Json]:
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}]


MRKDWN = {"type": "mrkdwn", "text": "x"}

REFUSED: list[tuple[str, list[Any], str]] = [
    (
        "long section",
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        "empty section",
        [{"type": "divider"}, {"type": "section", "text": plain("")}],
        "must be more than 0 characters [json-pointer:/blocks/1/text/text]",
    ),
    (
        "bare section",
        [{"type": "section"}],
        "must define either `text` or `fields` [json-pointer:/blocks/0/type]",
    ),
    (
        "fields",
        [{"type": "section", "fields": [MRKDWN.copy() for _ in range(11)]}],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    (
        "long field",
        [{"type": "section", "fields": [plain("x" * 2001)]}],
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    (
        "header",
        [{"type": "header", "text": plain("x" * 151)}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        "mrkdwn header",
        [{"type": "header", "text": MRKDWN}],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    ("unknown block", [{"type": "banner"}], "unsupported type: banner [json-pointer:/blocks/0/type]"),
    ("no type", [{"text": MRKDWN}], "missing required field: type [json-pointer:/blocks/0]"),
    ("no object", ["x"], "must provide an object [json-pointer:/blocks/0]"),
    (
        "unknown property",
        [{"type": "divider", "color": "red"}],
        "invalid additional property: color [json-pointer:/blocks/0]",
    ),
    ("51 blocks", [{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    (
        "same block id",
        [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}],
        "`block_id` already exists [json-pointer:/blocks/1/block_id]",
    ),
    (
        "long block id",
        [{"type": "divider", "block_id": "a" * 256}],
        "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ),
    (
        "same action id",
        actions(button(action_id="a"), button(action_id="a")),
        "`action_id` already exists for another element [json-pointer:/blocks/0/elements/1/action_id]",
    ),
    ("no elements", actions(), "must provide at least 1 items [json-pointer:/blocks/0/elements]"),
    (
        "26 elements",
        actions(*(button() for _ in range(26))),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        "button text",
        actions(button(text=plain("x" * 76))),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (
        "button value",
        actions(button(value="x" * 2001)),
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    (
        "button style",
        actions(button(style="loud")),
        "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    (
        "no options",
        actions({"type": "static_select", "options": []}),
        "must provide at least 1 items [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "101 options",
        actions({"type": "static_select", "options": options(101)}),
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "11 radio buttons",
        actions({"type": "radio_buttons", "options": options(11)}),
        "no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "6 overflow options",
        actions({"type": "overflow", "options": options(6)}),
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "foreign initial option",
        actions({"type": "radio_buttons", "options": options(2), "initial_option": options(3)[2]}),
        "must be one of the options [json-pointer:/blocks/0/elements/0/initial_option]",
    ),
    (
        "text input among buttons",
        actions({"type": "plain_text_input"}),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    (
        "11 context parts",
        [{"type": "context", "elements": [MRKDWN.copy() for _ in range(11)]}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    ("empty rich text", rich({"type": "text", "text": ""}), "must be more than 0 characters"),
    ("unknown inline", rich({"type": "blink", "text": "x"}), "unsupported type: blink"),
    (
        "unknown style",
        rich({"type": "text", "text": "x", "style": {"loud": True}}),
        "invalid additional property: loud",
    ),
    ("long markdown", [{"type": "markdown", "text": "x" * 12_001}], "must be less than 12001 characters"),
    (
        "input without element",
        [{"type": "input", "label": plain("L")}],
        "missing required field: element [json-pointer:/blocks/0]",
    ),
    (
        "picture without words",
        [{"type": "image", "image_url": "https://shop.example/a.png"}],
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
]


@pytest.mark.parametrize(
    ("blocks", "problem"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
async def test_blocks_that_slack_refuses(client: AsyncWebClient, blocks: list[Any], problem: str) -> None:
    call = client.api_call("chat.postMessage", json={"channel": "C0SUPPORT", "text": "x", "blocks": blocks})
    answer = await refusal(call)
    assert answer["error"] == "invalid_blocks"
    assert any(line.startswith(problem) for line in answer["errors"]), answer["errors"]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {line}" for line in answer["errors"]]


async def test_a_message_that_is_too_long_in_all(client: AsyncWebClient) -> None:
    blocks = [{"type": "section", "text": plain("x" * 3000)} for _ in range(5)]
    answer = await refusal(client.chat_postMessage(channel="C0SUPPORT", text="x", blocks=blocks))
    assert answer["error"] == "msg_blocks_too_long"


async def test_what_the_sdk_builds_is_accepted(client: AsyncWebClient) -> None:
    option = models.Option(value="a", label="A")
    blocks: list[models.Block] = [
        models.HeaderBlock(text="Case CX-1"),
        models.SectionBlock(
            text="*Bold*", fields=["a", "b"], accessory=models.ButtonElement(text="B", action_id="b")
        ),
        models.ContextBlock(elements=[models.MarkdownTextObject(text="ctx")]),
        models.DividerBlock(),
        models.ActionsBlock(
            elements=[
                models.ButtonElement(
                    text="Go",
                    action_id="go",
                    value="1",
                    style="primary",
                    confirm=models.ConfirmObject(title="Sure?", text="Really", confirm="Yes", deny="No"),
                ),
                models.StaticSelectElement(
                    placeholder="p", action_id="s", options=[option], initial_option=option
                ),
                models.OverflowMenuElement(
                    action_id="o", options=[option, models.Option(value="b", label="B")]
                ),
                models.CheckboxesElement(action_id="c", options=[option]),
                models.RadioButtonsElement(action_id="r", options=[option]),
                models.UserSelectElement(action_id="u", placeholder="who"),
                models.DatePickerElement(action_id="d", initial_date="2026-11-22"),
            ]
        ),
        models.RichTextBlock(
            elements=[
                models.RichTextSectionElement(
                    elements=[
                        models.RichTextElementParts.Text(
                            text="t", style=models.RichTextElementParts.TextStyle(bold=True)
                        ),
                        models.RichTextElementParts.Link(url="https://shop.example"),
                        models.RichTextElementParts.Emoji(name="eyes"),
                        models.RichTextElementParts.User(user_id="U0MAYA"),
                    ]
                ),
                models.RichTextListElement(
                    style="bullet",
                    elements=[
                        models.RichTextSectionElement(elements=[models.RichTextElementParts.Text(text="i")])
                    ],
                ),
            ]
        ),
        models.InputBlock(label="L", element=models.PlainTextInputElement(action_id="t", multiline=True)),
        models.MarkdownBlock(text="# title"),
    ]
    posted = await client.chat_postMessage(channel="C0SUPPORT", text="x", blocks=blocks)
    stored = posted["message"]["blocks"]
    assert len(stored) == len(blocks)
    assert all(block["block_id"] for block in stored)
    assert len({block["block_id"] for block in stored}) == len(stored)
