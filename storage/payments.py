"""Finding numbers that pay: of bank accounts and of cards.

Linear in the length of the text: after ``PATIENCE`` checks all that could be one is taken for one unchecked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from stdnum import iban, luhn, numdb
from stdnum.cz import bankaccount

from cases.personal import Kind, Span

PATIENCE = 3_000
"""Checks for one text; after that all long numbers are hidden unchecked, so that no text takes long."""
DIGITS = re.compile(r"\d+")
RUN = re.compile(r"[+(]{0,2}\d(?:[ ()./-]{0,3}\d)+")
"""A row of digits as people write numbers."""


@dataclass(slots=True)
class Patience:
    """How many checks a text has left."""

    left: int = PATIENCE

    def over(self, checks: int = 1) -> bool:
        self.left -= checks
        return self.left < 0


def payments(text: str) -> Iterator[Span]:
    """The account and card numbers of a plain text."""
    patience = Patience()
    yield from accounts(text, patience)
    for run in RUN.finditer(text):
        yield from cards(run, patience)


# ── Accounts ─────────────────────────────────────────────────────────────────────────────────────────────

_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_POLISH = re.compile(r"(?<![\w-])\d{2}(?: ?\d{4}){6}(?![\w-])")
_CZECH = re.compile(r"(?<![\w/-])(?:\d{1,6}-)?\d{2,10}/\d{4}(?![\w/])")


def accounts(text: str, patience: Patience) -> Iterator[Span]:
    """International account numbers, and national ones of Poland and Czechia."""
    place = 0
    while found := _IBAN.search(text, place):
        end = _end_of_iban(found, patience)
        if end:
            yield Span(Kind.IBAN, found.start(), end, iban.compact(text[found.start() : end]))
        place = end or found.start() + 4
    for found in _POLISH.finditer(text):
        if iban.is_valid("PL" + found[0], check_country=False):
            yield Span(Kind.IBAN, *found.span(), iban.compact("PL" + found[0]))
    for found in _CZECH.finditer(text):
        if bankaccount.is_valid(found[0]):
            yield Span(Kind.IBAN, *found.span(), found[0])


def _end_of_iban(found: re.Match[str], patience: Patience) -> int | None:
    """Where the account number ends that begins here, by what its country's have; None for no number."""
    wanted, end = _iban_length(found[0][:2].upper()), found.start()
    for char in found[0]:
        wanted -= char not in " -"
        end += 1
        if wanted == 0:
            number = found[0][: end - found.start()]
            right = patience.over() or iban.is_valid(number, check_country=False)
            return end if right else None
    return None


@cache
def _iban_length(country: str) -> int:
    parts = numdb.get("iban").info(country + "00")[0][1].get("bban", "")
    return 4 + sum(map(int, re.findall(r"(\d+)!", parts))) if parts else 0


# ── Cards ────────────────────────────────────────────────────────────────────────────────────────────────

_CARD_GROUPS = re.compile(r"\d+(?:[ -]{1,2}\d+)*")


def cards(run: re.Match[str], patience: Patience) -> Iterator[Span]:
    """Card numbers: 13 to 19 digits that whole groups of the row make up, with the right check digit."""
    for row in _CARD_GROUPS.finditer(run[0]):
        groups = list(DIGITS.finditer(row[0]))
        at = 0
        while at < len(groups):
            taken = _card_at(groups, at, patience)
            if taken:
                start, end = groups[at].start(), groups[at + taken - 1].end()
                offset = run.start() + row.start()
                value = "".join(group[0] for group in groups[at : at + taken])
                yield Span(Kind.CARD, offset + start, offset + end, value)
            at += taken or 1


def _card_at(groups: Sequence[re.Match[str]], at: int, patience: Patience) -> int:
    """Of how many groups the card number is made that begins with this one; 0 for none."""
    if groups[at][0][0] not in "23456":  # ISO/IEC 7812: what banks and cards of travel are given.
        return 0
    number, best = "", 0
    for taken, group in enumerate(groups[at : at + 19], 1):
        number += group[0]
        if len(number) > 19:
            break
        if len(number) >= 13 and (patience.over() or luhn.is_valid(number)):
            best = taken
    return best
