"""Whether two people are called the same, however they write it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

# Letters that Unicode does not take apart into a plain one and an accent.
_PLAIN = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe"})


def same_name(one: str, other: str) -> bool:
    """Whether both are the same full name, in whatever order, case and accents its words are written."""
    words = _words(one)
    return bool(words) and Counter(words) == Counter(_words(other))


def holds_name(text: str, name: str) -> bool:
    """Whether the words of a full name stand side by side in ``text``; a single word is no full name."""
    wanted, said = Counter(_words(name)), _words(text)
    length = wanted.total()
    starts = range(len(said) - length + 1)
    return length >= 2 and any(Counter(said[at : at + length]) == wanted for at in starts)


def _words(text: str) -> list[str]:
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in apart if not unicodedata.combining(char)).translate(_PLAIN)
    return re.findall(r"[^\W_]+", plain)
