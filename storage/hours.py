"""Reading ``hours.yml``: when the company and its departments work."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, time, tzinfo
from pathlib import Path
from zoneinfo import available_timezones

from cases.errors import ConfigError
from cases.hours import MIDNIGHT, Hours, Span
from cases.language import later
from cases.reader import zone_named
from cases.settings import Change
from storage.roles import read_key
from storage.yaml_places import Hint, Place, by_key, nearest, read_fields

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FIELDS = ("key", "time_zone", "week", "holidays", "closed", "special")
_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d) ?[-–] ?([01]?\d|2[0-4]):([0-5]\d)")
_USUAL = """calendars:
  - key: team
    time_zone: {zone}
    week: {{monday-friday: "09:00-17:00"}}
"""

Calendar = tuple[str, Hours]


def usual_hours(zone: str) -> str:
    """What counts without a file: Monday to Friday, 9 to 17, without holidays."""
    return _USUAL.format(zone=zone)


def read_hours(path: Path, zone: str, changes: Sequence[Change] = ()) -> Mapping[str, Hours]:
    """The calendars of the file by key, the team's first; without one the usual hours in ``zone``.

    ``changes`` stand before what the file says. Raises ConfigError that names the file and the line of
    the mistake, and SettingRefused for one in a change.
    """
    place = read_fields(path, ("calendars",), changes, usual_hours(zone)).get("calendars")
    found = by_key(place, _calendar, "calendar", lambda each: each[0])
    if not found:
        raise ConfigError(f"{path}: one calendar at least is needed.")
    return dict(found)


def _calendar(place: Place) -> Calendar:
    fields = place.fields(_FIELDS)
    place.need(fields, ("key", "time_zone", "week"), "this calendar")
    hours = Hours(
        zone=_zone(fields["time_zone"]),
        week=_week(fields["week"]),
        holidays=_holidays(fields["holidays"]) if "holidays" in fields else frozenset(),
        special=_special(fields),
    )
    return read_key(fields["key"]), hours


def _zone(place: Place) -> tzinfo:
    name = place.text()
    zone = zone_named(name)
    if zone is None:
        known = available_timezones()
        hint = Hint(name, known) if _near(name, known) else later("use a name such as Europe/Warsaw.")
        raise place.wrong(later("“{name}” is no time zone; {hint}"), name=name, hint=hint)
    return zone


def _week(place: Place) -> Mapping[int, Sequence[Span]]:
    week: dict[int, Sequence[Span]] = {}
    for key, value in place.pairs():
        for day in _days(key):
            if day in week:
                raise key.wrong(f"{DAYS[day]} has its hours already.")
            week[day] = _spans(value)
    if not any(week.values()):
        raise place.wrong(later("This calendar never opens."))
    return week


def _days(place: Place) -> Sequence[int]:
    """The days of ``friday`` or of ``monday-friday``; ``saturday-monday`` goes over the week's end."""
    first, dash, last = (part.strip() for part in place.text().lower().partition("-"))
    start, end = _day(place, first), _day(place, last if dash else first)
    return [(start + step) % 7 for step in range((end - start) % 7 + 1)]


def _day(place: Place, name: str) -> int:
    if name not in DAYS:
        raise place.wrong(f"“{name}” is no day; {nearest(name, DAYS)}")
    return DAYS.index(name)


def _spans(place: Place) -> tuple[Span, ...]:
    """``"09:00-17:00"``, or a list of such."""
    each = list(place.items()) if place.is_list() else [place]
    spans = [_span(one) for one in each]
    for before, after, one in zip(spans, spans[1:], each[1:], strict=False):
        if before.end == MIDNIGHT or after.start < before.end:
            raise one.wrong(later("These hours begin before the ones above end; put them in order, apart."))
    return tuple(spans)


def _span(place: Place) -> Span:
    found = _HOURS.fullmatch(place.text().strip())
    if found is None or (found[3] == "24" and found[4] != "00"):
        raise place.wrong(later("Here hours such as “09:00-17:00” are needed."))
    try:
        return Span(time(int(found[1]), int(found[2])), time(int(found[3]) % 24, int(found[4])))
    except ValueError:
        raise place.wrong(
            later(
                "These hours end before they begin; hours over midnight are two, “22:00-24:00” on one day "
                "and “00:00-06:00” on the next."
            )
        ) from None


def _special(fields: Mapping[str, Place]) -> Mapping[date, Sequence[Span]]:
    """Days with hours of their own, and those that are closed: they have none."""
    days: dict[date, Sequence[Span]] = {}
    if "closed" in fields:
        days |= {each.day(): () for each in fields["closed"].items()}
    for key, value in fields["special"].pairs() if "special" in fields else ():
        if key.day() in days:
            raise key.wrong(later("{day} stands here twice, or is closed."), day=key.day().isoformat())
        days[key.day()] = _spans(value)
    return days


def _holidays(place: Place) -> Collection[date]:
    """The public holidays of a country (``PL``) or of a part of one (``DE-BY``), of every year."""
    import holidays
    from holidays.registry import COUNTRIES

    country, _dash, part = place.text().strip().upper().partition("-")
    # ``list_supported_countries`` would import each of them to tell its parts.
    known = {code for _name, *codes in COUNTRIES.values() for code in codes if code.isupper()}
    if country not in known:
        hint = _codes(country, known)
        raise place.wrong(later("Holidays of “{code}” are not known; {hint}"), code=country, hint=hint)
    days = holidays.country_holidays(country)
    if not part:
        return days
    parts = {each.upper(): each for each in days.subdivisions}
    if part not in parts:
        hint, what = _codes(part, days.subdivisions), later("“{part}” is no part of {code}; {hint}")
        raise place.wrong(what, part=part, code=country, hint=hint)
    return holidays.country_holidays(country, subdiv=parts[part])


def _near(name: str, known: Collection[str]) -> bool:
    return nearest(name, known).startswith("did you mean")


def _codes(code: str, known: Collection[str]) -> later | Hint:
    if not known:
        return later("it has none.")
    if _near(code, known) or len(known) <= 60:
        return Hint(code, known)
    return later("use a code such as PL or DE-BY.")
