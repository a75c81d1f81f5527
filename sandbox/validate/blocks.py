"""The shapes of blocks, and the checks that span a whole message."""

import secrets
from typing import Any

from sandbox.errors import ApiError, InvalidBlocks
from sandbox.validate.cards import (
    ALERT,
    CARD,
    CONTEXT_ACTIONS,
    PLAN,
    RICH_TEXT,
    TASK,
    TASK_NEEDS,
    VIDEO,
    VIDEO_NEEDS,
    card_has_something,
    container_fits,
)
from sandbox.validate.elements import ELEMENTS, IMAGE, IN_ACTIONS, IN_INPUT, IN_SECTION, TEXT_INPUTS
from sandbox.validate.rich_text import ELEMENTS_OF_BLOCK
from sandbox.validate.shapes import (
    MOST_MARKDOWN_IN_ALL,
    MOST_TEXT_IN_ALL,
    Checker,
    Report,
    Shape,
    anything,
    boolean,
    by_type,
    choice,
    composed_text,
    items,
    text,
    whole,
)
from sandbox.validate.tables import DATA_TABLE, TABLE, count_table, same_width

MOST_IN_MESSAGE = 50
ID_LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789+/="


def new_id() -> str:
    """An identifier like the ones Slack gives to blocks and elements that have none."""
    return "".join(secrets.choice(ID_LETTERS) for _ in range(5))


def _block_id(value: Any, at: str, report: Report) -> None:
    text(255)(value, at, report)
    if not isinstance(value, str):
        return
    if value in report.block_ids:
        report.add("`block_id` already exists", at)
    report.block_ids.add(value)


def _text_or_fields(value: dict[str, Any], at: str, report: Report) -> None:
    if value.get("text") is None and value.get("fields") is None:
        report.add("must define either `text` or `fields`", f"{at}/type")


def _picture(value: dict[str, Any], at: str, report: Report) -> None:
    if ("image_url" in value) == ("slack_file" in value):
        report.add("must define either `image_url` or `slack_file`", f"{at}/type")


def _markdown(value: Any, at: str, report: Report) -> None:
    text(MOST_MARKDOWN_IN_ALL)(value, at, report)
    if isinstance(value, str):
        report.markdown += len(value)
        if len(value) <= MOST_MARKDOWN_IN_ALL < report.markdown:
            report.add("must be less than 12001 characters in all markdown blocks", at)


def _context_part(value: Any, at: str, report: Report) -> None:
    if isinstance(value, dict) and value.get("type") == "image":
        IMAGE.check(value, at, report)
    else:
        _CONTEXT_TEXT(value, at, report)


def _input_extra(value: dict[str, Any], at: str, report: Report) -> None:
    report.inputs.append(f"{at}/input")
    element = value.get("element")
    if not isinstance(element, dict):
        return
    if (
        element.get("type") in TEXT_INPUTS
        and element.get("dispatch_action_config")
        and not value.get("dispatch_action")
    ):
        report.add("must define `dispatch_action` to use `dispatch_action_config`", f"{at}/dispatch_action")


_CONTEXT_TEXT = composed_text(2000)


def _block(own: dict[str, Checker], required: tuple[str, ...] = (), extra: Checker | None = None) -> Shape:
    return Shape({"type": anything, "block_id": _block_id, **own}, required, extra)


BLOCKS: dict[str, Shape] = {
    "section": _block(
        {
            "text": composed_text(3000),
            "fields": items(composed_text(2000), 10),
            "accessory": by_type(ELEMENTS, IN_SECTION),
            "expand": boolean,
        },
        (),
        _text_or_fields,
    ),
    "header": _block({"text": composed_text(150, plain_only=True), "level": whole(1, 4)}, ("text",)),
    "divider": _block({}),
    "image": _block(
        {
            "image_url": text(3000),
            "slack_file": anything,
            "alt_text": text(2000),
            "title": composed_text(2000, plain_only=True),
        },
        ("alt_text",),
        _picture,
    ),
    "actions": _block({"elements": items(by_type(ELEMENTS, IN_ACTIONS), 25)}, ("elements",)),
    "context": _block({"elements": items(_context_part, 10)}, ("elements",)),
    "input": _block(
        {
            "label": composed_text(2000, plain_only=True),
            "element": by_type(ELEMENTS, IN_INPUT),
            "hint": composed_text(2000, plain_only=True),
            "optional": boolean,
            "dispatch_action": boolean,
        },
        ("label", "element"),
        _input_extra,
    ),
    "rich_text": _block({"elements": ELEMENTS_OF_BLOCK}, ("elements",)),
    "markdown": _block({"text": _markdown}, ("text",)),
    "table": _block(TABLE, ("rows",), count_table),
    "data_table": _block(DATA_TABLE, ("rows", "caption"), same_width),
    "task_card": _block(TASK, TASK_NEEDS),
    "plan": _block(PLAN, ("title",)),
    "card": _block(CARD, (), card_has_something),
    "context_actions": _block(CONTEXT_ACTIONS, ("elements",)),
    "alert": _block(ALERT, ("text",)),
    "video": _block(VIDEO, VIDEO_NEEDS),
}
IN_CONTAINER = frozenset(
    {"actions", "context", "divider", "header", "image", "input", "rich_text", "section", "table", "video"}
)
BLOCKS["carousel"] = _block({"elements": items(by_type(BLOCKS, frozenset({"card"})), 10)}, ("elements",))
BLOCKS["container"] = _block(
    {
        "title": composed_text(150, plain_only=True),
        "rich_text_title": RICH_TEXT,
        "subtitle": composed_text(150),
        "child_blocks": items(by_type(BLOCKS, IN_CONTAINER), 10),
        "width": choice("narrow", "standard", "wide", "full"),
        "icon": IMAGE.check,
        "is_collapsible": boolean,
        "default_collapsed": boolean,
        "has_header_divider": boolean,
    },
    ("child_blocks",),
    container_fits,
)
# Slack's reference: alerts are for modals; agents' blocks and tables are for messages.
IN_MESSAGE = frozenset(BLOCKS) - {"alert"}
IN_VIEW = frozenset(BLOCKS) - {
    "markdown",
    "table",
    "data_table",
    "task_card",
    "plan",
    "card",
    "carousel",
    "context_actions",
    "container",
}
_CHECK_IN_MESSAGE = by_type(BLOCKS, IN_MESSAGE)
_CHECK_IN_VIEW = by_type(BLOCKS, IN_VIEW)


def check_each(blocks: list[Any], at: str, report: Report, *, in_view: bool) -> None:
    """Checks every block and gives missing block and action ids."""
    check = _CHECK_IN_VIEW if in_view else _CHECK_IN_MESSAGE
    for index, block in enumerate(blocks):
        report.action_ids.clear()
        check(block, f"{at}/{index}", report)
        if isinstance(block, dict):
            _give_ids(block)


def _give_ids(block: dict[str, Any]) -> None:
    if not block.get("block_id"):
        block["block_id"] = new_id()
    for inner in _inner(block):
        _give_ids(inner)
    for element in elements_of(block):
        if not element.get("action_id") and element.get("type") != "image":
            element["action_id"] = new_id()


def _inner(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks inside a carousel or container."""
    found = block.get({"carousel": "elements", "container": "child_blocks"}.get(str(block.get("type")), ""))
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def flattened(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocks with those inside carousels and containers in their place."""
    return [each for block in blocks for each in ([block, *flattened(_inner(block))])]


def elements_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The elements of a block a person may use."""
    match block.get("type"):
        case "section":
            found = [block.get("accessory")]
        case "card":
            found = block["actions"] if isinstance(block.get("actions"), list) else []
        case "actions" | "context_actions":
            found = block["elements"] if isinstance(block.get("elements"), list) else []
        case "input":
            found = [block.get("element")]
        case _:
            return []
    return [element for element in found if isinstance(element, dict)]


def check_message(blocks: Any) -> list[dict[str, Any]]:
    """Blocks of a message, with ids given. Raises InvalidBlocks or ApiError(msg_blocks_too_long)."""
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    report = Report()
    if len(blocks) > MOST_IN_MESSAGE:
        report.add(f"no more than {MOST_IN_MESSAGE} items allowed", "/blocks")
    check_each(blocks, "/blocks", report, in_view=False)
    if report.problems:
        raise InvalidBlocks(report.problems)
    if report.text + report.markdown > MOST_TEXT_IN_ALL:
        raise ApiError("msg_blocks_too_long")
    return blocks
