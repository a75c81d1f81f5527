"""HTML of other people's pages as Markdown, however broken or hostile it is.

A parser of HTML takes minutes for a megabyte of elements in elements, and what reads its tree runs out of
stack. So the tags are first written anew: only known ones, nested ``DEPTH`` deep at most, each of them
closed. What the parsers then get can surprise nobody.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

MAX_CHARACTERS = 400_000
"""Of a page; what follows is left out."""
DEPTH = 40

# Each part ends at the next "<", so that no text makes it look at the same characters again and again.
_TOKEN = re.compile(
    r"""<!--|<!\[CDATA\[|<(/?)([a-zA-Z][a-zA-Z0-9:-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>|<""", re.DOTALL
)
# A name is not looked for in the middle of one: a long one would take the square of its length.
_ATTRIBUTE = re.compile(r"""(?<![a-zA-Z:-])([a-zA-Z:-]+)[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)')""")
_BLANK_LINES = re.compile(r"[ \t]*\n(?:[ \t]*\n)+")

_KEPT = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "code",
        "b",
        "strong",
        "i",
        "em",
        "s",
        "del",
        "a",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "dl",
        "dt",
        "dd",
    ]
)
_EMPTY = frozenset({"br", "hr"})
_LIKE_P = frozenset(
    [
        "div",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "aside",
        "nav",
        "figure",
        "figcaption",
        "address",
        "details",
        "summary",
        "center",
        "caption",
        "fieldset",
        "form",
    ]
)
_ENDED_BY_THE_NEXT = frozenset({"p", "li", "tr", "td", "th", "dt", "dd"})
_WITHOUT_WORDS = frozenset(
    [
        "script",
        "style",
        "template",
        "svg",
        "math",
        "iframe",
        "object",
        "noscript",
        "head",
        "textarea",
        "select",
        "button",
        "video",
        "audio",
        "canvas",
    ]
)
_SCHEMES = {"http", "https", "mailto", "tel"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a page: its text, or a tag."""

    kind: Literal["text", "open", "close", "empty"]
    value: str
    """A tag's name in lower case; a text as it is written in HTML."""
    attributes: str = ""

    def attribute(self, name: str) -> str | None:
        """An attribute's value."""
        for found in _ATTRIBUTE.finditer(self.attributes):
            if found[1].lower() == name:
                return html.unescape(found[2] if found[2] is not None else found[3])
        return None


def tokens(page: str) -> Iterator[Token]:
    """The tags of a page and the text between them; comments are left out, stray signs become text."""
    place, lower = 0, page.lower()
    while found := _TOKEN.search(page, place):
        if found.start() > place:
            yield Token("text", page[place : found.start()])
        place = found.end()
        if found[0] == "<!--":
            place = _after(page, "-->", place)
        elif found[0] == "<![CDATA[":
            end = _after(page, "]]>", place)
            yield Token("text", html.escape(page[place:end].removesuffix("]]>"), quote=False))
            place = end
        elif found[0] == "<":
            yield Token("text", "&lt;")
        else:
            name = found[2].lower()
            if not found[1] and name in _WITHOUT_WORDS and not found[3].endswith("/"):
                place = _after(page, ">", _after(lower, f"</{name}", place))
                continue
            yield _tag(name, closing=bool(found[1]), attributes=found[3])
    if place < len(page):
        yield Token("text", page[place:])


def _after(page: str, end: str, place: int) -> int:
    """The place after the next ``end``; that of the page's own end where it does not come."""
    found = page.find(end, place)
    return len(page) if found < 0 else found + len(end)


def _tag(name: str, *, closing: bool, attributes: str) -> Token:
    if closing:
        return Token("close", name)
    return Token("empty" if attributes.endswith("/") else "open", name, attributes.removesuffix("/"))


def markdown(page: str) -> str:
    """A page, or a part of one, as Markdown: its words and their shape, links to the web, no images."""
    import nh3
    from markdownify import markdownify

    shaped = "".join(_Shape().written(page[:MAX_CHARACTERS].replace("\0", "")))
    cleaned = nh3.clean(
        shaped,
        tags=set(_KEPT | _EMPTY),
        attributes={"a": {"href"}},
        url_schemes=_SCHEMES,
        link_rel=None,
    )
    made = markdownify(cleaned, heading_style="ATX", bullets="-", escape_underscores=False)
    return _BLANK_LINES.sub("\n\n", made).strip()


def plain(text: str) -> str:
    """A heading as text on one line."""
    words = "".join(html.unescape(token.value) for token in tokens(text) if token.kind == "text")
    return " ".join(words.replace("\0", "").split())


class _Shape:
    """Writes a page's tags anew."""

    def __init__(self) -> None:
        self._open: list[str] = []

    def written(self, page: str) -> Iterator[str]:
        for token in tokens(page):
            if token.kind == "text":
                yield token.value.replace(">", "&gt;")
            else:
                yield from self._tag(token)
        yield from self._close_to(0)

    def _tag(self, token: Token) -> Iterator[str]:
        name = "p" if token.value in _LIKE_P else token.value
        if name in _EMPTY:
            yield f"<{name}>"
        elif name not in _KEPT:
            return
        elif token.kind == "close":
            if name in self._open:
                yield from self._close_to(len(self._open) - 1 - self._open[::-1].index(name))
        elif token.kind == "open":
            yield from self._begin(name, token)

    def _begin(self, name: str, token: Token) -> Iterator[str]:
        if name in _ENDED_BY_THE_NEXT and self._open[-1:] == [name]:
            yield from self._close_to(len(self._open) - 1)
        if len(self._open) >= DEPTH:
            return
        self._open.append(name)
        target = token.attribute("href") if name == "a" else None
        yield f'<a href="{html.escape(target)}">' if target else f"<{name}>"

    def _close_to(self, depth: int) -> Iterator[str]:
        while len(self._open) > depth:
            yield f"</{self._open.pop()}>"
