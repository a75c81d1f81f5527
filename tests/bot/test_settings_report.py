"""``cx settings`` and ``cx doctor`` say what is not as the files say."""

from __future__ import annotations

from pathlib import Path

from bot.console import read_settings
from bot.settings_report import changed
from cases.settings import Setting, Value
from storage import settings as setting_rows
from storage.db import Database
from tests.bot.test_cli import cx
from tests.storage.test_isolation import other_office
from tests.storage.test_plans import HOURS
from tests.support.office import ANNA, NOW, Office, open_office

WEEK = Setting("hours.yml", ("calendars", "office", "week"))
CLOSED = Setting("hours.yml", ("calendars", "office", "closed"))


async def put(office: Office, setting: Setting, to: object) -> None:
    async with office.db.transaction() as tx:
        await setting_rows.add(tx, office.workspace, Value(setting, None, None), to, ANNA.id, NOW)


async def test_what_counts_and_what_does_not(database_url: str, database: Database, tmp_path: Path) -> None:
    ours, theirs = await open_office(database), await other_office(database)
    (tmp_path / "hours.yml").write_text(HOURS)
    await put(ours, WEEK, {"monday": ["10:00-12:00"]})
    await put(ours, CLOSED, None)

    def said() -> str:
        done = cx("settings", home=tmp_path, DATABASE_URL=database_url, CX_CONFIG_DIR=str(tmp_path))
        assert done.returncode == 0, done.stderr
        return done.stdout

    by = f"(by {ANNA.id}, {NOW:%Y-%m-%d %H:%M} UTC)."
    assert said() == (
        f"T1 (Shop): hours.yml: calendars → office → closed = left out {by}\n"
        f"T1 (Shop): hours.yml: calendars → office → week = {{'monday': ['10:00-12:00']}} {by}\n"
        "T2 (Branch): as the files say.\n"
    )
    (tmp_path / "hours.yml").write_text(HOURS.replace("key: office", "key: shop"))
    assert "does not count: hours.yml: calendars → office → week" in said()
    await put(theirs, CLOSED, ["2026-12-27"])
    settings = read_settings(config_dir=tmp_path, database_url=database_url, demo=False)
    found = [finding async for finding in changed(settings, database)]
    assert [finding.check for finding in found] == ["settings T1"] * 2 + ["settings T2"]
    assert "The file has no place for it any more" in found[0].what
    (tmp_path / "hours.yml").write_text(HOURS)
    found = [finding async for finding in changed(settings, database)]
    assert [finding.what[:9] for finding in found] == ["2 changed", "1 changed"]


async def test_a_broken_file_is_said_once(database_url: str, database: Database, tmp_path: Path) -> None:
    await open_office(database)
    (tmp_path / "hours.yml").write_text("calendars: [")
    settings = read_settings(config_dir=tmp_path, database_url=database_url, demo=False)
    assert [finding async for finding in changed(settings, database)] == []
    done = cx("settings", home=tmp_path, DATABASE_URL=database_url, CX_CONFIG_DIR=str(tmp_path))
    assert (done.returncode, "this is no YAML" in done.stderr) == (2, True)
