"""Cutting and measuring text the way Slack counts it."""

from __future__ import annotations

import re
import unicodedata

from cases.language import _

POST_BYTES = 3_500
"""Escaped UTF-8 bytes that one post of mirrored text may hold (chat.update refuses above 4,000)."""

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BREAKS = ("\n\n", "\n", ". ", " ")
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
# Marks, letters and a symbol to Unicode, but blank to people: joiners, fillers, the empty Braille
# cell, and the variation selectors that no emoji uses.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for code in (*range(0xFE00, 0xFE0E), *range(0xE0100, 0xE01F0))
}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# Embeddings, overrides and isolates. The mere marks (U+200E, U+200F) belong to honest Hebrew and Arabic.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def escape(text: str) -> str:
    """``text`` with the three characters escaped that Slack reads as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped_bytes(text: str) -> int:
    """How many UTF-8 bytes ``text`` takes once Slack's three special characters are escaped."""
    return len(escape(text).encode())


def _fitting_prefix(text: str, limit: int) -> int:
    """How many characters from the start of ``text`` fit into ``limit`` escaped bytes."""
    used = 0
    for index, char in enumerate(text):
        used += len(_ESCAPES.get(char, char).encode())
        if used > limit:
            return index
    return len(text)


def _cut(text: str, fitting: int) -> int:
    """Where to cut: after the last paragraph, line, sentence or word that fits, else anywhere."""
    for mark in _BREAKS:
        at = text.rfind(mark, fitting // 3, fitting)
        if at > 0:
            return at + len(mark)
    return fitting


def split(text: str, limit: int = POST_BYTES) -> list[str]:
    """Cut ``text`` into parts of at most ``limit`` escaped bytes, at paragraphs where possible.

    Joining the parts gives ``text`` back to the letter. An empty text is one empty part.
    """
    parts = []
    while escaped_bytes(text) > limit:
        at = _cut(text, _fitting_prefix(text, limit))
        parts.append(text[:at])
        text = text[at:]
    return [*parts, text] if text or not parts else parts


def one_line(text: str, limit: int = 80) -> str:
    """``text`` on one line, shortened to ``limit`` characters with an ellipsis."""
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def clipped(text: str, limit: int) -> str:
    """``one_line`` without the word that would be cut in two: half an address is not recognised as one."""
    line = one_line(text, limit)
    return line if not line.endswith("…") or " " not in line else line[: line.rindex(" ")] + " …"


def subject_of(words: str) -> str:
    """What a case is called until somebody names it: its first message on one line."""
    return one_line(words) or _("A file without words")


def storable(text: str) -> str:
    """``text`` with � for NUL and lone surrogates, for which PostgreSQL and UTF-8 have no place."""
    return _UNSTORABLE.sub("\ufffd", text)


def show_invisible(text: str) -> str:
    """``text`` with characters that nobody sees or that turn the reading direction spelled out: ‹U+202E›.

    Used wherever a person must see what is really there: names, addresses, approvals.
    """
    before = " " + text
    return "".join(
        _spelled(char) if _is_hidden(char, last) else char for last, char in zip(before, text, strict=False)
    )


def show_turns(text: str) -> str:
    """``text`` with only those characters spelled out that turn the reading direction of what follows.

    Used where people's words must otherwise stand to the letter.
    """
    return _TURNS.sub(lambda found: _spelled(found[0]), text)


def _spelled(char: str) -> str:
    return f"‹U+{ord(char):04X}›"


def _is_hidden(char: str, last: str) -> bool:
    """Whether ``char`` after ``last`` is not seen; a joiner inside an emoji belongs to it."""
    if char == "\u200d":
        return last != "\ufe0f" and unicodedata.category(last) not in {"So", "Sk"}
    return char in _BLANK or (unicodedata.category(char) in _HIDDEN and char not in "\n\t")
