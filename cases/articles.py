"""Articles of the knowledge base: how a text is cut into passages, and a question into sentences."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

PASSAGE_CHARACTERS = 900
"""About how long a passage is: short enough to be read at a glance, long enough to answer something."""
MAX_SENTENCES = 300
"""Of a question; what somebody wrote last counts most."""
MAX_TITLE = 300
MAX_PIECES = 16
"""Of a question that a model is asked about; what somebody wrote last counts most."""

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


@dataclass(frozen=True, slots=True)
class Vector:
    """What a model makes of a text: texts that mean the same have vectors that point the same way."""

    model: str
    values: Sequence[float]


Embed = Callable[[str, int], Awaitable[Sequence[Vector]]]
"""From a question, and the id of the workspace that asks it, to the vectors of its pieces; none when they are
not to be had in time. Never raises for what the model does."""


def pieces(question: str) -> list[str]:
    """A question cut as articles are, so that like is compared with like; the last ``MAX_PIECES``.

    Whole: where a long story begins it mostly says what it is about.
    """
    return passages(question)[-MAX_PIECES:]


WORDS_COUNT = 2.0
"""How much the ranking by words counts beside that by meaning: alone it is the better one, with small models
by far, and what an order's number or a product's name hits must stay on top."""


def fused(by_words: Mapping[int, float], by_meaning: Mapping[int, float]) -> list[int]:
    """Two rankings of article ids, with scores from 0, as one, the best first.

    Each is measured by its own best score, as the two have different scales. Places alone (reciprocal rank
    fusion) would forget how far the first is ahead: what one ranking is sure of, the other's guesses would
    outvote.
    """
    scores = dict.fromkeys([*by_words, *by_meaning], 0.0)
    for weight, ranking in ((WORDS_COUNT, by_words), (1.0, by_meaning)):
        best = max(ranking.values(), default=0.0) or 1.0
        for article, score in ranking.items():
            scores[article] += weight * score / best
    return sorted(scores, key=lambda article: -scores[article])


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
