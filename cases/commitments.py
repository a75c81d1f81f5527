"""Which words of an answer commit the company: money, times, and what is granted or promised.

The lists err on the side of finding too much: a person looks at what was found, nobody at what was not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache

from cases.commitment_words import (
    BEFORE_DAYS,
    CURRENCIES,
    DAYS,
    MONTHS,
    OFF,
    POLICY,
    SMALL,
    TIMES,
    UNITS,
    WITHIN,
)


class CommitmentKind(StrEnum):
    """What the company binds itself to."""

    MONEY = "money"
    DATE = "date"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Commitment:
    """Words that commit the company, and where they stand."""

    kind: CommitmentKind
    words: str
    start: int
    end: int


Sum = tuple[Decimal, str]
"""An amount, and the ISO 4217 code of its currency."""
_BLANK = r"\s"
_GAP = r"[\s*_]{0,5}"
"""What may stand between a number and its currency; models set numbers in bold."""
_NUMBER = r"\d{1,3}(?:[\s.,'’]\d{3}(?!\d)){1,5}(?:[.,]\d{1,2}(?!\d))?|\d{1,30}(?:[.,]\d{1,2}(?!\d))?"
_MORE = r"(?:[.,]\d{1,30}){0,10}(?:\s?(?:k|m|mln|tys\.?|tis\.?|thousand|million)(?!\w))?"
"""What makes a number another one than it seems: then it is found, but says no sum."""


def find(text: str, language: str) -> list[Commitment]:
    """What in ``text`` commits the company, in its order; English words count in every language.

    Of two that overlap, the longer one is there; ``language`` is an IETF tag.
    """
    whole, places = _plain(text)
    primary = language.replace("_", "-").partition("-")[0].lower()
    found = [
        (kind, match.start(), match.end())
        for kind, patterns in _patterns(primary).items()
        for pattern in patterns
        for match in pattern.finditer(whole)
    ]
    return [
        Commitment(kind, text[places[start] : places[end]], places[start], places[end])
        for kind, start, end in _apart(found)
    ]


def amount(commitment: Commitment) -> Sum | None:
    """The sum that ``commitment`` names; None where it names none."""
    words, _ = _plain(commitment.words)
    found = re.search(_NUMBER, words)
    if commitment.kind is not CommitmentKind.MONEY or found is None:
        return None
    rest = re.sub(r",[-–]|[\s*_]", "", words[: found.start()] + words[found.end() :]).lower()
    for code, spellings in CURRENCIES.items():
        if re.fullmatch("|".join(map(_stem, spellings)), rest):
            return _value(found[0]), code
    return None


def read_sum(text: str) -> Sum | None:
    """The sum that a text consists of, such as 50 EUR; None where it is anything else."""
    found = find(text, "en")
    return amount(found[0]) if len(found) == 1 and found[0].words == text.strip() else None


def _value(number: str) -> Decimal:
    """A number as Europe or America writes it: a mark before the last one or two digits is for decimals."""
    digits = re.sub(r"[\s'’]", "", number)
    parts = re.fullmatch(r"(.*?)(?:[.,](\d{1,2}))?", digits)
    whole, cents = (parts[1], parts[2]) if parts else (digits, None)
    return Decimal(f"{re.sub(r'[.,]', '', whole)}.{cents or 0}")


# ── Patterns ─────────────────────────────────────────────────────────────────────────────────────────────


def _stem(word: str) -> str:
    """One entry of a list as a pattern; blanks may be any and several."""
    pattern = re.escape(word[:-1]) + r"\w*" if word.endswith("-") else re.escape(word)
    return pattern.replace("\\ ", rf"{_BLANK}{{1,3}}").replace("\\?", "?")


def _any(words: Sequence[str]) -> str:
    return "|".join(map(_stem, sorted(words, key=lambda word: (-len(word), word))))


@cache
def _patterns(language: str) -> Mapping[CommitmentKind, Sequence[re.Pattern[str]]]:
    """What is looked for in texts of ``language``, English included."""
    languages = [each for each in dict.fromkeys((language, "en")) if each in POLICY]
    policy = [_stem(word) for each in languages for word in POLICY[each]]
    times = [pattern for each in languages for pattern in _times(each)]
    return {
        CommitmentKind.MONEY: [_compiled(pattern) for pattern in _money()],
        CommitmentKind.DATE: [_compiled(pattern) for pattern in [*_numeric_dates(), *times]],
        CommitmentKind.POLICY: [_compiled(rf"(?<!\w)(?:{'|'.join(policy)})(?!\w)")],
    }


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _money() -> Iterator[str]:
    spellings = [word for words in CURRENCIES.values() for word in words]
    signs = _any([word for word in spellings if not word[0].isalpha() or word.endswith("$")])
    codes = _any([code.lower() for code in CURRENCIES])
    number = rf"(?:{_NUMBER}){_MORE}"
    yield rf"(?<![\w.,]){number}(?:,-|,–)?{_GAP}(?:{_any(spellings)})(?!\w)"
    yield rf"(?<!\w)(?:{signs}|{codes}){_GAP}{number}(?!\d)"
    percent = rf"\d{{1,3}}(?:[.,]\d{{1,2}})?{_BLANK}?(?:%|percent|per cent|procent\w*|százalék\w*)"
    yield rf"(?<![\w.,])-?{percent}(?:{_BLANK}(?:{_any(OFF)})(?!\w))?"


def _numeric_dates() -> Iterator[str]:
    yield r"(?<![\w.-])(?:19|20)\d\d([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?![\w-])"
    yield rf"(?<![\w.-])20\d\d\.{_BLANK}?(?:0?[1-9]|1[0-2])\.{_BLANK}?(?:0?[1-9]|[12]\d|3[01])(?!\w)"
    yield (
        rf"(?<![\w.-])(?:0?[1-9]|[12]\d|3[01])\.{_BLANK}?(?:0?[1-9]|1[0-2])\."
        rf"(?:{_BLANK}?(?:20)?\d\d(?!\w))?(?!\d)"
    )
    yield r"(?<![\w/])(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|[12]\d|3[01])/(?:20)?\d\d(?![\w/])"


def _times(language: str) -> Iterator[str]:
    """Dates with names of months, weekdays, spans and other times of one language."""
    months = _any(MONTHS[language])
    days = _any(DAYS[language])
    yield (
        rf"(?<!\w)\d{{1,2}}(?:st|nd|rd|th|\.)?(?:{_BLANK}of)?{_BLANK}(?:{months})(?!\w)"
        rf"(?:,?{_BLANK}20\d\d)?"
    )
    yield (
        rf"(?<!\w)(?:20\d\d\.?{_BLANK})?(?:{months}){_BLANK}\d{{1,2}}(?!\d)(?:st|nd|rd|th)?"
        r"(?:-?[^\W\d_]\w{0,4})?"
    )
    yield rf"(?<!\w)(?:(?:{_any(BEFORE_DAYS[language])}){_BLANK})?(?:{days})(?!\w)"
    yield rf"(?<!\w)(?:{_any(TIMES[language])})(?!\w)"
    yield from _spans(language)


def _spans(language: str) -> Iterator[str]:
    """A number of units that is a promise: within 3 days, w ciągu 3 dni, do 3 dnů, 3 napon belül."""
    number = r"(?:\d{1,3}(?:\s?[-–]\s?\d{1,3})?|" + _any(SMALL[language]) + ")"
    between = r"(?:business|working|calendar|roboczych|robocze|pracovních|pracovní|munka)"
    units = _any(UNITS[language])
    span = rf"{number}[\s-]?(?:{between}{_BLANK})?(?:{units})(?!\w)(?:{_BLANK}{between}(?!\w))?"
    if WITHIN[language]:
        yield rf"(?<!\w)(?:{_any(WITHIN[language])}){_BLANK}(?:the next{_BLANK})?{span}"
    else:
        yield rf"(?<!\w){span}(?:{_BLANK}(?:belül|múlva|alatt|után))?"


# ── Places ───────────────────────────────────────────────────────────────────────────────────────────────


def _apart(found: Sequence[tuple[CommitmentKind, int, int]]) -> list[tuple[CommitmentKind, int, int]]:
    """What was found without overlaps, the longest of each heap, in order."""
    kept: list[tuple[CommitmentKind, int, int]] = []
    for each in sorted(found, key=lambda one: (one[1], -one[2])):
        if not kept or each[1] >= kept[-1][2]:
            kept.append(each)
        elif each[2] - each[1] > kept[-1][2] - kept[-1][1]:
            kept[-1] = each
    return kept


def _plain(text: str) -> tuple[str, Sequence[int]]:
    """``text`` in NFC without invisible characters, and where each of its characters and its end stand."""
    if unicodedata.is_normalized("NFC", text) and not UNSEEN.search(text):
        return text, range(len(text) + 1)
    parts, places = [], []
    for cluster in _CLUSTER.finditer(text):
        composed = unicodedata.normalize("NFC", UNSEEN.sub("", cluster[0]))
        parts.append(composed)
        places += [cluster.start()] * len(composed)
    return "".join(parts), [*places, len(text)]


UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
"""What nobody sees."""
_CLUSTER = re.compile(r"[\s\S][\u0300-\u036f]*")
