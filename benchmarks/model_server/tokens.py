"""Tokens, counted alike on every machine, and which of them OpenAI would take from its prompt cache.

A token here is a run of up to four letters and digits, or of up to four other signs that are not
white space; white space is free. English prose comes out a little dearer than with OpenAI's own
vocabularies, whose files a test cannot fetch. A message costs three more for its frame, a prompt three.
"""

from __future__ import annotations

import re
from hashlib import blake2b

_PIECES = re.compile(r"[^\W_]{1,4}|(?:[^\w\s]|_){1,4}")
_FIRST_CACHED = 1_024
_CACHE_STEP = 128


def pieces(text: str) -> list[str]:
    """``text`` in tokens."""
    return _PIECES.findall(text)


def count(text: str) -> int:
    """How many tokens ``text`` has."""
    return len(pieces(text))


def cut(text: str, most: int) -> str:
    """The beginning of ``text`` that has ``most`` tokens; all of it when it has no more."""
    for number, found in enumerate(_PIECES.finditer(text), start=1):
        if number > most:
            return text[: found.start()].rstrip()
    return text


class PromptCache:
    """The beginnings of all prompts that a model has read.

    As https://platform.openai.com/docs/guides/prompt-caching has it: only prompts of 1,024 tokens and more
    are cached, a hit is 1,024 tokens long or longer by a multiple of 128. Nothing is ever evicted.
    """

    def __init__(self) -> None:
        self._known: set[bytes] = set()

    def read(self, model: str, prompt: list[str]) -> int:
        """How many of the prompt's first tokens an earlier prompt began with; remembers this one."""
        found = 0
        for length, key in self._beginnings(model, prompt):
            if key in self._known:
                found = length
            self._known.add(key)
        return found

    def forget(self) -> None:
        """As if nothing had been asked before."""
        self._known.clear()

    @staticmethod
    def _beginnings(model: str, prompt: list[str]) -> list[tuple[int, bytes]]:
        digest, done, found = blake2b(model.encode(), digest_size=16), 0, []
        for length in range(_FIRST_CACHED, len(prompt) + 1, _CACHE_STEP):
            digest.update("\0".join(["", *prompt[done:length]]).encode("utf-8", "surrogatepass"))
            found.append((length, digest.digest()))
            done = length
        return found
