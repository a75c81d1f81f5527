"""Articles of the knowledge base: how a text is cut into passages, and a question into sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PASSAGE_CHARACTERS = 900
"""About how long a passage is: short enough to be read at a glance, long enough to answer something."""
MAX_SENTENCES = 300
"""Of a question; what somebody wrote last counts most."""
MAX_TITLE = 300

_BREAK = re.compile(r"\n[ \t]*\n|\n(?=#{1,6} |[-*+] |\d+[.)] )")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_WORD = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True, slots=True)
class Article:
    """One article as its source has it; ``body`` is Markdown."""

    external_id: str
    title: str
    body: str
    language: str = "en"
    """ISO 639-1 code, in lower case."""
    url: str | None = None
    public: bool = False
    """Whether customers may read it."""


def passages(body: str, limit: int = PASSAGE_CHARACTERS) -> list[str]:
    """A Markdown text in passages of about ``limit`` characters, cut between paragraphs and list items.

    A paragraph that is longer alone is cut at the end of a sentence, or, without one, at ``limit``.
    Nothing but blank space is lost.
    """
    packed: list[str] = []
    for part in _parts(body, limit):
        if packed and len(packed[-1]) + 1 + len(part) <= limit:
            packed[-1] += "\n" + part
        else:
            packed.append(part)
    return packed


def _parts(body: str, limit: int) -> Iterator[str]:
    for paragraph in _BREAK.split(body):
        rest = paragraph.strip()
        while len(rest) > limit:
            ends = [end.start() for end in _SENTENCE_END.finditer(rest, 0, limit)]
            cut = ends[-1] if ends else rest.rfind(" ", 0, limit)
            cut = cut if cut > 0 else limit
            yield rest[:cut].strip()
            rest = rest[cut:].strip()
        if rest:
            yield rest


def sentences(text: str) -> list[str]:
    """The sentences and lines of a question that have at least two words; the last ``MAX_SENTENCES``."""
    found = (
        sentence for line in text.splitlines() for sentence in _SENTENCE_END.split(line.strip()) if sentence
    )
    whole = [sentence for sentence in found if len(_WORD.findall(sentence)) >= 2]
    return whole[-MAX_SENTENCES:] or ([text.strip()] if text.strip() else [])
