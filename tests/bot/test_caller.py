"""FAULTS 8: a method that Slack wants left alone rests in every replica."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.caller import Caller
from bot.ending import end
from bot.notifications import listen
from bot.team import Team
from storage import calls
from storage.db import Database
from tests.support.office import Office
from tests.support.sandbox import ROOT, SandboxProcess, until
from tests.support.wired import make_settings, wired

CHANNEL, CARD, METHOD = "C0SUPPORT", "1.000001", "reactions.add"


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SandboxProcess]:
    process = SandboxProcess(tmp_path / "slack", manifest=ROOT / "manifest.yml")
    process.start()
    yield process
    await process.close()


@pytest.fixture
async def parts(
    slack: SandboxProcess, database: Database, database_url: str, tmp_path: Path
) -> AsyncIterator[Team]:
    async with wired(make_settings(slack, database_url, tmp_path), database) as running:
        yield running


async def add(parts: Team, case: int, ts: str) -> None:
    async with parts.bot.db.transaction() as tx:
        payload = {"ts": ts, "name": "eyes"}
        await calls.add(tx, parts.bot.workspace_id, CHANNEL, case, "reaction", payload)


async def tried(slack: SandboxProcess) -> Sequence[float]:
    """When the method was called."""
    return [call["at"] for call in (await slack.calls())["calls"] if call["method"] == METHOD]


async def test_a_refusal_seen_by_one_replica_counts_for_all(slack: SandboxProcess, parts: Team) -> None:
    db = parts.bot.db
    case = (await Office(db, parts.bot.workspace_id).case(channel=CHANNEL)).case_id
    replicas = [
        Caller(db, parts.bot.workspace_id, parts.bot.slack, parts.bot.rooms, paced=True) for _ in range(2)
    ]
    said = [(await slack.act("U0MAYA", "post", channel=CHANNEL, text=text))["ts"] for text in "ab"]
    await slack.faults({"kind": "error_429", "method": METHOD, "retry_after": 2, "times": 1})

    def hear(rest: str) -> None:
        for replica in replicas:
            replica.rest(rest.removeprefix(f"{parts.bot.workspace_id} "))

    heard = asyncio.create_task(listen(db, {"cx_rests": hear}))
    await asyncio.sleep(0.1)  # until it listens
    first = asyncio.create_task(replicas[0].run())
    await add(parts, case, said[0])

    async def count(wanted: int) -> bool:
        return len(await tried(slack)) == wanted

    await until(lambda: count(1))
    await asyncio.sleep(0.2)
    second = asyncio.create_task(replicas[1].run())
    await add(parts, case, said[1])
    try:
        await until(lambda: count(3))
        at = await tried(slack)
        assert min(at[1:]) - at[0] >= 1.9
    finally:
        await end(heard, first, second)
