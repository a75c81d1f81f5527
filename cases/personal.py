"""Finding what a model must not see: addresses, numbers that identify or pay, secrets.

Linear in the length of the text, whatever its words are: what would take long to check is hidden unchecked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

LONGEST_LOCAL = 128
"""Characters before an @ that are taken for its address; the standard allows 64."""


class Kind(StrEnum):
    """What a hidden value is, as its token says it."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    CARD = "CARD"
    IBAN = "IBAN"
    PERSON = "PERSONID"
    """A number that a state gave a person."""
    SECRET = "SECRET"  # noqa: S105 - a word, no secret
    TYPED = "TYPED"
    """No secret: something that somebody typed and that looks like a token."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where something personal stands in a text."""

    kind: Kind
    start: int
    end: int
    value: str
    """The same for all spellings of the same value."""


# ── One spelling ─────────────────────────────────────────────────────────────────────────────────────────

_HYPHENS = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2212\ufe63"
_HIDDEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
)
_UNSEEN = re.compile(f"[{_HIDDEN}\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\U000e0001-\U000e007f]")
_OTHER = re.compile(r"[^\x00-\x7f]")


def plain(text: str) -> str:
    """``text`` with digits of all scripts, full-width letters, blanks and hyphens as ASCII has them.

    Each character stays where it is.
    """
    return _OTHER.sub(lambda found: _ascii(found[0]), text)


def _ascii(char: str) -> str:
    if char in _HYPHENS:
        return "-"
    if char in "\u2028\u2029\u0085":
        return "\n"
    if char.isspace():
        return " "
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 and folded.isascii() else char


def seen(text: str) -> tuple[str, Sequence[int]]:
    """``text`` as people see it, plain and without invisible characters; and where each character stood."""
    if not _UNSEEN.search(text):
        return plain(text), range(len(text))
    places = [place for place, char in enumerate(text) if not _UNSEEN.match(char)]
    return plain("".join(text[place] for place in places)), places


# ── E-mail ───────────────────────────────────────────────────────────────────────────────────────────────

_DOMAIN = re.compile(r"@(?:[^\W_][\w-]{0,62}\.){1,32}[^\W\d_](?:[\w-]{0,61}[^\W_])?")
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]")


def emails(text: str) -> Iterator[Span]:
    """The e-mail addresses of a plain text, also international ones."""
    for found in _DOMAIN.finditer(text):
        start = _begin(text, found.start())
        if start < found.start():
            value = unicodedata.normalize("NFKC", text[start : found.end()]).casefold()
            yield Span(Kind.EMAIL, start, found.end(), value)


def _begin(text: str, at: int) -> int:
    """Where the address begins whose @ stands at ``at``; ``at`` when there is none."""
    floor = max(0, at - LONGEST_LOCAL)
    if text[at - 1 : at] == '"':
        quote = text.rfind('"', floor, at - 1)
        return at if quote < 0 else quote
    start = at
    while start > floor and _LOCAL.match(text[start - 1]):
        start -= 1
    # What people put around an address or before it is none of it.
    while start < at and text[start] in ".'`*=|{}/":
        start += 1
    return start


# ── Secrets ──────────────────────────────────────────────────────────────────────────────────────────────

_PASSWORD = r"(?:password|passwd|pwd|passcode|passwort|kennwort|has[łl]o|heslo|jelsz[óo]|pin)"  # noqa: S105
_KEYS = (
    r"(?:sk|pk|rk)[-_][\w-]{16,}",
    r"xox[a-z]-[\w-]{8,}",
    r"xapp-[\w-]{10,}",
    r"gh[oprsu]_\w{16,}",
    r"github_pat_\w{16,}",
    r"glpat-[\w-]{16,}",
    r"(?:AKIA|ASIA)[A-Z0-9]{12,}",
    r"AIza[\w-]{30,}",
    r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",
)
"""How keys of well-known services begin."""
_KEY = re.compile(rf"(?<!\w)(?:{'|'.join(_KEYS)})")
_SECRETS = (
    re.compile(r"(?<!\w)Bearer +(?P<it>[\w.~+/=-]{8,})", re.IGNORECASE),
    re.compile(r"://[^\s/:@]{0,64}:(?P<it>[^\s/@]{1,128})@"),
    re.compile(rf"(?<!\w){_PASSWORD} ?[:=]\s{{0,3}}(?P<it>\"[^\"\n]{{1,128}}\"|\S{{2,128}})", re.IGNORECASE),
    re.compile(
        rf"(?<!\w){_PASSWORD} (?:is|to|je|ist|az?)? ?(?P<it>(?=\S{{0,32}}[\d!$%&@])\S{{4,128}})",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\w)(?:cvv2?|cvc2?|otp) ?(?:is|to|je)? ?[:=]? ?(?P<it>\d{3,8})(?!\w)", re.IGNORECASE),
)
_CODE = re.compile(
    r"(?<!\w)(?:(?P<which>\w{1,32})[ -])?(?:code|kod|kód)(?: is| to| je)? ?[:=]? ?(?P<it>\d{4,8})(?!\w)",
    re.IGNORECASE,
)
_OTHER_CODES = re.compile(
    r"error|zip|post|area|country|discount|promo|gift|coupon|product|item|order|status|tracking|bar|qr"
    r"|błęd|rabat|kraj|produkt|chyb|slev|zbož|hiba|kupon|termék|irányító",
    re.IGNORECASE,
)
"""What a code is that opens nothing."""
_PEM = re.compile(r"-----BEGIN [A-Z ]{0,32}PRIVATE KEY(?:-----)?")
_PEM_END = re.compile(r"-----END [A-Z ]{0,32}PRIVATE KEY-----")


def secrets(text: str) -> Iterator[Span]:
    """Passwords, one-time codes, keys of services and private keys in a plain text."""
    for pattern in _SECRETS:
        for found in pattern.finditer(text):
            yield _secret(text, *found.span("it" if "it" in pattern.groupindex else 0))
    for found in _CODE.finditer(text):
        if not _OTHER_CODES.match(found["which"] or ""):
            yield _secret(text, *found.span("it"))
    yield from keys(text)


def keys(text: str) -> Iterator[Span]:
    """Keys of services and private keys in a plain text."""
    for found in _KEY.finditer(text):
        yield _secret(text, *found.span())
    yield from _private_keys(text)


def _secret(text: str, start: int, end: int) -> Span:
    trimmed = text[start:end].rstrip(".,;:!?)]}>")
    end = start + len(trimmed) if trimmed else end
    return Span(Kind.SECRET, start, end, text[start:end])


def _private_keys(text: str) -> Iterator[Span]:
    """Whole private keys; one that has no end goes on to the end of the text."""
    place = 0
    while begin := _PEM.search(text, place):
        end = _PEM_END.search(text, begin.end())
        place = end.end() if end else len(text)
        yield Span(Kind.SECRET, begin.start(), place, text[begin.start() : place])
