"""Stops and starts: what Slack was told has been taken is finished, and customers are not shut out."""

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


async def test_customers_write_to_a_bot_that_was_started_with_a_revoked_token(
    database_url: str, tmp_path: Path
) -> None:
    """FAULTS 11, at a start: what is written is kept, and Slack shows it when the token works again."""
    async with company(tmp_path, database_url) as shop:
        bot = shop.bots[0]
        customer = await shop.visit("rita", "Rita")
        root = (await shop.card((await customer.write("One"))["reference"]))["ts"]
        bot.stop()
        await shop.sandbox.do("revoke_token")
        bot.launch()
        await customer.write("Two")
        async with shop.session.get(f"{bot.url}/healthz") as answer:
            assert "Slack refuses SLACK_BOT_TOKEN: token_revoked." in await answer.text()
        await shop.sandbox.do("restore_token")
        await shop.thread_shows(root, "Rita: One", "Rita: Two", seconds=60)
        await bot.until_serving()
