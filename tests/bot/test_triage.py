"""Workers look at new cases side by side, and ask for drafts where the team wants them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import steps
from bot.ending import end
from bot.triage import Triage
from cases.routing import Desk
from copilot.desks import Choices, Desks
from copilot.model import Endpoint
from copilot.triage import Triager
from copilot.work import Copilot
from storage import triage
from storage.db import Database
from storage.plans import PlanFiles, watch_plan
from tests.support.model import model_server
from tests.support.office import ANNA, NOW, Office, open_office
from tests.support.sandbox import until

DESKS = (Desk("a", "A", "", ("late", "lamp")), Desk("b", "B", "", ("mug", "rug")))
AWAY = Endpoint("m", "http://127.0.0.1:9/v1", "key", call_seconds=5.0, seconds=10.0)


@dataclass
class Clock:
    """Stands still."""

    time: datetime = NOW + timedelta(seconds=5)

    def now(self) -> datetime:
        return self.time


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


def worker(office: Office, endpoint: Endpoint | None = None, *, drafts: bool = False) -> Triage:
    triager = Triager(Copilot(office.db, endpoint, DESKS), Desks(DESKS, office.db), Choices(()))
    return Triage(office.db, triager, Clock(), steps.make_app(office.db.url) if drafts else None)


async def known(office: Office) -> None:
    """A person has said once whom a case needed: from then on the words may ask."""
    case = (await office.case("quokkas everywhere")).case_id
    async with office.db.transaction() as tx:
        await triage.choose(tx, case, "b", ANNA, NOW)


async def jobs(office: Office) -> list[dict[str, Any]]:
    rows = await office.db.fetch("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
    return [row["args"] | {"task": row["task_name"]} for row in rows]


async def test_two_workers_look_once_at_each(office: Office) -> None:
    await known(office)
    for number in range(12):
        await office.case(f"the lamp is broken {number}")
    first, second = worker(office), worker(office)

    async def all_of(one: Triage) -> None:
        while await one.look():
            pass

    await asyncio.gather(all_of(first), all_of(second))
    await all_of(first)
    rows = await office.db.fetch("SELECT tries, asks, claimed_at FROM triage WHERE corrected_to IS NULL")
    assert [tuple(row.values()) for row in rows] == [(1, True, None)] * 12
    assert len(await office.column("SELECT id FROM slack_calls WHERE kind = 'card'")) == 12


async def test_one_that_breaks_holds_up_no_other(office: Office) -> None:
    await known(office)
    broken, good = [(await office.case(text)).case_id for text in ("the lamp is broken", "the rug is broken")]
    async with refusing(office, broken):
        assert await worker(office).look() == 2
    assert await office.column("SELECT case_id FROM triage WHERE asks") == [good]
    assert await worker(office).look() == 0
    (again,) = await triage.claim(office.db, Clock().now(), 3, lease=timedelta(0))
    assert (again.case_id, again.tries) == (broken, 2)


@asynccontextmanager
async def refusing(office: Office, case: int) -> AsyncIterator[None]:
    """The database refuses what is found out about a case."""
    await office.db.fetch(
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'refused'; END $$"""
    )
    await office.db.fetch(
        f"""CREATE TRIGGER refuse BEFORE UPDATE ON triage FOR EACH ROW
            WHEN (NEW.case_id = {case} AND NEW.claimed_at IS NULL) EXECUTE FUNCTION refuse()"""
    )
    try:
        yield
    finally:
        await office.db.fetch("DROP FUNCTION refuse CASCADE")


async def test_a_worker_that_is_stopped_gives_its_case_back(office: Office, tmp_path: Path) -> None:
    await office.case("the lamp is broken")
    async with model_server(tmp_path / "model") as model:
        await model.rules({"answer": {"hang": True}})
        work = asyncio.create_task(worker(office, replace(AWAY, base_url=model.url, seconds=60.0)).run())
        await until(model.requests)
        await end(work)
    (claim,) = await triage.claim(office.db, Clock().now(), 3)
    assert claim.tries == 1


async def test_a_draft_is_asked_for_only_where_nobody_is_at_it_and_something_was_said(office: Office) -> None:
    words = ("the lamp is broken", "the mug is broken", "the rug is broken", "Hello!")
    case, answered, writing, _greeting = [(await office.case(text)).case_id for text in words]
    await office.db.fetch("UPDATE cases SET last_reply_at = %s WHERE id = %s", [NOW, answered])
    await office.preview(writing)
    one = worker(office, AWAY, drafts=True)
    while await one.look():
        pass
    (job,) = await jobs(office)
    assert job == {"task": "draft", "case": case, "user": "", "key": f"arrival:{case}", "wish": {}}


PROCESS = "processes: [{key: %s, name: New, examples: [lamp, broken]}]"


async def test_processes_follow_their_file(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "processes.yml"
    file.write_text(PROCESS % "old")
    planned = watch_plan(PlanFiles(tmp_path / "hours.yml", tmp_path / "departments.yml", file, "UTC"))
    kinds = planned.now().processes
    async with model_server(tmp_path / "model") as model:
        form = {"name": "Triage", "arguments": {"process": "newer", "department": "a", "confidence": 0.9}}
        await model.rules({"answer": {"tool_calls": [form]}})
        copilot = Copilot(office.db, replace(AWAY, base_url=model.url), DESKS)
        triager = Triager(copilot, Desks(DESKS, office.db), Choices(kinds), kinds)
        one = Triage(office.db, triager, Clock(), planned=planned)
        await office.case("the lamp is broken again")
        await one.look()
        file.write_text(PROCESS % "newer")
        await office.case("another lamp is broken")
        await one.look()
    assert await office.column("SELECT process_type FROM cases ORDER BY id") == ["general", "newer"]


@pytest.mark.parametrize(("endpoint", "drafts"), [(None, True), (AWAY, False)])
async def test_nobody_asks_for_a_draft(office: Office, endpoint: Endpoint | None, drafts: bool) -> None:
    await office.case("the lamp is broken")
    assert await worker(office, endpoint, drafts=drafts).look() == 1
    assert await jobs(office) == []
    assert await office.column("SELECT by FROM triage") == ["words"]
