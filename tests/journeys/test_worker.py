"""Slow steps: taken by a worker, taken again when it dies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg

from storage.urls import libpq_url
from tests.support.sandbox import DEFAULT_WORKSPACE, until
from tests.support.stack import AGENT, CHANNEL, BotProcess, company

TOM = "U0TOM"


async def test_the_summary_comes_although_the_worker_dies_twice(database_url: str, tmp_path: Path) -> None:
    async with company(tmp_path, database_url, workspace=in_hungarian()) as shop:
        points = {name: tmp_path / name for name in ("job.after_start", "job.after_effect")}
        armed = ",".join(f"{name}@{file}" for name, file in points.items())
        worker = BotProcess(tmp_path / "worker", shop.sandbox, database_url, CX_CRASH_AT=armed)
        visitor = await shop.visit("summary", "Suri")
        first = await visitor.write("Which size is the blue rug?")
        root = (await shop.card(first["reference"]))["ts"]
        await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_summary")
        worker.launch("worker")
        try:
            for _ in points:
                await until(lambda: ended(worker), 40)
                worker.launch("worker")
            await until(lambda: queue_is_empty(database_url), 40)
        finally:
            worker.stop()
        await shop.whispered(AGENT, "Which size is the blue rug?")
        await shop.whispered(AGENT, "Modell nélkül: ezek az Önök saját, tárolt adatai")
        assert all(file.exists() for file in points.values())


async def test_a_new_owner_who_is_not_in_the_channel_gets_the_brief_as_a_message(
    database_url: str, tmp_path: Path
) -> None:
    seed: dict[str, Any] = json.loads(json.dumps(DEFAULT_WORKSPACE))
    channel = next(each for each in seed["channels"] if each["id"] == CHANNEL)
    channel["members"] = [AGENT, "bot"]
    async with company(tmp_path, database_url, workspace=seed) as shop:
        worker = BotProcess(tmp_path / "worker", shop.sandbox, database_url)
        worker.launch("worker")
        try:
            visitor = await shop.visit("handed", "Suri")
            reference = (await visitor.write("Which size is the blue rug?"))["reference"]
            await shop.card(reference)
            await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text=f"/cx assign {reference} <@{TOM}>")

            async def told() -> str:
                found = (await shop.sandbox.state())["messages"].get(f"D{TOM[1:]}", [])
                return json.dumps([message["blocks"] for message in found], ensure_ascii=False)

            async def is_there() -> bool:
                return "is yours now" in await told()

            await until(is_there, 40)
            assert "Which size is the blue rug?" in await told()
            assert f"|{reference}>" in await told()
        finally:
            worker.stop()


def in_hungarian() -> dict[str, Any]:
    """A workspace whose agent reads Hungarian, so that one sees whose language a job speaks."""
    made: dict[str, Any] = json.loads(json.dumps(DEFAULT_WORKSPACE))
    next(user for user in made["users"] if user["id"] == AGENT)["locale"] = "hu-HU"
    return made


def ended(worker: BotProcess) -> bool:
    """Whether it has died."""
    return worker.process is not None and worker.process.poll() is not None


async def queue_is_empty(url: str) -> bool:
    """Whether the queue is empty: finished jobs are deleted."""
    async with await psycopg.AsyncConnection.connect(libpq_url(url), autocommit=True) as connection:
        cursor = await connection.execute("SELECT count(*) FROM procrastinate_jobs")
        row = await cursor.fetchone()
        return row == (0,)
