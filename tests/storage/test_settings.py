"""What supervisors changed stands before what the files say, as long as it fits them."""

from __future__ import annotations

import asyncio
from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest

from cases.errors import ConfigError, SettingRefused, SettingsChanged
from cases.hours import Span
from cases.promises import Amount
from cases.reader import Language
from cases.settings import Change, Kind, Part, Setting, Value
from storage import settings
from storage.plans import PlanFiles, read_plan, try_plan, watch_amended, watch_plan
from storage.sheets import parts, sheet
from tests.storage.test_isolation import other_office
from tests.storage.test_plans import DEPARTMENTS, HOURS, PROCESSES, changed
from tests.support.office import ANNA, BORIS, NOW, Office

WEEK = Setting("hours.yml", ("calendars", "office", "week"))
CLOSED = Setting("hours.yml", ("calendars", "office", "closed"))
LOOK = Setting("processes.yml", ("processes", "return", "steps", "Look", "time"))
FIRST = Setting("processes.yml", ("processes", "return", "first_response"))
ENGLISH = Setting("processes.yml", ("processes", "return", "promise_text", "en"))


@pytest.fixture
def files(tmp_path: Path) -> PlanFiles:
    made = PlanFiles(
        tmp_path / "hours.yml", tmp_path / "departments.yml", tmp_path / "processes.yml", "Europe/Prague"
    )
    made.hours.write_text(HOURS)
    made.departments.write_text(DEPARTMENTS)
    made.processes.write_text(PROCESSES)
    return made


def test_changes_stand_before_the_files(files: PlanFiles) -> None:
    planned = read_plan(
        files,
        [
            Change(WEEK, {"saturday": ["10:00-12:00"]}),
            Change(CLOSED, ["2026-12-05"]),
            Change(LOOK, "5h"),
            Change(FIRST, None),
            Change(ENGLISH, "Done by {date}."),
        ],
    )
    office = planned.plan.calendars["office"]
    assert office.week == {5: (Span(time(10), time(12)),)}
    assert office.of_day(date(2026, 12, 5)) == ()
    timing = planned.processes[0].timing
    assert timing.steps[0].time == Amount(time=timedelta(hours=5))
    assert timing.steps[1].time == Amount(days=1), "as the file says"
    assert timing.first_response is None
    assert timing.texts == {Language.PL: "Gotowe do {date}.", Language.EN: "Done by {date}."}
    assert [change.setting for change in planned.changes] == [WEEK, CLOSED, LOOK, FIRST, ENGLISH]
    assert read_plan(files).plan.calendars["office"].week[0] == (Span(time(9), time(17)),)


def test_a_calendar_behind_an_alias_is_changed_alone(files: PlanFiles) -> None:
    files.hours.write_text(
        "calendars:\n"
        "  - {key: office, time_zone: UTC, week: &week {monday: '09:00-17:00'}}\n"
        "  - {key: dock, time_zone: UTC, week: *week}\n"
    )
    planned = read_plan(files, [Change(WEEK, {"monday": ["10:00-11:00"]})])
    assert planned.plan.calendars["office"].week == {0: (Span(time(10), time(11)),)}
    assert planned.plan.calendars["dock"].week == {0: (Span(time(9), time(17)),)}


def test_the_usual_hours_can_be_changed_without_a_file(files: PlanFiles) -> None:
    files.hours.unlink()
    files.departments.unlink()
    files.processes.unlink()
    team = Setting("hours.yml", ("calendars", "team", "week"))
    planned = read_plan(files, [Change(team, {"sunday": ["09:00-10:00"]})])
    assert planned.plan.calendars["team"].week == {6: (Span(time(9), time(10)),)}
    assert planned.plan.calendars["team"].zone == ZoneInfo("Europe/Prague")


def test_a_text_without_any_in_the_file(files: PlanFiles) -> None:
    files.processes.write_text(PROCESSES.replace("    promise_text:\n      pl: Gotowe do {date}.\n", ""))
    planned = read_plan(files, [Change(ENGLISH, "Done by {date}.")])
    assert planned.processes[0].timing.texts == {Language.EN: "Done by {date}."}


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        (WEEK, {"monday": ["17:00-09:00"]}, "These hours end before they begin"),
        (CLOSED, ["Christmas"], "2026-12-24"),
        (LOOK, "-2h", "30m, 2h, 1d"),
        (LOOK, "300d", "250"),
        (ENGLISH, "Done.", "{date}"),
        (ENGLISH, "By {date}, {name}.", "`{name}`"),
        (Setting("hours.yml", ("calendars", "office", "time_zone")), "Europe/Pragge", "`Europe/Prague`"),
        (Setting("hours.yml", ("calendars", "office", "holidays")), "DE-XX", "DE"),
        (Setting("processes.yml", ("processes", "return", "legal")), "0", "1"),
    ],
)
def test_a_wrong_value_is_refused_with_its_setting(
    files: PlanFiles, setting: Setting, value: object, words: str
) -> None:
    with pytest.raises(SettingRefused) as refused:
        try_plan(files, [Change(FIRST, "1h"), Change(setting, value)])
    assert refused.value.setting == setting
    assert words in refused.value.sentence
    assert "line" not in refused.value.sentence


def test_what_does_not_fit_any_more_is_ignored_and_said(files: PlanFiles) -> None:
    special = Setting("hours.yml", ("calendars", "office", "special"))
    changes = [Change(LOOK, "5h"), Change(special, {"2026-12-31": ["09:00-12:00"]}), Change(FIRST, "3h")]
    assert len(read_plan(files, changes).changes) == 3
    files.processes.write_text(PROCESSES.replace("name: Look", "name: Look at it"))
    files.hours.write_text(HOURS.replace("[2026-12-24]", "[2026-12-24, 2026-12-31]"))
    planned = read_plan(files, changes)
    assert [change.setting for change in planned.changes] == [FIRST]
    assert planned.processes[0].timing.first_response == Amount(time=timedelta(hours=3))
    why = {each.change.setting: each.why for each in planned.ignored}
    assert "no place" in why[LOOK]
    assert "2026-12-31 stands here twice" in why[special]
    files.processes.unlink()
    assert {each.change.setting for each in read_plan(files, changes).ignored} == {LOOK, special, FIRST}


def test_a_broken_file_is_an_error_with_changes_too(files: PlanFiles) -> None:
    files.hours.write_text(HOURS.replace("Europe/Warsaw", "Warsaw"))
    with pytest.raises(ConfigError, match=r"hours.yml, line 3: “Warsaw” is no time zone"):
        read_plan(files, [Change(LOOK, "5h")])


def test_each_workspace_follows_files_and_changes(files: PlanFiles) -> None:
    base = watch_plan(files)
    mine: tuple[Change, ...] = ()
    watched = watch_amended(files, base, lambda: mine)
    assert watched.now() is base.now()
    mine = (Change(LOOK, "5h"),)
    before = watched.now()
    assert watched.now() is before
    assert before.processes[0].timing.steps[0].time == Amount(time=timedelta(hours=5))
    assert base.now().processes[0].timing.steps[0].time == Amount(time=timedelta(hours=2))
    changed(files.processes, PROCESSES.replace("time: 1d}", "time: 2d}"))
    assert [step.time for step in watched.now().processes[0].timing.steps] == [
        Amount(time=timedelta(hours=5)),
        Amount(days=2),
    ]
    mine = ()
    assert watched.now() is base.now()


def test_what_forms_show(files: PlanFiles) -> None:
    assert parts(files) == [
        Part(Kind.HOURS, "office"),
        Part(Kind.DAYS, "office"),
        Part(Kind.TIMES, "return"),
        Part(Kind.TEXTS, "return"),
    ]
    shown = sheet(files, Part(Kind.TIMES, "return"), [Change(LOOK, "5h", version=3)], {LOOK: 3})
    assert [(value.setting.path[2:], value.now, value.file, value.version) for value in shown.values] == [
        (("first_response",), "30m", "30m", 0),
        (("next_update",), "1d 4h", "1d 4h", 0),
        (("legal",), "14", "14", 0),
        (("steps", "Look", "time"), "5h", "2h", 3),
        (("steps", "Send", "time"), "1d", "1d", 0),
    ]
    assert shown.seen != sheet(files, Part(Kind.TIMES, "return")).seen
    files.processes.write_text(PROCESSES.replace("legal: 14", "legal: 15"))
    assert shown.seen != sheet(files, Part(Kind.TIMES, "return"), [Change(LOOK, "5h")], {LOOK: 3}).seen


def test_steps_of_one_name_are_two(files: PlanFiles) -> None:
    files.processes.write_text(PROCESSES.replace("name: Send", "name: Look"))
    second = Setting("processes.yml", ("processes", "return", "steps", "Look #2", "time"))
    planned = read_plan(files, [Change(second, "7h")])
    assert [step.time for step in planned.processes[0].timing.steps] == [
        Amount(time=timedelta(hours=2)),
        Amount(time=timedelta(hours=7)),
    ]
    assert sheet(files, Part(Kind.TIMES, "return")).values[-1].setting == second


async def put(office: Office, value: Value, to: object, *, back: bool = False) -> None:
    async with office.db.transaction() as tx:
        await settings.add(tx, office.workspace, value, to, ANNA.id, NOW, back=back)


async def test_the_newest_change_counts_until_it_is_taken_back(office: Office) -> None:
    other = await other_office(office.db)
    await put(office, Value(LOOK, "2h", "2h"), "5h")
    await put(office, Value(FIRST, "30m", "30m"), None)
    await put(office, Value(LOOK, "5h", "2h", version=1), "6h")
    rows = await settings.newest(office.db, office.workspace)
    assert {change.setting: change.value for change in settings.in_force(rows)} == {LOOK: "6h", FIRST: None}
    assert settings.versions(rows) == {LOOK: 2, FIRST: 1}
    await put(office, Value(LOOK, "6h", "2h", version=2), "2h", back=True)
    rows = await settings.newest(office.db, office.workspace)
    (left,) = settings.in_force(rows)
    assert (left.setting, left.by, left.at) == (FIRST, ANNA.id, NOW)
    assert settings.versions(rows)[LOOK] == 3
    assert await settings.newest(office.db, other.workspace) == []
    assert await office.column("SELECT action FROM audit") == ["settings.changed"] * 4
    (detail,) = await office.column("SELECT detail FROM audit ORDER BY id LIMIT 1")
    assert detail == {
        "file": "processes.yml",
        "path": list(LOOK.path),
        "before": "2h",
        "value": "5h",
        "back": False,
    }


async def test_of_two_at_once_one_is_refused(office: Office) -> None:
    seen = Value(LOOK, "2h", "2h")

    async def one(to: str, by: str) -> str:
        try:
            async with office.db.transaction() as tx:
                await settings.add(tx, office.workspace, seen, to, by, NOW)
        except SettingsChanged as error:
            return error.sentence
        return "done"

    said = await asyncio.gather(one("5h", ANNA.id), one("6h", BORIS.id))
    assert sorted(said)[1] == "done"
    assert "Somebody changed these settings meanwhile" in sorted(said)[0]
    assert len(await office.column("SELECT action FROM audit")) == 1


@pytest.mark.parametrize("statement", ["UPDATE settings SET value = NULL", "DELETE FROM settings"])
async def test_what_was_changed_cannot_be_rewritten(office: Office, statement: str) -> None:
    await put(office, Value(LOOK, "2h", "2h"), "5h")
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        await office.db.fetch(statement)
