"""A week passes in a minute: two bots, reminders in a thread, and the clock on the shop's page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import expect

from cases.actor import Actor
from flows import remind
from storage.db import Database
from tests.support import postgres
from tests.support.chromium import OpenPage
from tests.support.sandbox import until
from tests.support.stack import AGENT, BotProcess, Company, company, without_roles

MAYA = Actor(AGENT, "Maya")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HEADERS = {"Authorization": "Bearer turn"}


@dataclass
class Shop:
    """A demo's processes, and its database."""

    company: Company
    db: Database

    async def clock(self, bot: BotProcess) -> dict[str, Any]:
        async with self.company.session.get(f"{bot.url}/demo/clock") as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def turn(self, bot: BotProcess, **wanted: object) -> int:
        url = f"{bot.url}/demo/clock"
        async with self.company.session.post(url, json=wanted, headers=HEADERS) as answer:
            return answer.status

    async def remind(self, reference: str, at: datetime, text: str) -> None:
        number = int(reference.removeprefix("CX-"))
        case = await self.db.one("SELECT * FROM cases WHERE number = %(number)s", {"number": number})
        assert case is not None
        now = datetime.now(UTC)
        await remind.propose(self.db, case, AGENT, at, text, MAYA, uuid4().hex, now)


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    with postgres.fresh_database(postgres_url) as url:
        folder: Path = tmp_path_factory.mktemp("company")
        settings: dict[str, Any] = {"CX_DEMO": "1", "CX_CONFIG_DIR": without_roles(folder)}
        settings["CX_CLOCK_TOKEN"] = "turn"
        db = Database(url, pool_size=2)
        await db.open()
        async with company(folder, url, replicas=2, **settings) as running:
            yield Shop(running, db)
        await db.close()


async def test_a_week_of_reminders_comes_once_each_although_a_bot_is_killed(shop: Shop) -> None:
    one, other = shop.company.bots
    visitor = await shop.company.visit("week", "Wanda")
    reference = (await visitor.write("Where is my lamp?"))["reference"]
    root = (await shop.company.card(reference))["ts"]
    start = datetime.now(UTC)
    offsets = [2 * HOUR, 3 * HOUR, DAY, 3 * DAY + HOUR / 3, 6 * DAY]
    for number, offset in enumerate(offsets):
        await shop.remind(reference, start + offset, f"Look {number}")
    assert await shop.turn(one, by=7 * 86_400) == 202

    async def far(bot: BotProcess, by: timedelta) -> bool:
        return bool((await shop.clock(bot))["ahead_seconds"] >= by.total_seconds())

    await until(lambda: far(other, 4 * HOUR), 60)
    one.kill()

    async def arrived() -> bool:
        return (await shop.clock(other))["to"] is None

    await until(arrived, 90)
    assert (await shop.clock(other))["stopped_by"] is None
    reminded = re.findall(r"Look \d", "\n".join(await shop.company.thread(root)))
    assert reminded == [f"Look {number}" for number in range(5)]
    sent = await shop.db.fetch("SELECT due_at, sent_at FROM reminders WHERE kind = 'note'")
    assert all(timedelta(0) <= row["sent_at"] - row["due_at"] < HOUR / 4 for row in sent)

    # Who starts later goes on at the same time, and what happens then happens then.
    await one.start()
    for bot in (one, other):
        now = datetime.fromisoformat((await shop.clock(bot))["now"])
        assert timedelta(0) <= now - start - 7 * DAY < 5 * timedelta(minutes=1)
    await visitor.write("Are you still there?")
    rows = await shop.db.fetch("SELECT max(created_at) AS at FROM messages")
    assert rows[0]["at"] >= start + 7 * DAY


@pytest.mark.browser
async def test_people_turn_it_on_the_shops_page(shop: Shop, open_page: OpenPage) -> None:
    one, other = shop.company.bots
    page = await open_page(f"{one.url}/demo/")
    clock = page.get_by_role("region", name="The demo’s clock")
    before = datetime.fromisoformat((await shop.clock(one))["now"])
    await expect(clock.locator("time")).to_have_text(re.compile(r"\d{4}.* \d\d:\d\d \(UTC\)"))
    button = clock.get_by_role("button", name="+1 day")
    await button.click()
    await expect(button).to_be_disabled()
    await expect(clock.get_by_role("progressbar")).to_be_visible()
    await expect(clock.get_by_role("status")).to_have_text(
        "Done: everything that was due has happened.", timeout=60_000
    )
    await expect(button).to_be_enabled()
    await expect(clock.get_by_role("progressbar")).to_be_hidden()
    await expect(clock.get_by_text(re.compile(r"\d days? .*ahead of real time"))).to_be_visible()
    after = datetime.fromisoformat((await shop.clock(one))["now"])
    assert DAY <= after - before < DAY + HOUR
    # Whoever looks at another bot's page sees the same.
    await page.goto(f"{other.url}/demo/")
    await expect(page.get_by_text(re.compile(r"\d days? .*ahead of real time"))).to_be_visible()
    await page.get_by_role("button", name="Next morning, 9:00").click()

    async def nine() -> bool:
        found = await shop.clock(other)
        return found["to"] is None and datetime.fromisoformat(found["now"]).hour == 9

    await until(nine, 60)


async def test_only_the_demo_has_such_a_clock(shop: Shop, tmp_path: Path) -> None:
    """On the same database, a bot that is told of no clock has the real time, and has no way to turn it."""
    real = BotProcess(tmp_path / "real", shop.company.sandbox, shop.db.url)
    real.environment |= {"CX_CONFIG_DIR": without_roles(tmp_path)}
    await real.start()
    try:
        assert await shop.turn(real, by=3600) == 404
        company = Company(shop.company.sandbox, [real])
        await (await company.visit("real", "Rita")).write("Good morning")
        await company.session.close()
        rows = await shop.db.fetch("SELECT created_at FROM messages ORDER BY id DESC LIMIT 1")
        assert abs(rows[0]["created_at"] - datetime.now(UTC)) < timedelta(minutes=1)
    finally:
        real.stop()
    real.environment["CX_CLOCK_TOKEN"] = "turn"
    real.launch()
    assert real.process is not None
    assert real.process.wait(30) == 2
    assert "real customers have the real time: unset it" in real.log()
