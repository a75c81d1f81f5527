"""A new case is looked at as it arrives; what an agent says better is suggested to the next one like it."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.db import Database
from tests.journeys.test_asks import DEPARTMENTS, ask, close_all, submit, view
from tests.support import postgres
from tests.support.model import model_server
from tests.support.sandbox import ROOT, until
from tests.support.stack import AGENT, CHANNEL, BotProcess, Company, company

PROCESSES = """processes:
  - {key: return, name: Sending back, examples: [I want to send it back, It does not fit]}
  - {key: delivery, name: Being late, examples: [It has not come, It is late]}
"""
STORY = "The quokka lantern flickers whenever it rains outside"


def configured(folder: Path) -> Path:
    config = folder / "config"
    config.mkdir()
    shutil.copy(ROOT / "config" / "sites.yml", config)
    (config / "departments.yml").write_text(DEPARTMENTS)
    (config / "processes.yml").write_text(PROCESSES)
    (config / "roles.yml").write_text(f"agents: {{members: [{AGENT}]}}\n")
    return config


@pytest.fixture
async def shop(postgres_url: str, tmp_path: Path) -> AsyncIterator[Company]:
    """With a worker that has no model."""
    config = str(configured(tmp_path))
    with postgres.fresh_database(postgres_url) as url:
        async with company(tmp_path, url, CX_CONFIG_DIR=config) as running:
            worker = BotProcess(tmp_path / "worker", running.sandbox, url, CX_CONFIG_DIR=config)
            worker.launch("worker")
            try:
                yield running
            finally:
                worker.stop()


async def written(shop: Company, user: str, text: str) -> tuple[str, str]:
    """A new case: its reference, and where its card stands."""
    reference = (await (await shop.visit(user, user)).write(text))["reference"]
    return reference, (await shop.card(reference))["ts"]


async def card_shows(shop: Company, reference: str, words: str, *, there: bool = True) -> str:
    """The card, once it holds some words, or does not."""

    async def shows() -> str | None:
        card = json.dumps(await shop.card(reference), ensure_ascii=False)
        return card if (words in card) == there else None

    found: str = await until(shows, 40)
    return found


async def form(shop: Company, root: str, action: str, holding: str) -> dict[str, Any]:
    """A form from the card, or from its menu."""
    if action.startswith("menu_"):
        await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_more")
        menu = await view(shop, AGENT, "Case actions")
        await shop.sandbox.act(AGENT, "click", view_id=menu["id"], action_id=action)
    else:
        await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id=action)
    return await view(shop, AGENT, holding)


async def test_what_an_agent_asks_is_learnt(shop: Company) -> None:
    _reference, root = await written(shop, "t1", STORY)
    await ask(shop, root, "Is this known?", "returns")
    other, _root = await written(shop, "t5", "Could somebody explain the warranty of garden furniture?")
    card = await card_shows(shop, other, "Copilot asks: whom does this need?")
    assert "without a model" in card
    alike, root = await written(shop, "t2", f"{STORY}!")
    await card_shows(shop, alike, "Copilot suggests: Returns (")
    shown = json.dumps(await form(shop, root, "case_ask", "By when"))
    chosen = json.loads(shown)["blocks"][0]["element"]["initial_option"]["value"]
    assert chosen == "returns"


async def test_said_in_the_form(shop: Company) -> None:
    _reference, root = await written(shop, "t3", STORY)
    shown = await form(shop, root, "menu_sort", "Whom it needs")
    assert "Something else" in json.dumps(shown)
    await submit(shop, shown, process="return", department="silent", priority="normal")
    await close_all(shop)
    log = json.dumps(await form(shop, root, "menu_log", "said whom the case needs"), ensure_ascii=False)
    assert "Silent" in log
    assert "said what the case is about · Sending back" in log
    await close_all(shop)
    shown = await form(shop, root, "menu_sort", "Whom it needs")
    fields = {block["block_id"]: block["element"] for block in shown["blocks"]}
    assert fields["process"]["initial_option"]["value"] == "return"
    assert fields["department"]["initial_option"]["value"] == "silent"
    await close_all(shop)
    alike, root = await written(shop, "t6", f"{STORY}!")
    await card_shows(shop, alike, "Copilot suggests: Silent (")
    await submit(
        shop, await form(shop, root, "menu_sort", "Whom it needs"), department="-", priority="normal"
    )
    await card_shows(shop, alike, "Copilot suggests", there=False)
    await close_all(shop)
    assert "Nobody else" in json.dumps(await form(shop, root, "menu_log", "said whom the case needs"))


async def test_a_model_suggests_and_drafts_by_itself_where_the_team_wants_that(
    postgres_url: str, tmp_path: Path
) -> None:
    config = str(configured(tmp_path))
    with postgres.fresh_database(postgres_url) as url:
        async with (
            model_server(tmp_path / "model") as model,
            company(tmp_path, url, CX_CONFIG_DIR=config) as shop,
        ):
            filled = {"department": "logistics", "confidence": 0.93, "process": "delivery"}
            await model.rules(
                {
                    "when": {"last_contains": "call `Triage`"},
                    "answer": {"tool_calls": [{"name": "Triage", "arguments": filled}]},
                },
                {
                    "answer": {
                        "tool_calls": [{"name": "Draft", "arguments": {"reply": "It left on Monday [m1]."}}]
                    }
                },
            )
            settings = {"OPENAI_BASE_URL": model.url, "OPENAI_MODEL": "m", "CX_DRAFT_ON_ARRIVAL": "true"}
            worker = BotProcess(tmp_path / "worker", shop.sandbox, url, CX_CONFIG_DIR=config, **settings)
            worker.launch("worker")
            try:
                reference, root = await written(shop, "t4", "Lorem ipsum dolor 77")
                card = await card_shows(shop, reference, "Copilot suggests: Logistics (93%)")
                assert "without a model" not in card

                async def drafted() -> bool:
                    messages = await shop.sandbox.messages(CHANNEL, root)
                    return "as the case came in" in json.dumps(messages, ensure_ascii=False)

                await until(drafted, 40)
            finally:
                worker.stop()
        db = Database(url)
        await db.open()
        rows = await db.fetch("SELECT requested_by FROM copilot_drafts")
        assert [row["requested_by"] for row in rows] == [""]
        await db.close()
