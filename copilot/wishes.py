"""What somebody asks for in plain words, recognised without a model: by words that translators list.

A list is one text, its words separated by commas. A word that ends in ``-`` stands for all words that begin
so: that is how languages that bend their words keep lists short.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from cases.language import later

PLEASE = later("please, can you, could you, would you, will you, hey, hi, hello, and, now, then")
"""What people put before what they ask for."""


def tidy(text: str) -> str:
    """``text`` on one line, in one spelling, with straight apostrophes."""
    return " ".join(unicodedata.normalize("NFC", text).replace("’", "'").split())


def named(text: str, wish: later) -> str | None:
    """What stands behind the words of a wish, or None; English words count for every reader."""
    for words in _spellings(wish):
        match = re.search(rf"(?<!\w){words}(?!\w)(.*)", text, re.IGNORECASE | re.DOTALL)
        if match:
            return match[1].strip(" ?!.,:„“”\"'")
    return None


def begins(text: str, wish: later) -> bool:
    """Whether ``text`` begins with words of the wish, politeness apart: then it asks for a deed."""
    polite, wanted = "|".join(_spellings(PLEASE)), "|".join(_spellings(wish))
    return re.match(rf"\W*(?:(?:{polite})(?!\w)\W*)*(?:{wanted})(?!\w)", text, re.IGNORECASE) is not None


def last_place(text: str, wish: later) -> int:
    """Where the last of a wish's words stands in ``text``; -1 when none does."""
    found = [
        match.start()
        for words in _spellings(wish)
        for match in re.finditer(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE)
    ]
    return max(found, default=-1)


def _spellings(wish: later) -> Iterator[str]:
    """The words of a wish as patterns, longest first."""
    known = [word.strip() for word in [*str(wish).split(","), *wish.message.split(",")]]
    for word in sorted(set(filter(None, known)), key=lambda word: (-len(word), word)):
        yield re.escape(word[:-1]) + r"\w*" if word.endswith("-") else re.escape(word)
