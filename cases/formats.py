"""Dates, times, durations and numbers in the reader's zone and customs.

In Slack, what several people read uses ``views.blocks.when`` instead: Slack writes it for each of them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from cases.reader import Language, reader


def shown(value: object) -> str:
    """A value inside a text: numbers, times and durations as the reader writes them, others as they are."""
    match value:
        case str():
            return value
        case int() | float():
            return number(value)
        case datetime():
            return moment(value)
        case date():
            return day(value)
        case timedelta():
            return duration(value)
        case _:
            return str(value)


def moment(at: datetime) -> str:
    """A day and a time in the reader's zone: 2 Mar 2026, 10:00."""
    from babel.dates import get_datetime_format

    pattern = str(get_datetime_format("medium", locale=reader().customs))
    return pattern.replace("'", "").format(clock_time(at), day(at))


def day(at: date) -> str:
    """A day (of the reader's zone, when ``at`` has a time): 2 Mar 2026."""
    from babel.dates import format_date

    local = at.astimezone(reader().zone).date() if isinstance(at, datetime) else at
    return format_date(local, "medium", locale=reader().customs)


def appointment(at: datetime) -> str:
    """A moment with its day of the week and time zone: Friday, 27 November 2026, 14:00 CET."""
    from babel.dates import format_date

    local = at.astimezone(reader().zone)
    written = format_date(local.date(), "full", locale=reader().customs)
    return f"{written}, {clock_time(at)} {local.tzname()}"


def month(of: date) -> str:
    """A month with its year: May 2026."""
    from babel.dates import format_skeleton

    return str(format_skeleton("yMMMM", of, locale=reader().customs))


def weekdays() -> list[str]:
    """The days of the week from Monday on, as they stand alone: Monday, …."""
    from babel.dates import get_day_names

    names = get_day_names("wide", "stand-alone", locale=reader().customs)
    return [str(names[day]) for day in range(7)]


def clock_time(at: datetime) -> str:
    """A time of the day in the reader's zone: 10:00."""
    from babel.dates import format_time

    return format_time(at, "short", tzinfo=reader().zone, locale=reader().customs)


def duration(span: timedelta) -> str:
    """A span in its largest fitting unit: 0.5 seconds, 3 hours, 1 day."""
    from babel.dates import format_timedelta
    from babel.units import format_unit

    if span < timedelta(minutes=1):
        return format_unit(span.total_seconds(), "duration-second", locale=reader().customs)
    return format_timedelta(span, threshold=2, locale=reader().customs)


def working(span: timedelta) -> str:
    """A span of working time, never in days, which have no 24 hours of it: 45 minutes, 30.5 hours."""
    from babel.units import format_unit

    minutes = round(span / timedelta(minutes=1))
    if minutes < 60:
        return format_unit(minutes, "duration-minute", locale=reader().customs)
    return format_unit(round(minutes / 60, 1), "duration-hour", locale=reader().customs)


def number(value: float, digits: int = 2) -> str:
    """A number with the reader's separators and at most ``digits`` decimal places: 10,000 or 2.5."""
    from babel.numbers import format_decimal

    pattern = "#,##0." + "#" * digits if digits else "#,##0"
    return format_decimal(value, pattern, locale=reader().customs)


def percent(share: float) -> str:
    """A share of 1 in whole per cent: 97% or 97 %."""
    from babel.numbers import format_percent

    return format_percent(share, locale=reader().customs)


def language_name(language: Language) -> str:
    """What a language is called: Polish, polski."""
    from babel import Locale

    return str(Locale.parse(reader().customs).languages[language.value])
