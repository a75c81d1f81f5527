"""What the forms of ``/cx settings`` show: calendars, processes and roles, with what was changed of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from cases.errors import NotFound
from cases.reader import Language
from cases.settings import (
    HOURS_FILE,
    PROCESSES_FILE,
    ROLES_FILE,
    TEXTS,
    Change,
    Kind,
    Part,
    Setting,
    Sheet,
    Value,
)
from storage.amending import amended, found, inside, names
from storage.hours import usual_hours
from storage.plans import PlanFiles
from storage.roles import NO_ROLES
from storage.yaml_places import load

_FIELDS: Mapping[Kind, Sequence[str]] = {
    Kind.HOURS: ("week", "time_zone"),
    Kind.DAYS: ("holidays", "closed", "special"),
    Kind.TIMES: ("first_response", "next_update", "legal"),
    Kind.TEXTS: (),
}
_PROCESSES = (Kind.TIMES, Kind.TEXTS)
_CALENDARS = (Kind.HOURS, Kind.DAYS)


def parts(files: PlanFiles) -> list[Part]:
    """What can be changed, kind by kind; raises ConfigError."""
    hours, processes = _node(files, Kind.HOURS), _node(files, Kind.TIMES)
    found_parts = []
    for kind in (*_CALENDARS, *_PROCESSES):
        node, root = (hours, "calendars") if kind in _CALENDARS else (processes, "processes")
        for each in _items(node, root):
            name = str(each["key"]) if kind in _CALENDARS else str(each["name"])
            found_parts.append(Part(kind, str(each["key"]), name))
    return [*found_parts, Part(Kind.ROLES, "all")] if files.roles is not None else found_parts


def sheet(
    files: PlanFiles,
    part: Part,
    changes: Sequence[Change] = (),
    versions: Mapping[Setting, int] | None = None,
) -> Sheet:
    """One part as it is now, with ``changes`` in force; raises NotFound, or ConfigError."""
    known = next((each for each in parts(files) if each == part), None)
    if known is None:
        raise NotFound
    base = _node(files, part.kind)
    now, _lost = amended(base, [change for change in changes if change.setting.file == _file(part.kind)])
    by_setting = {change.setting: change for change in changes}
    return Sheet(
        known,
        [
            Value(
                setting,
                found(now, setting.path),
                found(base, setting.path),
                by_setting.get(setting),
                (versions or {}).get(setting, 0),
            )
            for setting in _settings(base, part)
        ],
    )


def _settings(node: yaml.Node | None, part: Part) -> Iterator[Setting]:
    """All that a form changes of a part."""
    if part.kind is Kind.ROLES:
        yield from (Setting(ROLES_FILE, (name,)) for name in ("supervisors", "agents"))
        for department in names(inside(node, ("departments",))):
            yield Setting(ROLES_FILE, ("departments", department, "lead"))
        return
    top = ("calendars" if part.kind in _CALENDARS else "processes", part.key)
    for name in _FIELDS[part.kind]:
        yield Setting(_file(part.kind), (*top, name))
    if part.kind is Kind.TIMES:
        for step in names(inside(node, (*top, "steps"))):
            yield Setting(PROCESSES_FILE, (*top, "steps", step, "time"))
    if part.kind is Kind.TEXTS:
        for name in TEXTS:
            yield from (Setting(PROCESSES_FILE, (*top, name, language)) for language in Language)


def _items(node: yaml.Node | None, root: str) -> list[Mapping[str, object]]:
    listed = found(node, [root])
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _file(kind: Kind) -> str:
    if kind is Kind.ROLES:
        return ROLES_FILE
    return HOURS_FILE if kind in _CALENDARS else PROCESSES_FILE


def _node(files: PlanFiles, kind: Kind) -> yaml.Node | None:
    if kind is Kind.ROLES:
        assert files.roles is not None
        roles = load(files.roles, NO_ROLES)
        return roles.node if roles else None
    path: Path = files.hours if kind in _CALENDARS else files.processes
    place = load(path, usual_hours(files.zone) if kind in _CALENDARS else "")
    return place.node if place else None
