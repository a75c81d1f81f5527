"""A customer is told by when their case will be done, and it is done by then."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.test_asks import close_all, submit, view
from tests.support import postgres
from tests.support.sandbox import ROOT, until
from tests.support.stack import AGENT, CHANNEL, Company, company

ALWAYS = """calendars:
  - {key: always, time_zone: Europe/Warsaw, week: {monday-sunday: "00:00-24:00"}}
"""
PROCESSES = """processes:
  - key: return
    name: Return
    examples: [I want to send it back, Can I return it]
    steps: [{name: Look, time: 2h}, {name: Pay, time: 1d}]
    promise_text: {en: "You have your money by {date}."}
"""


@dataclass
class Shop:
    """A company, and where its files are."""

    company: Company
    config: Path

    async def shown(self, root: str, *words: str) -> str:
        """The card as text, once it holds some words."""

        async def there() -> str | None:
            found = await self.company.sandbox.messages(CHANNEL)
            card = json.dumps(next(one for one in found if one["ts"] == root), ensure_ascii=False)
            return card if all(each in card for each in words) else None

        card: str = await until(there, 30)
        return card

    async def click(self, ts: str, action: str) -> None:
        await self.company.sandbox.act(AGENT, "click", channel=CHANNEL, ts=ts, action_id=action)

    async def preview(self, root: str, words: str) -> dict[str, Any]:
        return await self.company.preview(AGENT, root, words)

    async def returned(self, user: str) -> tuple[Any, str]:
        """A customer with a case of which an agent said that it is a return: visitor and card."""
        visitor = await self.company.visit(user)
        first = await visitor.write("I want to send it back.")
        root = (await self.company.card(first["reference"]))["ts"]
        await self.click(root, "case_more")
        menu = await view(self.company, AGENT, "menu_sort")
        await self.company.sandbox.act(AGENT, "click", view_id=menu["id"], action_id="menu_sort")
        await submit(self.company, await view(self.company, AGENT, "Priority"), process="return")
        await close_all(self.company)
        return visitor, root

    async def tell_from_menu(self, root: str, answer: str) -> None:
        """Tell the date in the menu of the case, which then says ``answer``."""
        await self.click(root, "case_more")
        menu = await view(self.company, AGENT, "menu_tell_date")
        await self.company.sandbox.act(AGENT, "click", view_id=menu["id"], action_id="menu_tell_date")
        await view(self.company, AGENT, answer)
        await close_all(self.company)

    def change(self, text: str) -> None:
        """Write processes.yml anew."""
        file = self.config / "processes.yml"
        file.write_text(text)
        later = file.stat().st_mtime_ns + 1_000_000_000
        os.utime(file, ns=(later, later))


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    folder = tmp_path_factory.mktemp("company")
    config = folder / "config"
    config.mkdir()
    shutil.copy(ROOT / "config" / "sites.yml", config)
    (config / "hours.yml").write_text(ALWAYS)
    (config / "processes.yml").write_text(PROCESSES)
    with postgres.fresh_database(postgres_url) as url:
        async with company(folder, url, CX_CONFIG_DIR=str(config)) as running:
            yield Shop(running, config)


async def test_forecast_told_promised_kept(shop: Shop) -> None:
    maria, root = await shop.returned("p1")
    card = await shop.shown(root, "📅 Due <!date^")
    assert "Promised" not in card
    await shop.click(root, "case_tell_date")
    await shop.company.whispered(AGENT, "The preview is in the thread of the case")
    await shop.click((await shop.preview(root, "You have your money by"))["ts"], "reply_send")

    async def told() -> list[tuple[str, str]] | None:
        found = await maria.texts()
        return found if len(found) == 2 else None

    (_asked, (author, text)) = await until(told, 20)
    assert author == "agent"
    assert text.startswith("You have your money by ")
    assert text.endswith((" CET.", " CEST."))
    card = await shop.shown(root, "🤝 Promised <!date^", "🟢 Open")
    assert "case_tell_date" not in card
    assert "Due" not in card
    await shop.tell_from_menu(root, "The customer knows this date already.")
    form = await shop.company.open_form(root)
    assert (await shop.company.submit(form, text="Paid, enjoy!"))["closed"]
    await shop.shown(root, "✅ Closed", ": kept")


async def test_from_the_menu_and_taken_back_nothing_is_told(shop: Shop) -> None:
    _visitor, root = await shop.returned("p2")
    await shop.tell_from_menu(root, "The preview is in the thread of the case")
    preview = await shop.preview(root, "You have your money by")
    await shop.click(preview["ts"], "reply_cancel")

    async def gone() -> bool:
        return not await shop.company.previews(AGENT, root, "You have your money by")

    await until(gone)
    assert "📅 Due" in await shop.shown(root)


async def test_files_are_read_again_and_a_broken_one_keeps_the_dates(shop: Shop) -> None:
    shop.change("processes: [{key: return")
    _visitor, root = await shop.returned("p3")
    await shop.shown(root, "📅 Due <!date^")
    async with shop.company.session.get(f"{shop.company.bots[0].url}/healthz") as answer:
        said = await answer.text()
    assert "and processes.yml cannot be read" in said
    log = shop.company.bots[0].log()
    assert "config.broken" in log
    assert "processes.yml, line 1" in log
    shop.change(PROCESSES.replace("time: 1d}]", "time: 1d}]\n    legal: 30"))
    _visitor, other = await shop.returned("p4")
    await shop.shown(other, "📅 Due <!date^", "legal deadline <!date^")
    shop.change(PROCESSES)
