"""The words by which texts say a moment, with what they mean, in the languages that a company writes.

They go with ``cases.commitment_words``, which find such words; a word is the beginning of all that begin so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class Span(Enum):
    """A time that needs no number."""

    TODAY = 0
    TOMORROW = 1
    DAY_AFTER = 2
    THIS_WEEK = "this week"  # not translated
    NEXT_WEEK = "next week"  # not translated
    THIS_MONTH = "this month"  # not translated
    NEXT_MONTH = "next month"  # not translated


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    days: Sequence[str]
    """Monday first."""
    months: Sequence[str]
    """January first."""
    units: Sequence[str]
    """Minute, hour, day, week, month; those of one unit stand apart by ``|``."""
    numbers: Mapping[str, int]
    spans: Mapping[str, Span]
    """The longer ones first where one begins with another."""
    next: str
    """What makes a day of the week that of the next week."""
    no_limit: str
    """A pattern: what says since when or for how long something is, or how often, instead of by when."""
    limits: Sequence[str] = ()
    """What a number of units needs to be a limit; where there are none the words before it said so."""


def _numbers(text: str) -> Mapping[str, int]:
    return {word: number for number, words in enumerate(text.split(","), 1) for word in words.split()}


BUSINESS = ("business", "working", "robocz", "pracovn", "munka")
"""What makes days and hours those of business, in all languages."""
WORDS: Mapping[str, Words] = {
    "en": Words(
        days=("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        months=("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        units=("minute", "hour", "day", "week", "month"),
        numbers=_numbers("a an one,two,three,four,five,six,seven,eight,nine,ten"),  # not translated
        spans={
            "the day after tomorrow": Span.DAY_AFTER,  # not translated
            "tomorrow": Span.TOMORROW,
            "today": Span.TODAY,
            "tonight": Span.TODAY,
            "end of the day": Span.TODAY,  # not translated
            "this week": Span.THIS_WEEK,  # not translated
            "end of the week": Span.THIS_WEEK,  # not translated
            "next week": Span.NEXT_WEEK,  # not translated
            "this month": Span.THIS_MONTH,  # not translated
            "next month": Span.NEXT_MONTH,  # not translated
        },
        next="next",
        no_limit=r"^(?:after|for)\b|(?:mon|tues|wednes|thurs|fri|satur|sun)days\b",
    ),
    "pl": Words(
        days=("poniedzia", "wtor", "śr", "czwart", "piąt", "sob", "niedz"),
        months=("sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru"),
        units=("minut", "godzin", "dni|dzień", "tygodni|tydzień", "miesi"),
        numbers=_numbers("jednego jeden,dwóch dwa,trzech trzy,czterech cztery,pięciu pięć"),  # not translated
        spans={
            "pojutrze": Span.DAY_AFTER,
            "jutr": Span.TOMORROW,
            "dziś": Span.TODAY,
            "dzisiaj": Span.TODAY,
            "do końca dnia": Span.TODAY,  # not translated
            "w tym tygodniu": Span.THIS_WEEK,  # not translated
            "do końca tygodnia": Span.THIS_WEEK,  # not translated
            "w przyszłym tygodniu": Span.NEXT_WEEK,  # not translated
            "w przyszłym miesiącu": Span.NEXT_MONTH,  # not translated
        },
        next="przyszł",
        no_limit=r"^(?:po|od)\b",
    ),
    "cs": Words(
        days=("pond", "úter", "střed", "čtvrt", "pát", "sobot", "neděl"),
        months=(
            "led",
            "únor",
            "břez",
            "dub",
            "květ",
            "června",
            "července",
            "srp",
            "září",
            "říj",
            "listop",
            "prosin",
        ),
        units=("minut", "hodin", "den|dny|dnů|dní|dnech", "týdn|týden", "měsí"),
        numbers=_numbers("jednoho jeden,dvou dva,tří tři,čtyř čtyři,pěti pět"),  # not translated
        spans={
            "pozítří": Span.DAY_AFTER,
            "zítr": Span.TOMORROW,
            "zítř": Span.TOMORROW,
            "dnes": Span.TODAY,
            "do konce dne": Span.TODAY,  # not translated
            "tento týden": Span.THIS_WEEK,  # not translated
            "do konce týdne": Span.THIS_WEEK,  # not translated
            "příští týden": Span.NEXT_WEEK,  # not translated
            "příštího týdne": Span.NEXT_WEEK,  # not translated
            "příští měsíc": Span.NEXT_MONTH,  # not translated
        },
        next="příští",
        no_limit=r"^(?:po|od)\b",
    ),
    "hu": Words(
        days=("hétf", "kedd", "szerd", "csütört", "péntek", "szombat", "vasárnap"),
        months=("jan", "feb", "már", "ápr", "máj", "jún", "júl", "aug", "szep", "okt", "nov", "dec"),
        units=("perc", "óra|órá", "nap|munkanap", "hét|hete", "hónap"),
        numbers=_numbers("egy,két kettő,három,négy,öt"),  # not translated
        spans={
            "holnapután": Span.DAY_AFTER,
            "holnap": Span.TOMORROW,
            "ma": Span.TODAY,
            "a nap végéig": Span.TODAY,  # not translated
            "ezen a héten": Span.THIS_WEEK,  # not translated
            "a hét végéig": Span.THIS_WEEK,  # not translated
            "a jövő hét": Span.NEXT_WEEK,  # not translated
            "a jövő héten": Span.NEXT_WEEK,  # not translated
            "jövő hét": Span.NEXT_WEEK,  # not translated
            "jövő héten": Span.NEXT_WEEK,  # not translated
            "jövő hónap": Span.NEXT_MONTH,  # not translated
        },
        next="jövő",
        no_limit=r"\bután$",
        limits=("belül", "múlva", "alatt"),
    ),
}
