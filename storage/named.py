"""What a text names: addresses, numbers and references, and what nobody may pass on."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from cases.personal import Kind, keys, seen
from storage.payments import payments

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_WORD = re.compile(r"[0-9A-Za-z]+(?:[-_/.][0-9A-Za-z]+)*")
_CASE = re.compile(r"\bCX-(\d{1,12})\b", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w-])\+?\d(?:[ ()/.-]{0,2}\d){7,14}")
# The first digits of the large card networks (ISO/IEC 7812): departments need the numbers of parcels.
_CARD = re.compile(r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|6\d{15,18}")


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names."""

    emails: list[str]
    """In small letters."""
    words: list[str]
    """What may be an order's or a customer's number, as written and in the ways that shops write it."""
    phones: list[str]
    """Their digits."""
    cases: list[int]


def named(text: str) -> Named:
    """Everything in ``text`` by which customers, their orders and their cases may be known."""
    read = _as_read(text)
    words: set[str] = set()
    for found in _WORD.findall(read):
        words.update(word for word in (found, *re.split(r"[-_/.]", found)) if re.search(r"\d", word))
    words = {word for word in words if not word.isdigit() or len(word) >= 4}
    ways = {way for word in words for way in (word, word.upper(), word.lower())}
    return Named(
        emails=sorted({found.lower().rstrip(".") for found in _EMAIL.findall(read)}),
        words=sorted(ways | {f"#{way}" for way in ways}),
        phones=sorted({re.sub(r"\D", "", found) for found in _PHONE.findall(read)}),
        cases=sorted({int(number) for number in _CASE.findall(read)}),
    )


def secrets(text: str) -> list[str]:
    """Card and account numbers and keys in ``text``, each masked but for its end."""
    bare, _places = seen(_as_read(text))
    found = sorted([*payments(bare), *keys(bare)], key=lambda span: span.start)
    return [
        f"…{span.value[-4:]}" for span in found if span.kind is not Kind.CARD or _CARD.fullmatch(span.value)
    ]


def _as_read(text: str) -> str:
    """``text`` as people read it: without what nobody sees, and wide or raised signs as the plain ones."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(char for char in plain if unicodedata.category(char) != "Cf")
