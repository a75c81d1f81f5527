"""Reading what a company says of its hours, departments and processes, as one: they name each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from cases.duties import Policy, Rules
from cases.endings import Ending
from cases.errors import ConfigError
from cases.promises import Plan
from cases.routing import Process
from cases.settings import HOURS_FILE, ROLES_FILE, Change
from storage.amending import amended
from storage.departments import read_departments
from storage.hours import read_hours, usual_hours
from storage.processes import Known, read_processes
from storage.reminder_rules import read_rules
from storage.watched import Watched
from storage.yaml_places import load


@dataclass(frozen=True, slots=True)
class PlanFiles:
    """Where they stand, and the time zone of whoever says nothing else."""

    hours: Path
    departments: Path
    processes: Path
    zone: str
    reminders: Path | None = None
    roles: Path | None = None
    """Who is what, in one workspace: read by others, and here only for what is changed of it."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A change that does not count, because the file has changed since."""

    change: Change
    why: str
    """A sentence for operators."""


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """What a company says. Only one and the same is equal: readers ask often if it is another one."""

    plan: Plan
    processes: Sequence[Process]
    """What cases can be about."""
    policy: Policy
    """When whom to remind of what."""
    changes: Sequence[Change] = ()
    """What of it supervisors have changed."""
    ignored: Sequence[Ignored] = ()
    endings: Mapping[str, Ending] = field(default_factory=dict)
    """How cases end, by the key of their process."""


def read_plan(files: PlanFiles, changes: Sequence[Change] = ()) -> Planned:
    """What the files say now; ``changes`` stand before that, where they fit the files.

    Raises ConfigError that names the file and the line of the mistake: changes never raise it. Those of who
    is what are none of a plan.
    """
    changes = [change for change in changes if change.setting.file != ROLES_FILE]
    lost = unfit(files, changes) if changes else []
    fitting = [change for change in changes if change not in lost]
    ignored = [Ignored(change, "The file has no place for it any more.") for change in lost]
    try:
        return replace(try_plan(files, fitting), ignored=ignored)
    except ConfigError:
        planned = try_plan(files)
    for change in fitting:
        try:
            planned = try_plan(files, [*planned.changes, change])
        except ConfigError as error:
            ignored.append(Ignored(change, str(error)))
    return replace(planned, ignored=ignored)


def try_plan(files: PlanFiles, changes: Sequence[Change] = ()) -> Planned:
    """``read_plan`` that raises SettingRefused for a change that cannot be used."""
    calendars = read_hours(files.hours, files.zone, changes)
    desks = read_departments(files.departments, calendars)
    known = Known(calendars, [desk.key for desk in desks], [desk.key for desk in desks if desk.channel])
    processes = read_processes(files.processes, known, changes)
    departments = {desk.key: desk.calendar for desk in desks if desk.calendar}
    timings = {process.key: process.timing for process in processes}
    rules = read_rules(files.reminders) if files.reminders else Rules()
    limits = {process.key: process.limit for process in processes if process.limit}
    names = {desk.key: desk.name for desk in desks}
    plan = Plan(calendars, timings, departments, limits, names)
    endings = {process.key: process.ending for process in processes}
    nudges = frozenset(key for key, ending in endings.items() if ending.nudge)
    policy = Policy(plan, rules, _fingerprint(files, changes), nudges)
    return Planned(plan, processes, policy, tuple(changes), endings=endings)


def _fingerprint(files: PlanFiles, changes: Sequence[Change]) -> str:
    """Of all that is said: what was read of it prints differently from time to time."""
    named = (files.hours, files.departments, files.processes, files.reminders)
    digest = sha256(repr((files.zone, tuple(changes))).encode())
    for path in named:
        digest.update(b"|" + (path.read_bytes() if path is not None and path.exists() else b""))
    return digest.hexdigest()


def unfit(files: PlanFiles, changes: Sequence[Change]) -> list[Change]:
    """The changes for which the files have no place (any more); raises ConfigError."""
    known, lost = {files.hours.name: files.hours, files.processes.name: files.processes}, []
    for name in dict.fromkeys(change.setting.file for change in changes):
        own = [change for change in changes if change.setting.file == name]
        place = (
            load(known[name], usual_hours(files.zone) if name == HOURS_FILE else "")
            if name in known
            else None
        )
        lost += amended(place.node if place else None, own)[1]
    return lost


def watch_plan(files: PlanFiles) -> Watched[Planned]:
    """``read_plan`` again whenever one of the files changes."""
    named = (files.hours, files.departments, files.processes, files.reminders)
    paths = [path for path in named if path is not None]
    return Watched(paths, lambda: read_plan(files))


def watch_amended(
    files: PlanFiles, base: Watched[Planned], changes: Callable[[], Sequence[Change]]
) -> Watched[Planned]:
    """What ``base`` says with one workspace's changes, read again whenever either is another one."""

    def read() -> Planned:
        mine = changes()
        return read_plan(files, mine) if mine else base.now()

    return Watched((), read, lambda: (base.now(), changes()))
