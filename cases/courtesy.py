"""Recognising a message that only says thanks, so that it does not reopen a closed case."""

from __future__ import annotations

import re
import unicodedata

_WORDS = frozenset(
    [
        "thanks",
        "thank",
        "you",
        "thx",
        "ty",
        "many",
        "so",
        "much",
        "a",
        "lot",
        "very",
        "cheers",
        "great",
        "perfect",
        "super",
        "ok",
        "okay",
        "good",
        "fine",
        "bye",
        "goodbye",
        "again",
        "all",
        "best",
        "have",
        "nice",
        "day",
        "the",
        "your",
        "for",
        "help",
        "awesome",
        "lovely",
        "wonderful",
        "brilliant",
        "dziękuję",
        "dzięki",
        "bardzo",
        "świetnie",
        "pozdrawiam",
        "miłego",
        "dnia",
        "děkuji",
        "díky",
        "moc",
        "hezký",
        "den",
        "köszönöm",
        "köszi",
        "szépen",
        "nagyon",
        "szép",
        "napot",
        "danke",
        "vielen",
        "schön",
        "merci",
        "gracias",
        "grazie",
    ]
)
_THANKS = frozenset(
    [
        "thanks",
        "thank",
        "thx",
        "ty",
        "cheers",
        "dziękuję",
        "dzięki",
        "děkuji",
        "díky",
        "köszönöm",
        "köszi",
        "danke",
        "merci",
        "gracias",
        "grazie",
    ]
)


def only_thanks(text: str) -> bool:
    """Whether ``text`` is nothing but a thank-you (at most 8 words, in a language we know)."""
    if "?" in text:
        return False
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text.lower()))
    return 0 < len(words) <= 8 and set(words) <= _WORDS and bool(set(words) & _THANKS)
