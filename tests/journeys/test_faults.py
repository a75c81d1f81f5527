"""Nothing lost, nothing doubled, nothing out of order: whatever Slack, the network and the database do."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.ending import end
from storage import embedded, migrate
from storage.urls import libpq_url
from tests.support import postgres
from tests.support.persistent import one_case
from tests.support.stack import Company, company

POST = "chat.postMessage"


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    with postgres.fresh_database(postgres_url) as url:
        async with company(tmp_path_factory.mktemp("company"), url) as running:
            yield running


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(
            [{"kind": "drop_reply", "method": POST, "times": 2}], id="FAULTS 4, reply dropped after accepting"
        ),
        pytest.param([{"kind": "error_500", "method": POST, "times": 2}], id="HTTP 500"),
        pytest.param(
            [{"kind": "error_429", "method": POST, "times": 3, "retry_after": 1}], id="FAULTS 8, HTTP 429"
        ),
        pytest.param([{"kind": "timeout", "method": POST, "times": 1}], id="accepted, never answered"),
        pytest.param(
            [
                {"kind": "unreadable", "method": POST, "times": 2, "delay_ms": 3000},
                {"kind": "drop_reply", "method": POST, "times": 2},
                {"kind": "delay_delivery", "delay_ms": 7000, "times": 4},
            ],
            id="FAULTS 6, accepted, unreadable for a while, no echo in time",
        ),
        pytest.param([{"kind": "duplicate_delivery", "probability": 1.0}], id="FAULTS 3, each event twice"),
        pytest.param([{"kind": "swallow_ack", "probability": 0.5}], id="FAULTS 1, acknowledgements lost"),
        pytest.param([{"kind": "reorder_delivery", "probability": 0.5}], id="FAULTS 15, events out of order"),
    ],
)
async def test_slack_misbehaves(shop: Company, rules: list[dict[str, Any]]) -> None:
    await shop.sandbox.faults(*rules)
    try:
        await one_case(shop)
    finally:
        await shop.sandbox.faults()


async def test_sockets_are_cut_again_and_again(shop: Company) -> None:
    async def cut() -> None:
        while True:
            await asyncio.sleep(3)
            await shop.sandbox.do("disconnect_sockets")

    cutting = asyncio.create_task(cut())
    try:
        await one_case(shop)
    finally:
        await end(cutting)


async def test_fault_50_the_database_drops_every_connection_again_and_again(shop: Company) -> None:
    url = libpq_url(shop.bots[0].environment["DATABASE_URL"])
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:

        async def drop() -> None:
            while True:
                await asyncio.sleep(1.5)
                await connection.execute(
                    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()"""
                )

        dropping = asyncio.create_task(drop())
        try:
            await one_case(shop)
        finally:
            await end(dropping)


async def test_fault_50_the_database_restarts_while_people_work(tmp_path: Path) -> None:
    # Short, because a Unix socket's path has at most 107 bytes.
    home = Path(tempfile.mkdtemp(prefix="cx-", dir="/tmp"))
    server = embedded.start(home)
    try:
        await asyncio.to_thread(migrate.upgrade, server.url)
        async with company(tmp_path, server.url) as shop:
            back = asyncio.Event()

            async def work() -> None:
                while not back.is_set():
                    await one_case(shop)

            working = asyncio.create_task(work())
            await asyncio.sleep(0.7)
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(1)
            server = await asyncio.to_thread(embedded.start, home)
            back.set()
            await working
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


async def test_threads_that_slack_refuses_do_not_hold_up_the_others(shop: Company) -> None:
    url = libpq_url(shop.bots[0].environment["DATABASE_URL"])
    visitors = [await shop.visit(f"stuck{number}", "Stu") for number in range(18)]
    references = [(await visitor.write("Hello"))["reference"] for visitor in visitors]
    for reference in references:
        await shop.thread_shows((await shop.card(reference))["ts"], "Stu: Hello")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        numbers = [int(reference.removeprefix("CX-")) for reference in references]
        await connection.execute(
            "UPDATE cases SET thread_ts = '1000000000.' || lpad(number::text, 6, '0') WHERE number = ANY(%s)",
            [numbers],
        )
    for visitor in visitors:
        await visitor.write("Anybody?")
    await one_case(shop)
