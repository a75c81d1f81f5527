"""Whether a sentence tells what was: “it left on Monday” promises nothing, “it leaves on Monday” does."""

from __future__ import annotations

import re
from functools import cache

from cases.tense_words import TENSES

_ROOM = 200
"""Characters on each side of a date in which its sentence is looked for."""
_SENTENCE = re.compile(r"[!?;\n]|\.(?=\s+[^\W\d_]|\s*$)")


def is_past(before: str, words: str, after: str, language: str) -> bool:
    """Whether the date ``words``, with what stands beside it, is one at which something has happened.

    Only where that is sure: its part of the sentence (the whole, where the date stands alone) has a verb of
    the past and nothing of what is to come, and the date is no limit or aim.
    """
    if language not in TENSES:
        return False
    before, after = before[-_ROOM:].lower(), after[:_ROOM].lower()
    if _aims(before, words.lower(), language):
        return False
    before, after = _SENTENCE.split(before)[-1], _SENTENCE.split(after)[0]
    joints = _compiled(rf"[,:()–—]|\b(?:{TENSES[language].joints})\b")
    part = f"{joints.split(before)[-1]} {joints.split(after)[0]}"
    return _tells(part if part.strip() else f"{before} {after}", language)


def _aims(before: str, words: str, language: str) -> bool:
    """Whether a date is one by or for which something is to be done."""
    aim = TENSES[language].aim
    limit = language == "hu" and re.search(r"(?:ig|r[ae])\b", words)
    return bool(limit or re.match(rf"(?:{aim})\b", words) or _compiled(rf"\b(?:{aim})\s+$").search(before))


def _tells(words: str, language: str) -> bool:
    """Whether words tell what was, and nothing of what is to come."""
    tenses = TENSES[language]
    if _compiled(rf"\b(?:{tenses.ahead})\b").search(words):
        return False
    return _compiled(rf"\b(?:{tenses.past})\b").search(words) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
