"""Finding numbers that pay for or identify somebody: accounts, cards, national numbers, telephones.

A number counts when its check digits are right, or when the words before it say what it is. Numbers of orders
and parcels, dates and prices stay readable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.gb import nhs
from stdnum.pl import pesel
from stdnum.us import ssn

from cases.personal import Kind, Span
from storage.payments import DIGITS, RUN, Patience, accounts, cards

LONGRUN = 120
"""Characters of a row of digits from which on it is no text of a person, and hidden as one."""

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
class _Patience(Patience):
    """How many checks a text has left, and its telephones."""

    known: dict[str, list[Span]] = field(default_factory=dict)
    """Those already found, by the row of digits they stood in."""


def numbers(text: str, regions: Sequence[str]) -> Iterator[Span]:
    """The personal numbers of a plain text; telephones also as they are written inside those ``regions``."""
    yield from _lettered(text)
    patience = _Patience()
    yield from accounts(text, patience)
    readable = text
    for pattern in _NOT_NUMBERS:
        readable = pattern.sub(lambda found: "\n" * len(found[0]), readable)
    for run in RUN.finditer(readable):
        digits = sum(map(len, DIGITS.findall(run[0])))
        if digits < 7:
            continue
        if len(run[0]) > LONGRUN or patience.left < 0:
            yield from _unchecked(run, digits)
        else:
            yield from _in_run(readable, run, regions, patience)


def _unchecked(run: re.Match[str], digits: int) -> Iterator[Span]:
    if digits >= 9:
        yield Span(Kind.PHONE, run.start(), run.end(), re.sub(r"\D", "", run[0]))


def _in_run(text: str, run: re.Match[str], regions: Sequence[str], patience: _Patience) -> Iterator[Span]:
    """What stands in one row of digits: the most certain first, telephones in what is left of it."""
    before = text[max(0, run.start() - 40) : run.start()]
    found = [*_persons(run, before), *cards(run, patience)]
    yield from found
    rest = run[0]
    for span in found:
        start, end = span.start - run.start(), span.end - run.start()
        rest = rest[:start] + "\n" * (end - start) + rest[end:]
    if not _PARCELS_AND_ORDERS.search(before):
        after = text[run.end() : run.end() + 1]
        yield from _telephones(rest, run.start(), (before, after), regions, patience)


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
