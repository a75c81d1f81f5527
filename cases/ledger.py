"""What a reply binds the company to: what is listed before Send, and kept track of afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from cases.commitments import Commitment, CommitmentKind, Sum, amount, find
from cases.moments import moment
from cases.promises import Plan
from cases.reader import Language
from cases.text import one_line

MOST = 20
"""Entries of one reply; what needs a second look is never left out for what does not."""
_BESIDE = re.compile(r"[\s,]{1,3}(?:the )?")
_MOST_SENTENCE = 200
_ENDS = re.compile(r"\n|[.!?…]\s+(?=[^\W\d_])")


class Note(StrEnum):
    """Why an entry needs a second look."""

    OVER = "over"
    """More than agents may decide alone."""
    UNSURE = "unsure"
    """It cannot be told whether it is: another currency, or no sum."""
    LATER = "later"
    """Later than what the customer was promised before."""
    OTHER_SUM = "other_sum"
    """An earlier reply named another sum."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Words of a reply that bind the company."""

    kind: CommitmentKind
    words: str
    place: int
    """Where they begin in the reply."""
    due: datetime | None = None
    """By when what they promise must be done; None for what is no date, or one that cannot be read."""
    sum: Sum | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Before:
    """What the customer of a case was told earlier."""

    due: datetime | None = None
    """The first date that is still open."""
    sums: Sequence[Sum] = ()
    """The newest first."""

    def other(self, than: Sum) -> Sum | None:
        """The newest sum of the same currency, where none of them is the same."""
        alike = [each for each in self.sums if each[1] == than[1]]
        return alike[0] if alike and than not in alike else None


NOTHING = Before()


@dataclass(frozen=True, slots=True)
class About:
    """Which reply it is."""

    text: str
    process: str
    """The key of what its case is about."""
    language: str | None
    """Of its customer, as a code; None where it is not known."""
    tells: datetime | None = None
    """The date that it tells the customer, which is a promise by itself."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a company says of its hours and limits, and when a reply is sent."""

    plan: Plan
    language: Language
    """In which a reply is read where that of the customer is not known."""
    now: datetime

    def limit(self, process: str) -> Sum | None:
        """What agents may decide alone in cases of a process; None where nothing is said of that."""
        return self.plan.limits.get(process)

    def entries(self, about: About, before: Before = NOTHING) -> list[Entry]:
        """What a reply binds the company to, in its order; the same moment stands there once."""
        found = (self._entry(each, about, before) for each in _joined(about.text, self._found(about)))
        told = about.tells is not None
        entries = _once(each for each in found if not (told and each.kind is CommitmentKind.DATE))
        return sorted(sorted(entries, key=rank)[:MOST], key=lambda each: each.place)

    def _found(self, about: About) -> list[Commitment]:
        return find(about.text, about.language or self.language.value)

    def _entry(self, found: Commitment, about: About, before: Before) -> Entry:
        entry = Entry(found.kind, found.words, found.start)
        if found.kind is CommitmentKind.MONEY:
            worth = amount(found)
            return replace(entry, sum=worth, notes=_notes(worth, self.limit(about.process), before))
        if found.kind is not CommitmentKind.DATE:
            return entry
        hours, language = self.plan.hours(about.process), about.language or self.language.value
        beside = about.text[: found.start], about.text[found.end :]
        due = moment(found.words, language, self.now, hours, *beside)
        late = due is not None and before.due is not None and due > before.due
        return replace(entry, due=due, notes=(Note.LATER,) if late else ())


def rank(entry: Entry) -> int:
    """What is left out first of a reply with too many."""
    return 0 if entry.notes else 1 if entry.due else 2


def _notes(worth: Sum | None, limit: Sum | None, before: Before) -> tuple[Note, ...]:
    notes = []
    if limit is not None and (worth is None or worth[1] != limit[1]):
        notes.append(Note.UNSURE)
    elif limit is not None and worth is not None and worth[0] > limit[0]:
        notes.append(Note.OVER)
    if worth is not None and before.other(worth) is not None:
        notes.append(Note.OTHER_SUM)
    return tuple(notes)


def _joined(text: str, found: Sequence[Commitment]) -> Iterator[Commitment]:
    """Dates that stand side by side are one: on Friday, 27 November."""
    last: Commitment | None = None
    for each in found:
        dates = last is not None and last.kind is each.kind is CommitmentKind.DATE
        if last is not None and dates and _BESIDE.fullmatch(text[last.end : each.start]):
            last = Commitment(each.kind, text[last.start : each.end], last.start, each.end)
            continue
        if last is not None:
            yield last
        last = each
    if last is not None:
        yield last


def _once(entries: Iterable[Entry]) -> Iterator[Entry]:
    known: set[datetime] = set()
    for each in entries:
        if each.due is None or each.due not in known:
            yield each
        if each.due is not None:
            known.add(each.due)


def no_rules() -> None:
    """The rules of whoever keeps no ledger."""


def sentence(text: str, place: int) -> str:
    """The sentence of a reply in which ``place`` lies, on one line."""
    start = max((found.end() for found in _ENDS.finditer(text) if found.end() <= place), default=0)
    rest = _ENDS.search(text, place)
    return one_line(text[start : rest.end() if rest else None].strip(), _MOST_SENTENCE)
