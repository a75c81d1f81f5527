"""The operator's figures of the copilot, from rows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.console import read_settings
from bot.copilot_report import read, report
from cases.errors import ConfigError
from cases.proposals import Proposal
from flows import assist, reply
from storage import copilot_drafts, runs
from storage.db import Database
from tests.storage.test_isolation import other_office
from tests.support.office import ANNA, NOW, Office, open_office

PROMPT = "system 3, tone 1, draft 2"


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def ran(office: Office, case: int, outcome: str, days: int = 0) -> None:
    spent = {"calls": 2, "tool_calls": 1, "input_tokens": 100, "cached_tokens": 60, "output_tokens": 20}
    await runs.note(
        office.db,
        {
            **spent,
            "workspace": office.workspace,
            "case": case,
            "member": None,
            "task": "draft",
            "prompt": PROMPT,
            "model": "m",
            "outcome": outcome,
            "started_at": NOW - timedelta(days=days),
            "seconds": 3.0,
        },
    )


async def made(office: Office, case: int, key: str, words: str = "It left.") -> None:
    proposal = Proposal(words, words, "en", 9, prompt=PROMPT, model="m")
    async with office.db.transaction() as tx:
        await assist.keep(tx, case, key, ANNA.id, proposal, NOW)


async def fate(office: Office, edited: str | None = None) -> None:
    """Send the newest draft, changed or as it is."""
    uuid = (await office.row("SELECT uuid FROM drafts ORDER BY id DESC LIMIT 1"))["uuid"]
    if edited:
        await assist.reword(office.db, uuid, edited, ANNA)
        uuid = (await office.row("SELECT uuid FROM drafts ORDER BY id DESC LIMIT 1"))["uuid"]
    await copilot_drafts.adopt(office.db, uuid, ANNA.id, ANNA.name)
    row = await reply.approve(office.db, uuid, ANNA, 0, NOW)
    assert await reply.send(office.db, row["uuid"], row["body"], NOW)


async def test_runs_and_fates_by_task_and_prompt(office: Office) -> None:
    case = (await office.case()).case_id
    for outcome in ("done", "done", "slow", "down"):
        await ran(office, case, outcome)
    await ran(office, case, "done", days=31)
    await made(office, case, "sent")
    await fate(office)
    await made(office, case, "edited")
    await fate(office, "It left on Monday.")
    await made(office, case, "stale")
    await made(office, case, "discarded")
    uuid = (await office.row("SELECT uuid FROM drafts ORDER BY id DESC LIMIT 1"))["uuid"]
    await assist.discard(office.db, uuid, ANNA, NOW)
    await made(office, case, "waiting")
    await made(office, (await office.case()).case_id, "findings", "")
    ((key, found),) = (await read(office.db, office.workspace, NOW - timedelta(days=30))).items()
    assert key == ("draft", PROMPT, "m")
    assert found["runs"] == {
        "runs": 4,
        "failed": 2,
        "why": {"slow": 1, "down": 1},
        "input": 100.0,
        "cached": 60.0,
        "output": 20.0,
        "seconds": 3.0,
    }
    fates = {"as_is": 1, "edited": 1, "discarded": 1, "stale": 1, "waiting": 1, "only_findings": 1}
    assert found["drafts"] == {"made": 6} | fates
    other = await other_office(office.db)
    assert await read(office.db, other.workspace, NOW - timedelta(days=30)) == {}
    assert len(await read(office.db, None, NOW - timedelta(days=30))) == 1


async def test_a_file_that_cannot_be_written(
    office: Office, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await ran(office, (await office.case()).case_id, "slow", days=-400)
    settings = read_settings(database_url=database_url)
    with pytest.raises(ConfigError, match="cannot be written"):
        await report(settings, 3_650, tmp_path / "no" / "folder.json", None)
    assert "draft, system 3, tone 1, draft 2: failed as slow 1x" in capsys.readouterr().out
