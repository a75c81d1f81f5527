"""What Slack accepts in a message or a modal (Block Kit reference), and what must never be in one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from views.blocks import Block
from views.thread import Rendered

_TEXT = {"section": 3_000, "header": 150, "field": 2_000, "element": 2_000, "button": 75}


def check(rendered: Rendered) -> None:
    """Fail when Slack would refuse the message."""
    assert rendered.text
    assert len(rendered.text) <= 4_000
    check_blocks(rendered.blocks)


def check_blocks(blocks: list[Block]) -> None:
    """Fail when Slack would refuse one of the blocks."""
    assert 1 <= len(blocks) <= 50
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(set(ids)) == len(ids)
    assert all(0 < len(block_id) <= 255 for block_id in ids)
    for block in blocks:
        _KINDS[block["type"]](block)


def texts(value: Any) -> Iterator[str]:
    """All that people read in some blocks."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def _section(block: Block) -> None:
    if "text" in block:
        _text(block["text"], "section")
    fields = block.get("fields", [])
    assert len(fields) <= 10
    for text in fields:
        _text(text, "field")


def _header(block: Block) -> None:
    assert block["text"]["type"] == "plain_text"
    _text(block["text"], "header")


def _context(block: Block) -> None:
    assert 1 <= len(block["elements"]) <= 10
    for element in block["elements"]:
        _text(element, "element")


def _actions(block: Block) -> None:
    assert 1 <= len(block["elements"]) <= 25
    for element in block["elements"]:
        if element["type"] == "static_select":
            _select(element)
            continue
        _text(element["text"], "button")
        assert len(element.get("value", "")) <= 2_000


def _context_actions(block: Block) -> None:
    assert 1 <= len(block["elements"]) <= 5
    for element in block["elements"]:
        for each in (element["positive_button"], element["negative_button"]):
            _text(each["text"], "button")
            assert 1 <= len(each["value"]) <= 2_000


def _select(element: Block) -> None:
    assert len(element["placeholder"]["text"]) <= 150
    assert 1 <= len(element["options"]) <= 100
    for option in element["options"]:
        _text(option["text"], "button")
        assert 1 <= len(option["value"]) <= 150


def _rich_text(block: Block) -> None:
    for element in _leaves(block):
        assert element["type"] == "text"
        assert element["text"]


def _input(block: Block) -> None:
    assert len(block["label"]["text"]) <= 2_000
    assert len(block.get("hint", {}).get("text", "")) <= 2_000


_KINDS = {
    "divider": lambda _: None,
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "rich_text": _rich_text,
    "input": _input,
}


def _text(text: Block, kind: str) -> None:
    assert 1 <= len(text["text"]) <= _TEXT[kind]
    if text["type"] == "mrkdwn":
        assert text["verbatim"] is True


def _leaves(block: Block) -> Iterator[dict[str, Any]]:
    for part in block["elements"]:
        yield from part["elements"]


def words_of(blocks: list[Block]) -> list[str]:
    """The text of each rich_text block, as an outside reader joins it."""
    return [
        "".join(leaf["text"] for leaf in _leaves(block)) for block in blocks if block["type"] == "rich_text"
    ]


def markup_of(rendered: Rendered) -> list[str]:
    """Every text of the message in which Slack reads markup."""
    found = [rendered.text]
    for block in rendered.blocks:
        texts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        found += [text["text"] for text in texts if text and text["type"] == "mrkdwn"]
    return found
