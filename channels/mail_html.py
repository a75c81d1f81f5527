"""HTML of mails as the text that its reader sees, in time that grows with its length only."""

from __future__ import annotations

import html
import re

from channels.mail_words import clean
from channels.markup import MAX_CHARACTERS, Token, tokens

MAX_QUOTES = 10
"""Quotes in quotes; deeper ones are written like the last."""
_MAX_LABEL = 300

# Outlook's conditions, document types and processing instructions, for which ``tokens`` has no name.
_INSTRUCTION = re.compile(r"<!\[(?!CDATA)[^<>]*(?<!--)>|<![^-\[<>][^<>]*>|<\?[^<>]*>")
_BLANKS = re.compile(r"[ \t\r\n\f\u00a0]+")
_EMPTY_LINES = re.compile(r"(?:^[> ]*\n){3,}", re.MULTILINE)
_BLOCKS = frozenset(
    [
        *("address", "article", "aside", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset"),
        *("figcaption", "figure", "footer", "form", "header", "li", "main", "nav", "section", "summary"),
        *("table", "tbody", "tfoot", "thead", "title", "tr"),
    ]
)
_APART = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre", "blockquote"})
_CELLS = frozenset({"td", "th"})


def text(page: str) -> str:
    """What a mail in HTML says: paragraphs, lists, quotes with ``> ``, links with where they lead."""
    writer = _Writer()
    for token in tokens(_INSTRUCTION.sub("", page[:MAX_CHARACTERS])):
        writer.take(token)
    return writer.text


class _Writer:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._verbatim = 0
        self._link: tuple[str, int] | None = None
        """Where the open link leads, and how much of the line stood before its label."""

    @property
    def text(self) -> str:
        self._end_line()
        return _EMPTY_LINES.sub("\n", clean("\n".join(self._lines))).strip("\n")

    def take(self, token: Token) -> None:
        if token.kind == "text":
            self._words(html.unescape(token.value))
        elif token.value == "br":
            self._end_line(even_empty=True)
        elif token.value == "hr":
            self._end_line()
            self._lines.append(self._prefix + "_" * 32)
        elif token.value == "img":
            self._image(token)
        elif token.value == "a":
            self._begin_link(token) if token.kind == "open" else self._end_link()
        elif token.kind != "empty":
            self._shape(token)

    def _words(self, words: str) -> None:
        if self._verbatim:
            first, *rest = words.replace("\r", "").split("\n")
            self._line.append(first)
            for line in rest:
                self._end_line(even_empty=True)
                self._line.append(line)
            return
        words = _BLANKS.sub(" ", words)
        if not self._line or self._line[-1].endswith((" ", "\t")):
            words = words.lstrip(" ")
        if words:
            self._line.append(words)

    def _shape(self, token: Token) -> None:
        opened = token.kind == "open"
        if token.value in _APART:
            self._end_line()
            if token.value == "blockquote" and not opened:
                self._quotes = max(0, self._quotes - 1)
            self._blank_line()
        elif token.value in _BLOCKS:
            self._end_line()
        elif token.value in _CELLS and not opened and self._line:
            self._line.append("\t")
        if token.value == "li" and opened:
            self._line.append("- ")
        elif token.value == "blockquote" and opened:
            self._quotes += 1
        elif token.value == "pre":
            self._verbatim = max(0, self._verbatim + (1 if opened else -1))

    def _image(self, token: Token) -> None:
        described = _BLANKS.sub(" ", token.attribute("alt") or "").strip()[:_MAX_LABEL]
        if described:
            self._line.append(described if len(described) <= 2 else f"[{described}]")

    def _begin_link(self, token: Token) -> None:
        self._end_link()
        target = (token.attribute("href") or "").strip()
        if target.lower().startswith(("http://", "https://", "mailto:", "tel:")):
            self._link = (target[:2_000], len(self._line))

    def _end_link(self) -> None:
        if self._link is None:
            return
        (target, begun), self._link = self._link, None
        label = "".join(self._line[begun:]).strip()
        plain = target.partition(":")[2].strip("/")
        if label and label.strip("/") not in {target.strip("/"), plain, plain.partition("?")[0]}:
            self._line.append(f" ({_BLANKS.sub('', target)})")

    def _end_line(self, *, even_empty: bool = False) -> None:
        line = "".join(self._line).rstrip() if self._verbatim else "".join(self._line).strip()
        self._line = []
        if self._link:
            self._link = (self._link[0], 0)
        if line or even_empty:
            self._lines.append((self._prefix + line).rstrip())

    def _blank_line(self) -> None:
        if self._lines and self._lines[-1].strip("> "):
            self._lines.append("")
        if self._lines:
            self._lines[-1] = self._prefix.rstrip()

    @property
    def _prefix(self) -> str:
        return "> " * min(self._quotes, MAX_QUOTES)
