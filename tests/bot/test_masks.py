"""``cx masks``: an operator's switch for one workspace."""

from __future__ import annotations

from pathlib import Path

from storage.db import Database
from tests.bot.test_cli import cx
from tests.storage.test_isolation import other_office
from tests.support.office import open_office


async def test_one_workspace_of_two(database_url: str, database: Database, tmp_path: Path) -> None:
    await open_office(database)
    await other_office(database)

    def masks(*words: str) -> tuple[int, str]:
        done = cx("masks", *words, home=tmp_path, DATABASE_URL=database_url, CX_MASKS="true")
        return done.returncode, done.stdout + done.stderr

    ours = "T1 (Shop): Personal data is hidden from models, as CX_MASKS says.\n"
    assert masks() == (
        0,
        ours + "T2 (Branch): Personal data is hidden from models, as CX_MASKS says.\n",
    )
    assert masks("off", "--team", "T2") == (
        0,
        ours + "T2 (Branch): Personal data goes as it is to models, as `cx masks` says.\n",
    )
    assert masks("default", "--team", "T2") == masks()
    status, said = masks("off")
    assert (status, "name one with --team: T1 (Shop), T2 (Branch)" in said) == (2, True)
    assert masks("of", "--team", "T2") == (2, "cx: “of” is none of on, off, default.\n")
