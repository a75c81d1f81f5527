"""A customer of another system, by the client that stands in docs/channel-api.md, and an agent in Slack."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from storage.db import Database
from tests.support.ports import free_port
from tests.support.sandbox import ROOT, until
from tests.support.source import SECRET
from tests.support.stack import CHANNEL, BotProcess, Company, buttons, company

SOURCES = """
sources:
  - key: help-desk
    title: Help desk
    slack_channel: support
    deliver_to: "http://127.0.0.1:{port}/"
    receipts: true
"""


def the_client(folder: Path) -> Path:
    """The program as it stands in the docs."""
    (found,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "channel-api.md").read_text(), re.DOTALL)
    file = folder / "client.py"
    file.write_text(found)
    return file


@asynccontextmanager
async def running(shop: Company, folder: Path, port: int) -> AsyncIterator[asyncio.StreamReader]:
    """The client, after it has handed a message in; yields what it prints."""
    environment = os.environ | {
        "CX_API": f"{shop.bots[0].url}/api/v1/sources/help-desk",
        "CX_SECRET": SECRET,
        "PORT": str(port),
    }
    words = (str(the_client(folder)), "4711", "Where is my lamp?")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def line(printed: asyncio.StreamReader) -> str:
    async with asyncio.timeout(40):
        return (await printed.readline()).decode().strip()


async def known_at_once(database_url: str) -> None:
    """What the case is about is clear, so that its receipt waits for nothing."""
    db = Database(database_url, pool_size=2)
    await db.open()
    await db.fetch("UPDATE cases SET process_type = 'delivery'")
    await db.close()


async def test_a_message_goes_in_and_the_reply_comes_out(database_url: str, tmp_path: Path) -> None:
    config, port = tmp_path / "config", free_port()
    config.mkdir()
    shutil.copy(ROOT / "config" / "sites.yml", config)
    (config / "sources.yml").write_text(SOURCES.format(port=port))
    settings: dict[str, Any] = {"CX_CONFIG_DIR": str(config), "CX_API_SECRETS": f"help-desk={SECRET}"}
    async with company(tmp_path, database_url, **settings) as shop:
        worker = BotProcess(tmp_path / "worker", shop.sandbox, database_url, **settings)
        worker.launch("worker")
        try:
            async with running(shop, tmp_path, port) as printed:
                reference = await line(printed)
                await known_at_once(database_url)
                receipt = f"Thank you, your message has come. Its number is {reference}."
                assert await line(printed) == receipt
                assert "/c/" in await line(printed)
                card = await shop.card(reference)
                assert "🌐 Help desk" in str(card["blocks"])
                assert "case_draft" in buttons(card)
                await shop.thread_shows(card["ts"], "4711: Where is my lamp?", f"app: {receipt}")
                ts = await shop.reply(card["ts"], "It is on its way.")
                assert await line(printed) == "It is on its way."

                async def marked() -> bool:
                    messages = await shop.sandbox.messages(CHANNEL, card["ts"])
                    reactions = next(m for m in messages if m["ts"] == ts).get("reactions", [])
                    names = {reaction["name"] for reaction in reactions}
                    return {"incoming_envelope", "mailbox_with_mail"} & names != set()

                await until(marked, 40)
        finally:
            worker.stop()
