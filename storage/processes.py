"""Reading ``processes.yml``: what cases can be about, and how long what they need takes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cases.errors import CxError
from cases.language import later
from cases.macros import placeholders
from cases.promises import Amount, Step, Timing
from cases.reader import Language
from cases.replies import check_words
from cases.routing import Process
from cases.settings import Change
from storage.choices import Read, key_of, read_choices
from storage.yaml_places import Place

_TIMES = ("calendar", "steps", "first_response", "next_update", "legal", "promise_text")
_AMOUNT = re.compile(r"(?:(\d{1,3})d)? ?(?:(\d{1,4})h)? ?(?:(\d{1,5})m)?")
_MOST = Amount(days=250)
"""Longer ones are mistakes."""


@dataclass(frozen=True, slots=True)
class Known:
    """Keys that a process may name; None where any will do."""

    calendars: Collection[str] | None = None
    departments: Collection[str] | None = None


def read_processes(
    path: Path, known: Known | None = None, changes: Sequence[Change] = ()
) -> tuple[Process, ...]:
    """The processes of the file; without one, or with an empty one, there are none.

    ``changes`` stand before what the file says. Raises ConfigError that names the file and the line of the
    mistake, and SettingRefused for one in a change; a calendar or department that is not ``known`` is one.
    """
    found = read_choices(path, "processes", "process", _TIMES, changes)
    return tuple(_process(read, known or Known()) for read in found)


def _process(read: Read, known: Known) -> Process:
    choice, fields = read
    timing = _timing(fields, known)
    return Process(choice.key, choice.name, choice.description, choice.examples, timing=timing)


def _timing(fields: Mapping[str, Place], known: Known) -> Timing:
    return Timing(
        calendar=key_of(fields["calendar"], known.calendars, "calendar") if "calendar" in fields else None,
        steps=_steps(fields["steps"], known) if "steps" in fields else (),
        first_response=amount_of(fields["first_response"]) if "first_response" in fields else None,
        next_update=amount_of(fields["next_update"]) if "next_update" in fields else None,
        legal_days=fields["legal"].whole() if "legal" in fields else None,
        texts=_texts(fields["promise_text"]) if "promise_text" in fields else {},
    )


def _steps(place: Place, known: Known) -> Sequence[Step]:
    steps = tuple(_step(each, known) for each in place.items())
    if not steps:
        raise place.wrong("one step at least is needed.")
    return steps


def _step(place: Place, known: Known) -> Step:
    fields = place.fields(("name", "department", "time"))
    place.need(fields, ("name", "time"), "this step")
    return Step(
        name=fields["name"].text(),
        time=amount_of(fields["time"]),
        department=key_of(fields["department"], known.departments, "department")
        if "department" in fields
        else None,
    )


def amount_of(place: Place) -> Amount:
    """A time of business such as 1d 4h; raises ConfigError for anything else, none, or too much."""
    found = _AMOUNT.fullmatch(place.text().strip())
    if found is None:
        raise place.wrong(
            later("Here a time such as 30m, 2h, 1d or 1d 4h is needed; a day is a working day.")
        )
    days, hours, minutes = (int(part or 0) for part in found.groups())
    amount = Amount(days, timedelta(hours=hours, minutes=minutes))
    if amount == Amount():
        raise place.wrong(later("This time is zero; leave it out, or give it some minutes."))
    if days > _MOST.days or amount.time > timedelta(hours=24 * _MOST.days):
        raise place.wrong(later("This is longer than {days} days."), days=_MOST.days)
    return amount


def _texts(place: Place) -> Mapping[Language, str]:
    return {Language(each): _text(text) for each, text in place.fields(tuple(Language)).items()}


def _text(place: Place) -> str:
    text = place.text()
    names = placeholders(text)
    if "date" not in names:
        raise place.wrong(
            later("{field} is missing: it stands for the date that the customer is told."), field="{date}"
        )
    for name in names:
        if name != "date":
            what = later("`{name}` is no placeholder here; only `{field}` is.")
            raise place.wrong_at(f"{{{name}}}", what, name=f"{{{name}}}", field="{date}")
    try:
        return check_words(text)
    except CxError as error:
        raise place.wrong(error.sentence) from None
