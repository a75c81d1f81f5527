"""In which language somebody writes, told from their words: only where that is sure."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

from cases.reader import Language, language_of

_SURE = 0.95
_WORDS, _LETTERS = 4, 12
"""Less than that says nothing: a greeting is alike in many languages."""
_MOST = 2_000
"""Characters that are looked at."""
# fmt: off
_NEAR = (
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu", "it", "lt",
    "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "tr", "uk",
)
# fmt: on
"""What is told apart: the languages that we speak, and those that are taken for them."""
# Addresses and numbers are in no language.
_NOISE = re.compile(r"\S*[@/\d_]\S*")
_LOCK = threading.Lock()


async def spoken(turns: Sequence[str]) -> Language | None:
    """The language of a customer's words, where it is one of ours and that is sure."""
    words = " ".join(_NOISE.sub(" ", "\n".join(turns)[:_MOST]).split())
    if len(words.split()) < _WORDS or sum(char.isalpha() for char in words) < _LETTERS:
        return None
    return await asyncio.to_thread(_told, words)


def _told(words: str) -> Language | None:
    with _LOCK:
        code, probability = _identifier().classify(words)
    return language_of(code) if probability >= _SURE else None


@cache
def _identifier() -> Any:
    """Reading it takes a second."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_NEAR)
    return identifier
