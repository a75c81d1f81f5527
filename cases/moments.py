"""By when something must be done that a text promises: “on Friday”, “within two days”, “do 24 hodin”.

It errs on the early side: of two readings the sooner counts, and what can be read in no sure way is no moment
at all. Days end with the team's hours; where a day has none, with the last ones before it.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from cases.commitments import UNSEEN
from cases.hours import Hours, NeverOpen
from cases.moment_words import BUSINESS, WORDS, Span, Words
from cases.promises import rounded
from cases.tenses import is_past

FARTHEST = timedelta(days=366)
"""What is farther off is not for being reminded of."""
_DAY = timedelta(days=1)
_AHEAD = timedelta(days=183)
"""A date without a year lies within so many days from now; one farther off was in the past."""
_NIGHT = time(23, 59)
_CLOCK = (
    r"(?P<said>(?:at|by|before|until|around|o|do|przed|v|ve|od|kolem)\b\s*)?(?:godz\w*\.?\s*)?"
    r"(?P<hour>\d{1,2})(?:(?P<mark>[:.])(?P<minute>[0-5]\d))?"
    r"(?:\s?(?P<half>[ap]\.?m\b\.?)|\s?(?P<unit>hodin\w*|hod\b|óra\w*|órá\w*|h\b))?(?![\w.:]?\d)"
)
_AFTER = re.compile(rf"[\s,]{{0,3}}{_CLOCK}")
_BEFORE = re.compile(rf"(?<![\w.:]){_CLOCK}[\s,]{{1,3}}$")
_ROOM = 24
"""Characters beside the words in which a time of day is looked for."""


def moment(
    words: str, language: str, now: datetime, hours: Hours, before: str = "", after: str = ""
) -> datetime | None:
    """By when ``words`` (a date that ``cases.commitments`` found) want something done; None where that is
    not sure, not ahead, more than a year off, or the sentence tells what was.

    ``now`` is when they are said, by a team with these ``hours``; ``before`` and ``after`` are what stands
    beside them, for a time of day.
    """
    said, now = _flat(words), now.astimezone(UTC)
    for key in dict.fromkeys((language.replace("_", "-").partition("-")[0].lower(), "en")):
        try:
            found = _read(said, WORDS[key], now, hours, (before, after)) if key in WORDS else None
        except NeverOpen:
            return None
        if found is not None:
            was = is_past(before, words, after, key)
            return found if now < found <= now + FARTHEST and not was else None
    return None


def _read(said: str, words: Words, now: datetime, hours: Hours, beside: tuple[str, str]) -> datetime | None:
    if re.search(words.no_limit, said):
        return None
    number = _number(said, words)
    if number is not None:
        return _after(number, said, words, now, hours)
    today = now.astimezone(hours.zone).date()
    if re.search(r"\d", said):
        day = _date(said, words, today)
    else:
        day = _weekday(said, words, now, hours) or _named(said, words, today)
    if day is None:
        return None
    clock = _clock(beside)
    return datetime.combine(day, clock, hours.zone) if clock else end_of(day, now, hours)


def end_of(day: date, now: datetime, hours: Hours) -> datetime:
    """When the team's hours end that are the last ones by the end of ``day``, and not over yet.

    Without any, that is the end of the day.
    """
    return _last_end(day, now, hours) or datetime.combine(day, _NIGHT, hours.zone)


def _last_end(day: date, now: datetime, hours: Hours) -> datetime | None:
    last = None
    for begin, end in hours.open_from(now):
        if begin.astimezone(hours.zone).date() > day:
            break
        last = end
    return last


# ── Days ─────────────────────────────────────────────────────────────────────────────────────────────────

_YEAR_FIRST = re.compile(r"\b(20\d\d)[-./]\s?(\d{1,2})[-./]\s?(\d{1,2})\b")
_DAY_FIRST = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?((?:20)?\d\d)?(?!\d)")
_SLASHES = re.compile(r"\b(\d{1,2})/(\d{1,2})/((?:20)?\d\d)\b")


def _date(said: str, words: Words, today: date) -> date | None:
    if found := _YEAR_FIRST.search(said):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_FIRST.search(said):
        return _dated(found[3], int(found[2]), int(found[1]), today)
    if found := _SLASHES.search(said):
        # Europe says the day first, America the month: only where one of them cannot be that it is sure.
        first, second = int(found[1]), int(found[2])
        if first > 12 or first == second:
            return _dated(found[3], second, first, today)
        return _dated(found[3], first, second, today) if second > 12 else None
    return _named_date(said, words, today)


def _named_date(said: str, words: Words, today: date) -> date | None:
    month = next((place for place, stem in enumerate(words.months, 1) if _has(said, (stem,))), None)
    year = re.search(r"\b20\d\d\b", said)
    day = re.search(r"\b([1-9]|[12]\d|3[01])(?!\d)", said.replace(year[0], " ") if year else said)
    if month is None or day is None:
        return None
    return _dated(year[0] if year else None, month, int(day[1]), today)


def _dated(year: str | None, month: int, day: int, today: date) -> date | None:
    if year:
        return _day(int(year) % 100 + 2000, month, day)
    nearest = (_day(each, month, day) for each in (today.year, today.year + 1))
    return next((each for each in nearest if each and today <= each <= today + _AHEAD), None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _weekday(said: str, words: Words, now: datetime, hours: Hours) -> date | None:
    """The next such day, or today while the team still works; with a “next” that of the next week."""
    wanted = next((place for place, stem in enumerate(words.days) if _has(said, (stem,))), None)
    if wanted is None:
        return None
    today = now.astimezone(hours.zone).date()
    if _has(said, (words.next,)):
        return today + _DAY * (7 - today.weekday() + wanted)
    ahead = (wanted - today.weekday()) % 7
    if not ahead and _last_end(today, now, hours) is None:
        ahead = 7
    return today + _DAY * ahead


def _named(said: str, words: Words, today: date) -> date | None:
    """The last day of a time that needs no number."""
    span = next((span for phrase, span in words.spans.items() if _has(said, (phrase,))), None)
    return _last_of(span, today) if span else None


def _last_of(span: Span, today: date) -> date:
    sunday = today + _DAY * (6 - today.weekday())
    match span:
        case Span.THIS_WEEK:
            return sunday
        case Span.NEXT_WEEK:
            return sunday + 7 * _DAY
        case Span.THIS_MONTH:
            return _months_on(today.replace(day=1), 1) - _DAY
        case Span.NEXT_MONTH:
            return _months_on(today.replace(day=1), 2) - _DAY
        case _:
            return today + _DAY * int(span.value)


def _months_on(day: date, months: int) -> date:
    """The same day some months later, or the last one of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


# ── Numbers of units ─────────────────────────────────────────────────────────────────────────────────────


def _number(said: str, words: Words) -> tuple[int, int] | None:
    """How many of which unit (its place among them); of a range the longer one."""
    for place, stems in enumerate(words.units):
        found = re.search(
            rf"(?:(\d{{1,3}})|\b([^\W\d]+))[\s-]?(?:(?:{'|'.join(BUSINESS)})\w*\s?)?(?:{stems})\w*\b", said
        )
        many = int(found[1]) if found and found[1] else words.numbers.get(found[2]) if found else None
        if many:
            return many, place
    return None


def _after(number: tuple[int, int], said: str, words: Words, now: datetime, hours: Hours) -> datetime | None:
    if words.limits and not _has(said, words.limits):
        return None
    many, unit = number
    business = any(stem in said for stem in BUSINESS)
    if unit < 2:
        amount = many * (timedelta(minutes=1), timedelta(hours=1))[unit]
        return rounded(hours.add(now, amount) if business else now + amount)
    today = now.astimezone(hours.zone).date()
    if unit == 2 and business:
        return end_of(_business_day(today, many, hours), now, hours)
    last = _months_on(today, many) if unit == 4 else today + many * (1, 7)[unit - 2] * _DAY
    return end_of(last, now, hours)


def _business_day(day: date, many: int, hours: Hours) -> date:
    """The day with hours that is so many after ``day``; a far one where the team hardly works."""
    farthest = day + FARTHEST
    while many and day < farthest:
        day += _DAY
        many -= bool(hours.of_day(day))
    return day


# ── Times of day ─────────────────────────────────────────────────────────────────────────────────────────


def _clock(beside: tuple[str, str]) -> time | None:
    """The time of day that stands beside the words, as 15:00, 3 pm, v 15 hodin."""
    before, after = (_flat(each) for each in (beside[0][-_ROOM:], beside[1][:_ROOM]))
    for found in filter(None, (_AFTER.match(after), _BEFORE.search(f"{before} "))):
        read = _time(found)
        if read is not None:
            return read
    return None


def _time(found: re.Match[str]) -> time | None:
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    # A lone number is no time, and 12.11 may be a day.
    if not (half or found["unit"] or (found["minute"] and (found["mark"] == ":" or found["said"]))):
        return None
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return time(hour, minute) if hour < 24 else None


def _flat(text: str) -> str:
    """Small letters of one kind on one line, without what nobody sees."""
    return " ".join(unicodedata.normalize("NFC", UNSEEN.sub("", text)).lower().replace("*", "").split())


def _has(said: str, stems: Sequence[str]) -> bool:
    """Whether a word begins with one of ``stems``."""
    return any(re.search(rf"(?<!\w){re.escape(stem)}", said) for stem in stems)
