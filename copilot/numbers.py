"""Finding numbers that pay for or identify somebody: accounts, cards, national numbers, telephones.

A number counts when its check digits are right, or when the words before it say what it is. Numbers of orders
and parcels, dates and prices stay readable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number
from stdnum import iban, luhn, numdb
from stdnum.cz import bankaccount, rc
from stdnum.de import idnr
from stdnum.gb import nhs
from stdnum.pl import pesel
from stdnum.us import ssn

from copilot.personal import Kind, Span

PATIENCE = 3_000
"""Checks for one text; after that all long numbers are hidden unchecked, so that no text takes long."""
LONG_RUN = 120
"""Characters of a row of digits from which on it is no text of a person, and hidden as one."""

_RUN = re.compile(r"[+(]{0,2}\d(?:[ ()./-]{0,3}\d)+")
_DIGITS = re.compile(r"\d+")
_CURRENCY = r"(?:zł|zl|pln|kč|kc|czk|ft|huf|eur|usd|gbp|€|\$|£|%)"
_NOT_NUMBERS = (
    re.compile(
        r"(?=\d)(?<![\d.-])(?:(?:19|20)\d\d([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?![\d-])"
        r"|(?:0?[1-9]|[12]\d|3[01])([-./]) ?(?:0?[1-9]|1[0-2])\2 ?(?:19|20)\d\d(?![\d-])"
        r"|(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])/(?:19|20)\d\d(?![\d-])"
        r"|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d.]))"
    ),
    re.compile(
        rf"(?=\d)(?<![\d+])\d{{1,3}}(?:[ .,]\d{{3}}){{0,4}}(?:[.,]\d{{1,2}})? ?{_CURRENCY}(?!\w)",
        re.IGNORECASE,
    ),
    re.compile(rf"{_CURRENCY} ?\d{{1,3}}(?:[ .,]\d{{3}}){{0,4}}(?![\d ]\d)", re.IGNORECASE),
)
"""Dates, addresses of computers and prices: digits that are nobody's number."""
_PARCELS_AND_ORDERS = re.compile(
    r"(?:#|(?<!\w)(?:order|item|product|parcel|tracking|invoice|ticket|case|sku|ref\w*|zam[óo]wie\w*|paczk\w*"
    r"|przesyłk\w*|faktur\w*|objedn[áa]v\w*|z[áa]silk\w*|rendel\w*|csomag\w*|sz[áa]ml\w*)"
    r"(?: ?(?:number|no|nr|id|numer|číslo|č|szám\w*|is|to|je))?[.:]?) ?#?\(?$",
    re.IGNORECASE,
)
_TELEPHONES = re.compile(
    r"(?<!\w)(?:tele?(?:f|ph)?|phone|mobile?|cell|call|kom[óo]r|dzwo[nń]|zadzwo|mobil|volej|zavol|h[íi]v|whatsapp"
    r"|sms|fax)\w*[^\d\n]{0,24}$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Patience:
    """How many checks a text has left."""

    left: int = PATIENCE
    known: dict[str, list[Span]] = field(default_factory=dict)
    """Telephones already found, by the row of digits they stood in."""

    def over(self, checks: int = 1) -> bool:
        self.left -= checks
        return self.left < 0


def numbers(text: str, regions: Sequence[str]) -> Iterator[Span]:
    """The personal numbers of a plain text; telephones also as they are written inside those ``regions``."""
    yield from _lettered(text)
    patience = _Patience()
    yield from _accounts(text, patience)
    readable = text
    for pattern in _NOT_NUMBERS:
        readable = pattern.sub(lambda found: "\n" * len(found[0]), readable)
    for run in _RUN.finditer(readable):
        digits = sum(map(len, _DIGITS.findall(run[0])))
        if digits < 7:
            continue
        if len(run[0]) > LONG_RUN or patience.left < 0:
            yield from _unchecked(run, digits)
        else:
            yield from _in_run(readable, run, regions, patience)


def _unchecked(run: re.Match[str], digits: int) -> Iterator[Span]:
    if digits >= 9:
        yield Span(Kind.PHONE, run.start(), run.end(), re.sub(r"\D", "", run[0]))


def _in_run(text: str, run: re.Match[str], regions: Sequence[str], patience: _Patience) -> Iterator[Span]:
    """What stands in one row of digits: the most certain first, telephones in what is left of it."""
    before = text[max(0, run.start() - 40) : run.start()]
    found = [*_persons(run, before), *_cards(run, patience)]
    yield from found
    rest = run[0]
    for span in found:
        start, end = span.start - run.start(), span.end - run.start()
        rest = rest[:start] + "\n" * (end - start) + rest[end:]
    if not _PARCELS_AND_ORDERS.search(before):
        after = text[run.end() : run.end() + 1]
        yield from _telephones(rest, run.start(), (before, after), regions, patience)


# ── Accounts ─────────────────────────────────────────────────────────────────────────────────────────────

_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_POLISH = re.compile(r"(?<![\w-])\d{2}(?: ?\d{4}){6}(?![\w-])")
_CZECH = re.compile(r"(?<![\w/-])(?:\d{1,6}-)?\d{2,10}/\d{4}(?![\w/])")


def _accounts(text: str, patience: _Patience) -> Iterator[Span]:
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


def _end_of_iban(found: re.Match[str], patience: _Patience) -> int | None:
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


# ── Numbers of persons ───────────────────────────────────────────────────────────────────────────────────


def _taj(number: str) -> bool:
    """Hungary's social security number: https://en.wikipedia.org/wiki/National_identification_number."""
    weighted = sum(int(digit) * (3, 7)[place % 2] for place, digit in enumerate(number[:8]))
    return len(number) == 9 and weighted % 10 == int(number[8])


def _hungarian_tax(number: str) -> bool:
    """Hungary's tax number of persons: ten digits, the first an 8, the last a weighted sum modulo 11."""
    weighted = sum(int(digit) * place for place, digit in enumerate(number[:9], 1))
    return len(number) == 10 and number[0] == "8" and weighted % 11 == int(number[9])


@dataclass(frozen=True, slots=True)
class _National:
    shape: re.Pattern[str]
    valid: Callable[[str], bool]
    words: re.Pattern[str] | None = None
    """What must stand before it, where its check digits alone say too little."""


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){pattern}(?![\w-])")


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})[^\d\n]{{0,16}}$", re.IGNORECASE)


_NATIONAL = (
    _National(_shape(r"\d{6} ?\d{5}"), pesel.is_valid),
    _National(_shape(r"\d{6}/\d{4}"), rc.is_valid),
    _National(_shape(r"\d{6} ?/? ?\d{3,4}"), rc.is_valid, _words(r"rodn\w+|r\. ?č|rč|rc|birth[ ]number")),
    _National(_shape(r"\d{2} ?\d{3} ?\d{3} ?\d{3}"), idnr.is_valid),
    _National(_shape(r"\d{3}-\d{2}-\d{4}"), ssn.is_valid),
    _National(_shape(r"\d{3}[ -]?\d{2}[ -]?\d{4}"), ssn.is_valid, _words("ssn|social[ ]security")),
    _National(_shape(r"\d{3} \d{3} \d{4}"), nhs.is_valid),
    _National(_shape(r"\d{3}[ -]?\d{3}[ -]?\d{4}"), nhs.is_valid, _words("nhs")),
    _National(_shape(r"\d{3}[ -]?\d{3}[ -]?\d{3}"), _taj, _words(r"taj\w*")),
    _National(_shape(r"\d{10}"), _hungarian_tax, _words(r"ad[óo]azonos\w+|ad[óo]jel|tax (?:id|number)")),
)
"""The national numbers of persons that are known, the surest first."""
_NINO = re.compile(
    r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)",
    re.IGNORECASE,
)


def _lettered(text: str) -> Iterator[Span]:
    """Britain's national insurance numbers, which have letters."""
    for found in _NINO.finditer(text):
        yield Span(Kind.PERSON, *found.span(), found[0].replace(" ", "").upper())


def _persons(run: re.Match[str], before: str) -> Iterator[Span]:
    for national in _NATIONAL:
        for found in national.shape.finditer(run[0]):
            value = re.sub(r"\D", "", found[0])
            said = national.words is None or national.words.search(before + run[0][: found.start()])
            if said and _holds(national, found[0], value):
                yield Span(Kind.PERSON, run.start() + found.start(), run.start() + found.end(), value)
                return


def _holds(national: _National, written: str, value: str) -> bool:
    """Whether its check digits are right; America's numbers have none, but their groups say it."""
    return national.valid(written if national.valid is ssn.is_valid and "-" in written else value)


# ── Cards ────────────────────────────────────────────────────────────────────────────────────────────────

_CARD_GROUPS = re.compile(r"\d+(?:[ -]{1,2}\d+)*")


def _cards(run: re.Match[str], patience: _Patience) -> Iterator[Span]:
    """Card numbers: 13 to 19 digits that whole groups of the row make up, with the right check digit."""
    for row in _CARD_GROUPS.finditer(run[0]):
        groups = list(_DIGITS.finditer(row[0]))
        at = 0
        while at < len(groups):
            taken = _card_at(groups, at, patience)
            if taken:
                start, end = groups[at].start(), groups[at + taken - 1].end()
                offset = run.start() + row.start()
                value = "".join(group[0] for group in groups[at : at + taken])
                yield Span(Kind.CARD, offset + start, offset + end, value)
            at += taken or 1


def _card_at(groups: Sequence[re.Match[str]], at: int, patience: _Patience) -> int:
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


# ── Telephones ───────────────────────────────────────────────────────────────────────────────────────────


_THREE_GROUPS = re.compile(r"(?<!\d)\d{3}([ -])\d{3}\1\d{3}(?!\d)")


def _telephones(
    row: str, offset: int, around: tuple[str, str], regions: Sequence[str], patience: _Patience
) -> Iterator[Span]:
    """The telephone numbers of one row of digits that stands at ``offset`` between what is ``around``."""
    before, after = around
    if row.isdigit() and not _may_be_bare(row, before):
        return
    key = before[-1:] + row + after
    if key not in patience.known:
        shift = len(before[-1:])
        asked = list(_asked(key, shift, regions, patience))
        patience.known[key] = asked or list(_among_others(row, regions, patience))
    for span in patience.known[key]:
        yield Span(span.kind, offset + span.start, offset + span.end, span.value)


def _among_others(row: str, regions: Sequence[str], patience: _Patience) -> Iterator[Span]:
    """Telephones of three groups of three digits that stand in a row with other numbers."""
    for found in _THREE_GROUPS.finditer(row):
        for span in _asked(found[0], 0, regions, patience):
            yield Span(span.kind, found.start() + span.start, found.start() + span.end, span.value)


def _may_be_bare(row: str, before: str) -> bool:
    """Whether digits without any sign of a telephone may be one: parcels have such numbers too."""
    if re.search(r"\w-?$", before) or len(row) > 15:
        return False
    return len(row) == 9 or row[0] == "0" or _TELEPHONES.search(before) is not None


def _asked(row: str, shift: int, regions: Sequence[str], patience: _Patience) -> Iterator[Span]:
    """What the library of telephone numbers finds, for the first region that knows the number."""
    taken: list[Span] = []
    for region in regions or ("ZZ",):
        if patience.over(10):
            break
        for match in PhoneNumberMatcher(row, region, leniency=Leniency.VALID, max_tries=20):
            span = Span(
                Kind.PHONE,
                match.start - shift,
                match.end - shift,
                format_number(match.number, PhoneNumberFormat.E164) + (match.number.extension or ""),
            )
            if all(span.end <= other.start or other.end <= span.start for other in taken):
                taken.append(span)
    yield from taken
