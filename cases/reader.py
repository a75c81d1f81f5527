"""Who reads what is being written: language, customs, time zone. Said once, and every text below follows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo


class Language(StrEnum):
    """The languages that there are texts in."""

    EN = "en"
    PL = "pl"
    CS = "cs"
    HU = "hu"


_CUSTOMS = {
    Language.EN: "en_GB",
    Language.PL: "pl_PL",
    Language.CS: "cs_CZ",
    Language.HU: "hu_HU",
}
"""How dates and numbers are written where the reader's own country is not known."""
_OTHER_CUSTOMS = {"en-US": "en_US", "en-CA": "en_CA", "en-AU": "en_AU"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: their language, their customs for dates and numbers (CLDR's name), their time zone."""

    language: Language = Language.EN
    customs: str = "en_GB"
    zone: tzinfo = UTC


def language_of(tag: str) -> Language | None:
    """Our language for an IETF tag such as ``pl`` or ``pl-PL``; None for one that we do not speak."""
    primary = tag.strip().replace("_", "-").partition("-")[0].lower()
    return Language(primary) if primary in set(Language) else None


def reader_of(tag: str | None, zone: str | None = None) -> Reader:
    """The reader of an IETF language tag and a time zone's name; English and UTC for what is unknown."""
    tag = tag or ""
    language = language_of(tag) or Language.EN
    return Reader(language, _OTHER_CUSTOMS.get(tag, _CUSTOMS[language]), zone_named(zone) or UTC)


def zone_named(name: str | None) -> tzinfo | None:
    """The time zone of that name; None where there is no such name."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


_ANYBODY = Reader()
_reader: ContextVar[Reader] = ContextVar("reader", default=_ANYBODY)


def reader() -> Reader:
    """Who reads what is being written now."""
    return _reader.get()


@contextmanager
def use(who: Reader) -> Iterator[None]:
    """Write for ``who`` inside the block, and in tasks that are started in it."""
    before = _reader.set(who)
    try:
        yield
    finally:
        _reader.reset(before)
