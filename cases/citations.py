"""What a model says its words rest on: markers such as [m12] behind a statement.

There are ``[m12]`` (a message), ``[o:W2378156]`` (an order), ``[k:17]`` (a passage of knowledge), ``[a:3]``
(a department's answer) and ``[c:CX-1042]`` (an earlier case).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

ROUNDS = 5
"""How often markers inside of markers are looked for."""

_ID = r"(?:m:?\d{1,12}|o: ?#?[\w-]{1,64}|[ka]: ?\d{1,12}|c: ?CX-\d{1,12})"
_IDS = rf"{_ID}(?: ?[,;] ?{_ID}){{0,20}}"
_MARKER = re.compile(
    rf"(?:\\?\[\^?|[【［])(?P<square>(?i:{_IDS}))(?:\\?\]|[】］])(?![\w(])|\((?P<round>{_IDS})\)(?!\w)",
    re.ASCII,
)
_BLANK_MARKER = re.compile(rf"[ \t]*(?:{_MARKER.pattern})", re.ASCII)
_BEHIND = " \t\n.,;:!?)…"


def parse(text: str) -> tuple[str, list[str]]:
    """``text`` without its markers, and the markers in their order: m12, o:W2378156.

    Other things in brackets stay: [sic], (12), links of Markdown.
    """
    found: list[str] = []
    for _ in range(ROUNDS):
        text, more = _once(text)
        found += more
        if not more:
            break
    return text, found


def rewrite(text: str, shown: Callable[[Sequence[str], str], str]) -> str:
    """``text`` with ``shown(ids, behind)`` in the place of each marker and of the blanks before it.

    ``behind`` is the text that follows. What a marker leaves may be a marker again: it is rewritten, too.
    """
    for _ in range(ROUNDS):
        before = text
        text = _BLANK_MARKER.sub(
            lambda found: shown(_ids(found["square"] or found["round"]), found.string[found.end() :]), text
        )
        if text == before:
            break
    return text


def check(markers: Collection[str], known: Collection[str]) -> tuple[list[str], list[str]]:
    """Which ``markers`` name something that is ``known``, spelt as it is there, and which not; each once."""
    spellings = {_tidy(each).casefold(): each for each in known}
    kept, dropped = [], []
    for marker in markers:
        spelling = spellings.get(_tidy(marker).casefold())
        if spelling is None:
            dropped.append(marker)
        else:
            kept.append(spelling)
    return list(dict.fromkeys(kept)), list(dict.fromkeys(dropped))


def _once(text: str) -> tuple[str, list[str]]:
    parts: list[str] = []
    found: list[str] = []
    place = 0
    for match in _MARKER.finditer(text):
        parts.append(_before(text[place : match.start()], text[match.end() : match.end() + 1]))
        place = match.end()
        begins = match.start() == 0 or text[match.start() - 1] == "\n"
        if begins and text[place : place + 1] == " ":
            place += 1
        found += _ids(match["square"] or match["round"])
    return "".join([*parts, text[place:]]), found


def _before(words: str, after: str) -> str:
    """The words before a marker, without the blank that only kept it apart from them."""
    return words.rstrip(" \t") if not after or after in _BEHIND or after in "[【［(\\" else words


def _ids(inside: str) -> list[str]:
    return [_tidy(each) for each in re.split("[,;]", inside)]


def _tidy(marker: str) -> str:
    """A marker in the one spelling that it has here."""
    kind, number = marker.strip()[:1].lower(), marker.strip()[1:].lstrip(": ").removeprefix("#")
    if kind == "m":
        return f"m{number}"
    return f"{kind}:{number.upper() if kind == 'c' else number}"
