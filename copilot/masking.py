"""Personal data and secrets as tokens: a model sees ``[EMAIL-3f9c2a]``, and people what stood there.

A token is made from the case's key, the value and its spelling alone. So the same text has the same tokens
at every call, which lets a provider reuse its beginning, and tokens of two cases say nothing of each other.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cases.personal import Kind, Span, emails, secrets, seen
from copilot.numbers import numbers

REGIONS = ("PL", "CZ", "HU", "DE", "GB", "US")
"""Where telephone numbers without a country's prefix may be from, the likeliest first."""

_KIND = "|".join(Kind)
UNFINISHED = re.compile(rf"(?:{_KIND})[ \t\\\\*_`:\u00a0\u202f\u2010-\u2015\u2212-]*\Z", re.IGNORECASE)
"""A text's end behind which a loosely written token may go on."""
_BETWEEN = r"[ \t\u00a0\u202f\\*_`:\u2010-\u2015\u2212-]{1,5}"
_CORE = rf"({_KIND}){_BETWEEN}([0-9a-f]{{6,64}})"
_INSIDE = r"[ \t\u00a0\u202f*_`]{0,3}"
_EXACT = re.compile(rf"\[(?:{_KIND})-[0-9a-f]{{6,64}}\]")
# No pattern looks at what stands around it: so a text that was cut at its tokens holds nothing that the
# whole text did not hold, and what was hidden comes back to the letter.
_LOOSE = re.compile(rf"\\?[\[【［]{_INSIDE}{_CORE}{_INSIDE}\\?[\]】］]|{_CORE}", re.ASCII | re.IGNORECASE)
_INVENTED = re.compile(rf"(?:{_KIND})-[0-9a-f]{{6,64}}")


def personal(text: str, regions: Sequence[str] = REGIONS) -> list[Span]:
    """What is personal or secret in ``text``, in order; what overlaps is one span of the longest's kind."""
    bare, places = seen(text)
    found = sorted([*secrets(bare), *numbers(bare, regions), *emails(bare)], key=lambda span: span.start)
    return [
        Span(span.kind, places[span.start], places[span.end - 1] + 1, span.value)
        for span in _merged(found, bare)
    ]


def _merged(found: Sequence[Span], text: str) -> Iterator[Span]:
    """Overlapping spans as one; of two that are equally long the first counts."""
    widest: Span | None = None
    start = end = 0
    for span in found:
        if widest is None or span.start >= end:
            yield from _whole(widest, start, end, text)
            widest, start, end = span, span.start, span.end
        else:
            end = max(end, span.end)
            widest = span if span.end - span.start > widest.end - widest.start else widest
    yield from _whole(widest, start, end, text)


def _whole(widest: Span | None, start: int, end: int, text: str) -> Iterator[Span]:
    if widest:
        same = (widest.start, widest.end) == (start, end)
        yield widest if same else Span(widest.kind, start, end, text[start:end])


def each_text(value: Any, change: Callable[[str], str], *, numbers: bool = False) -> Any:
    """``value``, made of lists, dictionaries and texts, with each text changed.

    With ``numbers`` also what numbers and the names of values say, where ``change`` finds something in them.
    """
    if isinstance(value, str):
        return change(value)
    if numbers and isinstance(value, dict):
        return {change(str(key)): each_text(each, change, numbers=True) for key, each in value.items()}
    if numbers and isinstance(value, int | float) and not isinstance(value, bool):
        return value if change(str(value)) == str(value) else change(str(value))
    if isinstance(value, list):
        return [each_text(each, change, numbers=numbers) for each in value]
    if isinstance(value, dict):
        return {key: each_text(each, change) for key, each in value.items()}
    return value


class Mask:
    """What was hidden in the texts of one case, for as long as one answer takes."""

    def __init__(self, key: bytes, *, on: bool = True, regions: Sequence[str] = REGIONS) -> None:
        """``key`` belongs to the case alone; with ``on`` false texts stay as they are."""
        self._key, self._on, self._regions = key, on, regions
        self._shown: dict[str, str] = {}
        """What each token stands for, by its name in lower case."""
        self._names: dict[tuple[Kind, str], str] = {}
        self._typed: set[str] = set()
        """What people typed and could be taken for a token: no token is called so."""

    def hide(self, text: str) -> str:
        """``text`` with tokens where something personal or secret stood."""
        if not self._on:
            return text
        parts, place = [], 0
        for span in personal(text, self._regions):
            parts += [self._without_typed(text[place : span.start]), self._token(span, text)]
            place = span.end
        return "".join([*parts, self._without_typed(text[place:])])

    def restore(self, text: str) -> str:
        """``text`` with the tokens of this mask replaced by what they stand for, also misspelt ones."""
        return "".join(words for words, _hidden in self.parts(text))

    def parts(self, text: str) -> Iterator[tuple[str, bool]]:
        """``restore`` piece by piece: words as they stand in ``text``, and (True) what tokens stand for."""
        place = 0
        for found in _EXACT.finditer(text):
            name = _name_of(found[0])
            if name in self._shown:
                yield from self._loose_parts(text[place : found.start()])
                yield self._shown[name], True
                place = found.end()
        yield from self._loose_parts(text[place:])

    def _loose_parts(self, text: str) -> Iterator[tuple[str, bool]]:
        place = 0
        for found in _LOOSE.finditer(text):
            if (name := _named(found)) in self._shown:
                yield text[place : found.start()], False
                yield self._shown[name], True
                place = found.end()
        yield text[place:], False

    def unknown(self, text: str) -> list[str]:
        """The tokens in a model's ``text`` that it made up, as they stand there, each once."""
        if not self._on:
            return []
        made_up = [found[0] for found in _LOOSE.finditer(text) if self._made_up(found)]
        return list(dict.fromkeys(made_up))

    def _made_up(self, found: re.Match[str]) -> bool:
        name = _named(found)
        plain_words = found[1] is None and not _INVENTED.fullmatch(found[0])
        return name not in self._shown and name not in self._typed and not plain_words

    def _without_typed(self, text: str) -> str:
        """``text`` with what looks like a token of ours hidden: nobody types themselves another's value."""
        return _LOOSE.sub(self._typed_token, text)

    def _typed_token(self, found: re.Match[str]) -> str:
        name = _named(found)
        if found[1] is None and name not in self._shown:
            self._typed.add(name)  # Words such as "phone 123456": readable, and never the name of a token.
            return found[0]
        return self._token(Span(Kind.TYPED, 0, len(found[0]), found[0]), found[0])

    def _token(self, span: Span, text: str) -> str:
        spelling = text[span.start : span.end]
        if (span.kind, spelling) not in self._names:
            self._names[span.kind, spelling] = self._new_name(span.kind, span.value, spelling)
        return f"[{self._names[span.kind, spelling]}]"

    def _new_name(self, kind: Kind, value: str, spelling: str) -> str:
        """A name that is free: six digits for the value, four more where it is spelt in its own way."""
        of_value, of_spelling = self._digest(kind, value), self._digest(kind, spelling)
        digits = of_value[:6] + ("" if value == spelling else of_spelling[:4])
        more = 4
        while (name := f"{kind}-{digits}").lower() in self._shown or name.lower() in self._typed:
            more += 2
            digits = of_value[:6] + of_spelling[:more]
        self._shown[name.lower()] = spelling
        return name

    def _digest(self, kind: Kind, value: str) -> str:
        said = f"{kind} {value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, said, "sha256").hex()


def _named(found: re.Match[str]) -> str:
    """The name of the token that a loose match stands for."""
    kind, digits = (found[1], found[2]) if found[1] else (found[3], found[4])
    return f"{kind}-{digits}".lower()


def _name_of(token: str) -> str:
    return token[1:-1].lower()
