"""What a text for the customer must be."""

from __future__ import annotations

from cases.errors import TextMissing, TextTooLong

MAX_REPLY = 10_000
"""Characters of one reply."""


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
