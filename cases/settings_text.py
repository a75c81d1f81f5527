"""Settings as people write them into a form: a line for each day, a blank field for nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from cases.errors import SettingRefused
from cases.formats import weekdays
from cases.language import later
from cases.settings import Setting

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""As files name them."""


def written(setting: Setting, value: object) -> str:
    """A setting's value as its form shows it, in the reader's language; ``understood`` reads it."""
    return _WRITERS.get(setting.path[-1], _plain)(value)


def understood(setting: Setting, text: str) -> object:
    """What somebody has written, as YAML has it; None for nothing. Raises SettingRefused."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return None
    match setting.path[-1]:
        case "week":
            return _week(setting, lines)
        case "closed":
            return lines
        case "special":
            return _special(setting, lines)
        case "supervisors" | "agents" | "lead":
            return _people(setting, lines)
    return text.strip()


def _plain(value: object) -> str:
    return str(value) if value is not None else ""


def _listed(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else _plain(value)


def _spans(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else _plain(value)


def _write_special(value: object) -> str:
    return "\n".join(f"{day}: {_spans(hours)}" for day, hours in _mapping(value).items())


def _write_week(value: object) -> str:
    """A line for each run of days with the same hours."""
    by_day = {day: hours for day, hours in _days_of(value) if hours}
    names, lines = weekdays(), []
    runs = groupby(range(7), key=lambda day: by_day.get(day, ""))
    for hours, days in runs:
        first, *more = list(days)
        if hours:
            named = f"{names[first]}–{names[more[-1]]}" if more else names[first]
            lines.append(f"{named}: {hours}")
    return "\n".join(lines)


def _days_of(value: object) -> Iterator[tuple[int, str]]:
    """Each day that a file names, with its hours as people write them."""
    for key, hours in _mapping(value).items():
        first, _dash, last = (part.strip() for part in str(key).lower().partition("-"))
        start, end = DAYS.index(first), DAYS.index(last or first)
        for step in range((end - start) % 7 + 1):
            yield (start + step) % 7, _spans(hours)


def _mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, dict) else {}


def _write_people(value: object) -> str:
    """A line for each: user groups by @handle, then single members by id."""
    people = _mapping(value)
    groups, members = (people.get(name) for name in ("groups", "members"))
    lines = [f"@{str(group).removeprefix('@')}" for group in groups] if isinstance(groups, list) else []
    return "\n".join([*lines, *map(str, members if isinstance(members, list) else ())])


_WRITERS: Mapping[str, Callable[[object], str]] = {
    "week": _write_week,
    "closed": _listed,
    "special": _write_special,
    "supervisors": _write_people,
    "agents": _write_people,
    "lead": _write_people,
}


def _week(setting: Setting, lines: list[str]) -> dict[str, list[str]]:
    found: dict[int, list[str]] = {}
    for line in lines:
        days, colon, hours = line.partition(":")
        if not colon:
            raise SettingRefused(
                setting,
                later("Please write days and hours, such as “{example}”."),
                example=f"{weekdays()[0]}: 09:00-17:00",
            )
        for day in _days(setting, days):
            if day in found:
                raise SettingRefused(setting, later("{day} stands here twice."), day=weekdays()[day])
            found[day] = _hours(hours)
    return {DAYS[day]: found[day] for day in sorted(found)}


def _days(setting: Setting, words: str) -> list[int]:
    """The days of ``Monday`` or ``Monday–Friday``, in the reader's language or in English."""
    first, dash, last = (part.strip() for part in words.replace("–", "-").partition("-"))
    start, end = _day(setting, first), _day(setting, last if dash else first)
    return [(start + step) % 7 for step in range((end - start) % 7 + 1)]


def _day(setting: Setting, word: str) -> int:
    for known in (weekdays(), DAYS):
        for number, name in enumerate(known):
            if name.casefold() == word.casefold():
                return number
    raise SettingRefused(
        setting,
        later("“{word}” is no day of the week; these are: {days}."),
        word=word,
        days=", ".join(weekdays()),
    )


def _special(setting: Setting, lines: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for day, hours in (_dated(setting, line) for line in lines):
        if day in found:
            raise SettingRefused(setting, later("{day} stands here twice."), day=day)
        found[day] = hours
    return found


def _dated(setting: Setting, line: str) -> tuple[str, list[str]]:
    day, colon, hours = line.partition(":")
    if not colon:
        raise SettingRefused(
            setting, later("Please write a date and hours, such as “2026-12-31: 09:00-13:00”.")
        )
    return day.strip(), _hours(hours)


def _people(setting: Setting, lines: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"groups": [], "members": []}
    for word in dict.fromkeys(word.strip() for line in lines for word in line.split(",") if word.strip()):
        if re.fullmatch(r"@[^\s@]{1,80}", word):
            found["groups"].append(word.removeprefix("@"))
        elif re.fullmatch("[UW][A-Z0-9]{2,}", word):
            found["members"].append(word)
        else:
            raise SettingRefused(
                setting,
                later(
                    "“{word}” is no user group such as @customer-care, and no member ID such as U024BE7LH "
                    "(a person's profile → ⋮ → Copy member ID)."
                ),
                word=word,
            )
    return {name: words for name, words in found.items() if words}


def _hours(words: str) -> list[str]:
    return [part.strip() for part in words.split(",") if part.strip()]
