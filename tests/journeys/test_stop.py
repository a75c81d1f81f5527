"""A bot that is asked to stop finishes what Slack was told has been taken."""

from __future__ import annotations

from pathlib import Path

import psycopg

from storage.urls import libpq_url
from tests.support.stack import AGENT, CHANNEL, company


async def test_an_acknowledged_click_outlives_a_stop(database_url: str, tmp_path: Path) -> None:
    async with company(tmp_path, database_url) as shop:
        customer = await shop.visit()
        reference = (await customer.write("Where is my lamp?"))["reference"]
        root = (await shop.card(reference))["ts"]
        await shop.sandbox.faults({"kind": "delay", "method": "users.info", "times": 1, "delay_ms": 1_000})
        await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_take")
        shop.bots[0].stop()
        async with await psycopg.AsyncConnection.connect(libpq_url(database_url)) as connection:
            found = await (await connection.execute("SELECT owner FROM cases")).fetchall()
        assert found == [(AGENT,)]
