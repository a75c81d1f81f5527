"""Articles as customers read them in the chat: plain paragraphs, nothing in them that a browser would run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TypedDict

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cases.text import one_line, show_turns

MAX_CHARACTERS = 12_000
"""Of an article; the rest is at its source."""
_BREAKS = {"softbreak", "hardbreak"}
_RAW = {"html_block", "html_inline"}


class Kind(StrEnum):
    """What a paragraph is."""

    HEAD = "head"
    TEXT = "text"
    ITEM = "item"
    CODE = "code"


class Paragraph(TypedDict):
    """One paragraph; its text is never markup."""

    kind: Kind
    text: str


def paragraphs(markdown: str) -> list[Paragraph]:
    """The text without its marks; links keep their address behind their words, HTML is left out."""
    tokens = MarkdownIt("commonmark").enable("table").parse(show_turns(markdown)[:MAX_CHARACTERS])
    return [Paragraph(kind=kind, text=text.strip()) for kind, text in _parts(tokens) if text.strip()]


def _parts(tokens: Sequence[Token]) -> Iterator[tuple[Kind, str]]:
    kind, lists, cells = Kind.TEXT, 0, list[str]()
    in_row = False
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                lists += 1
            case "bullet_list_close" | "ordered_list_close":
                lists -= 1
            case "heading_open" | "heading_close":
                kind = Kind.HEAD if token.type == "heading_open" else Kind.TEXT
            case "tr_open":
                in_row, cells = True, []
            case "tr_close":
                in_row = False
                yield Kind.ITEM, " · ".join(cells)
            case "inline" if in_row:
                cells.append(_words(token))
            case "inline":
                yield Kind.ITEM if lists and kind is Kind.TEXT else kind, _words(token)
            case "fence" | "code_block":
                yield Kind.CODE, token.content


def _words(token: Token) -> str:
    made, addresses = "", list[str]()
    for child in token.children or []:
        if child.type == "link_open":
            addresses.append(str(child.attrGet("href") or ""))
        elif child.type == "link_close":
            made += _behind(made, addresses.pop())
        elif child.type in _BREAKS:
            made += "\n"
        elif child.type not in _RAW:
            made += child.content
    return made


def _behind(words: str, address: str) -> str:
    """An address as it stands behind the words that lead to it; nothing where they say it themselves."""
    shown = one_line(address, 300)
    return f" ({shown})" if address.startswith(("https://", "http://")) and not words.endswith(shown) else ""
