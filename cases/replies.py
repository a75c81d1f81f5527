"""What a text for the customer must be."""

from __future__ import annotations

from cases.errors import GapsLeft, TextMissing, TextTooLong
from cases.macros import Gaps, gaps

MAX_REPLY = 10_000
"""Characters of one reply."""
MAX_SHOWN = 7_000
"""Characters of a proposed reply as its card shows it, which must be complete and fit into one message."""


def check_words(words: str) -> str:
    """``words`` without blank ends; raises TextMissing or TextTooLong when they cannot be sent."""
    words = words.strip()
    if not words:
        raise TextMissing
    if len(words) > MAX_REPLY:
        raise TextTooLong(
            "A reply has at most {most} characters; this one has {count}.", most=MAX_REPLY, count=len(words)
        )
    return words


def check_filled(words: str) -> str:
    """``check_words`` for what goes without being changed again; raises GapsLeft where a macro left gaps."""
    words = check_words(words)
    if left := gaps(words):
        raise GapsLeft(gaps=Gaps(left))
    return words
