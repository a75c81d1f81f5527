"""Reading what a company says of its hours, departments and processes, as one: they name each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cases.duties import Policy, Rules
from cases.promises import Plan
from cases.routing import Process
from storage.departments import read_departments
from storage.hours import read_hours
from storage.processes import Known, read_processes
from storage.reminder_rules import read_rules
from storage.watched import Watched


@dataclass(frozen=True, slots=True)
class PlanFiles:
    """Where they stand, and the time zone of whoever says nothing else."""

    hours: Path
    departments: Path
    processes: Path
    zone: str
    reminders: Path | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """What a company says."""

    plan: Plan
    processes: Sequence[Process]
    """What cases can be about."""
    policy: Policy
    """When whom to remind of what."""


def read_plan(files: PlanFiles) -> Planned:
    """What the files say now; raises ConfigError that names the file and the line of the mistake."""
    calendars = read_hours(files.hours, files.zone)
    desks = read_departments(files.departments, calendars)
    processes = read_processes(files.processes, Known(calendars, [desk.key for desk in desks]))
    departments = {desk.key: desk.calendar for desk in desks if desk.calendar}
    timings = {process.key: process.timing for process in processes}
    rules = read_rules(files.reminders) if files.reminders else Rules()
    plan = Plan(calendars, timings, departments)
    return Planned(plan, processes, Policy(plan, rules))


def watch_plan(files: PlanFiles) -> Watched[Planned]:
    """``read_plan`` again whenever one of the files changes."""
    named = (files.hours, files.departments, files.processes, files.reminders)
    paths = [path for path in named if path is not None]
    return Watched(paths, lambda: read_plan(files))
