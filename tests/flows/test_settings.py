from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from cases.errors import AlreadyDone, ConfigError, InvalidInput, SettingRefused, SettingsChanged
from cases.settings import Change, Kind, Part, Setting, Sheet
from cases.settings_text import written
from flows import settings as flow
from storage import settings
from storage.plans import PlanFiles, read_plan
from storage.sheets import sheet
from tests.storage.test_plans import DEPARTMENTS, HOURS, PROCESSES
from tests.support.office import ANNA, BORIS, NOW, Office

TIMES, DAYS = Part(Kind.TIMES, "return"), Part(Kind.DAYS, "office")
LOOK = Setting("processes.yml", ("processes", "return", "steps", "Look", "time"))
FIRST = Setting("processes.yml", ("processes", "return", "first_response"))
CLOSED = Setting("hours.yml", ("calendars", "office", "closed"))


@pytest.fixture
def files(tmp_path: Path) -> PlanFiles:
    made = PlanFiles(tmp_path / "hours.yml", tmp_path / "departments.yml", tmp_path / "processes.yml", "UTC")
    made.hours.write_text(HOURS)
    made.departments.write_text(DEPARTMENTS)
    made.processes.write_text(PROCESSES)
    return made


async def in_force(office: Office) -> tuple[Change, ...]:
    return settings.in_force(await settings.newest(office.db, office.workspace))


async def shown(office: Office, files: PlanFiles, part: Part = TIMES) -> Sheet:
    rows = await settings.newest(office.db, office.workspace)
    return sheet(files, part, settings.in_force(rows), settings.versions(rows))


async def save(
    office: Office, files: PlanFiles, given: Mapping[Setting, str], seen: Sheet | None = None
) -> list[Setting]:
    """Fill in a form, in which the rest stays as it is shown."""
    form = seen or await shown(office, files, DAYS if CLOSED in given else TIMES)
    texts = {value.setting: written(value.setting, value.now) for value in form.values} | dict(given)
    others = await in_force(office)
    changed = await flow.change(office.db, office.workspace, files, form, texts, others, ANNA, NOW)
    return [value.setting for value in changed]


async def test_only_what_differs_is_a_change(office: Office, files: PlanFiles) -> None:
    assert await save(office, files, {LOOK: "3h", FIRST: ""}) == [FIRST, LOOK]
    assert {change.setting: change.value for change in await in_force(office)} == {LOOK: "3h", FIRST: None}
    planned = read_plan(files, await in_force(office))
    assert planned.processes[0].timing.first_response is None
    assert await save(office, files, {LOOK: "4h"}) == [LOOK], "what was changed before stays"
    assert len(await in_force(office)) == 2
    with pytest.raises(InvalidInput, match="Nothing is changed"):
        await save(office, files, {LOOK: " 4h\r\n"})


async def test_what_the_file_says_is_no_change_any_more(office: Office, files: PlanFiles) -> None:
    await save(office, files, {LOOK: "3h"})
    await save(office, files, {LOOK: "2h"})
    assert await in_force(office) == ()
    files.processes.write_text(PROCESSES.replace("time: 2h", "time: 9h"))
    assert (await shown(office, files)).values[3].now == "9h"


async def test_all_of_a_part_is_given_back(office: Office, files: PlanFiles) -> None:
    await save(office, files, {LOOK: "3h", FIRST: "1h"})
    await save(office, files, {CLOSED: "2026-12-27"})
    await flow.back(office.db, office.workspace, await shown(office, files), (), BORIS, NOW)
    assert [change.setting for change in await in_force(office)] == [CLOSED], "of another part"
    with pytest.raises(AlreadyDone):
        await flow.back(office.db, office.workspace, await shown(office, files), (), BORIS, NOW)
    assert await office.column("SELECT actor FROM audit ORDER BY id") == [ANNA.id] * 3 + [BORIS.id] * 2


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({LOOK: "3h", FIRST: "soon"}, FIRST),
        ({CLOSED: "2026-12-26"}, Setting("hours.yml", ("calendars", "office", "special"))),
    ],
)
async def test_what_is_wrong_changes_nothing(
    office: Office, files: PlanFiles, given: Mapping[Setting, str], setting: Setting
) -> None:
    with pytest.raises(SettingRefused) as refused:
        await save(office, files, given)
    assert refused.value.setting == setting, "a field of the form, also where the value there was left alone"
    assert await in_force(office) == ()
    assert await office.column("SELECT action FROM audit") == []


async def test_a_step_keeps_a_time(office: Office, files: PlanFiles) -> None:
    with pytest.raises(ConfigError, match="needs `time`"):
        await save(office, files, {LOOK: ""})


async def test_of_two_forms_opened_side_by_side_one_is_saved(office: Office, files: PlanFiles) -> None:
    seen = await shown(office, files)
    done = await asyncio.gather(
        save(office, files, {LOOK: "3h"}, seen),
        save(office, files, {LOOK: "4h", FIRST: "1h"}, seen),
        return_exceptions=True,
    )
    refused = [each for each in done if isinstance(each, BaseException)]
    assert len(refused) == 1
    assert isinstance(refused[0], SettingsChanged)
    changes = {change.setting: change.value for change in await in_force(office)}
    assert changes in ({LOOK: "3h"}, {LOOK: "4h", FIRST: "1h"}), "all of a form, or nothing of it"
