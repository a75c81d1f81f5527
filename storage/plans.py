"""Reading what a company says of its hours, departments and processes, as one: they name each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cases.endings import Ending
from cases.promises import Plan
from cases.routing import Process
from storage.departments import read_departments
from storage.hours import read_hours
from storage.processes import Known, read_processes
from storage.watched import Watched


@dataclass(frozen=True, slots=True)
class PlanFiles:
    """Where they stand, and the time zone of whoever says nothing else."""

    hours: Path
    departments: Path
    processes: Path
    zone: str


@dataclass(frozen=True, slots=True)
class Planned:
    """What a company says."""

    plan: Plan
    processes: Sequence[Process]
    """What cases can be about."""
    endings: Mapping[str, Ending] = field(default_factory=dict)
    """How cases end, by the key of their process."""


def read_plan(files: PlanFiles) -> Planned:
    """What the files say now; raises ConfigError that names the file and the line of the mistake."""
    calendars = read_hours(files.hours, files.zone)
    desks = read_departments(files.departments, calendars)
    processes = read_processes(files.processes, Known(calendars, [desk.key for desk in desks]))
    departments = {desk.key: desk.calendar for desk in desks if desk.calendar}
    timings = {process.key: process.timing for process in processes}
    endings = {process.key: process.ending for process in processes}
    return Planned(Plan(calendars, timings, departments), processes, endings)


def watch_plan(files: PlanFiles) -> Watched[Planned]:
    """``read_plan`` again whenever one of the files changes."""
    paths = (files.hours, files.departments, files.processes)
    return Watched(paths, lambda: read_plan(files))
