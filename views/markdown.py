"""Markdown of articles as Slack's rich text: its shape stays; nothing in it pings, links or embeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cases.text import one_line, show_turns
from views.blocks import Block

MAX_CHARACTERS = 12_000
"""Of an article in a modal; the rest is at its source."""
_ELEMENTS = 40

Element = dict[str, Any]


def rich_text(markdown: str) -> list[Block]:
    """The text as blocks for a modal; links and images become their words and their address as text."""
    text = show_turns(markdown)[:MAX_CHARACTERS]
    tokens = MarkdownIt("commonmark").parse(text)
    elements = list(_elements(tokens))
    return [
        {"type": "rich_text", "elements": elements[start : start + _ELEMENTS]}
        for start in range(0, len(elements), _ELEMENTS)
    ]


def gist(markdown: str, limit: int) -> str:
    """The text on one line of ``limit`` characters, without its marks; dots stand between items and cells."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    said, dotted = "", False
    for token in tokens:
        dotted = dotted or token.type in {"list_item_open", "td_open", "th_open"}
        if token.type in {"inline", "fence", "code_block", "html_block"}:
            words = "".join(_words(token.children or [token]))
            said += (" · " if dotted and said else " ") + words
            dotted = False
    return one_line(said, limit)


def _words(children: Sequence[Token]) -> Iterator[str]:
    for child in children:
        yield " " if child.type in {"softbreak", "hardbreak"} else child.content


def _elements(tokens: Sequence[Token]) -> Iterator[Element]:
    lists: list[str] = []
    heading = False
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                lists.append("bullet")
            case "ordered_list_open":
                lists.append("ordered")
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "heading_open" | "heading_close":
                heading = token.type == "heading_open"
            case "inline":
                yield from _said(token, lists, heading)
            case "fence" | "code_block":
                yield {"type": "rich_text_preformatted", "elements": _text(token.content.rstrip() or " ")}
            case "html_block":
                yield _section(_text(token.content.strip()))


def _said(token: Token, lists: list[str], heading: bool) -> Iterator[Element]:
    inline = list(_inline(token.children or [], bold=heading))
    if not inline:
        return
    if not lists:
        yield _section([*inline, {"type": "text", "text": "\n"}])
        return
    yield {
        "type": "rich_text_list",
        "style": lists[-1],
        "indent": min(len(lists) - 1, 5),
        "elements": [_section(inline)],
    }


def _inline(children: Sequence[Token], *, bold: bool) -> Iterator[Element]:
    style = {"bold": 1 if bold else 0, "italic": 0}
    address: list[str] = []
    for child in children:
        match child.type:
            case "strong_open" | "strong_close":
                style["bold"] += 1 if child.nesting > 0 else -1
            case "em_open" | "em_close":
                style["italic"] += 1 if child.nesting > 0 else -1
            case "link_open":
                address.append(str(child.attrGet("href") or ""))
            case "link_close":
                yield from _text(f" ({one_line(address.pop(), 300)})")
            case "softbreak" | "hardbreak":
                yield from _text("\n")
            case "image":
                yield from _text(f"🖼 {child.content}")
            case "code_inline":
                yield {"type": "text", "text": child.content or " ", "style": {"code": True}}
            case _ if child.content:
                worn = {name: True for name, depth in style.items() if depth}
                yield {"type": "text", "text": child.content} | ({"style": worn} if worn else {})


def _section(elements: list[Element]) -> Element:
    return {"type": "rich_text_section", "elements": elements}


def _text(text: str) -> list[Element]:
    return [{"type": "text", "text": text}] if text else []
