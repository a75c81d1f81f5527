"""Cases are closed as people see it: with the proposed text, by a reply, or by their process."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cases.actor import Actor
from storage import triage
from storage.db import Database
from tests.support import postgres
from tests.support.sandbox import ROOT, until
from tests.support.stack import AGENT, CHANNEL, Company, Visitor, company

LOGISTICS, TOM = "C0LOGISTICS", "U0TOM"
DEPARTMENTS = """departments:
  - {key: logistics, name: Logistics, channel: logistics, examples: [Where is my parcel, Has it left]}
"""
PROCESSES = """processes:
  - key: return
    name: Return
    examples: [I want to send it back, How do I return it]
    steps: [{name: Check, department: logistics, time: 1d}]
    closes: automatic
    closing_text: {en: "Your return is settled."}
  - key: gift
    name: Gift
    examples: [A gift for my aunt, Can you wrap it]
    closing_text: {en: "All wrapped, {customer}! {agent}"}
"""


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    config = folder / "config"
    config.mkdir()
    shutil.copy(ROOT / "config" / "sites.yml", config)
    (config / "departments.yml").write_text(DEPARTMENTS)
    (config / "processes.yml").write_text(PROCESSES)
    with postgres.fresh_database(postgres_url) as url:
        settings: dict[str, Any] = {"CX_CONFIG_DIR": str(config), "CX_UNDO_CHAT_SECONDS": "0.2"}
        async with company(folder, url, replicas=2, **settings) as running:
            yield running


async def opened(shop: Company, user: str, about: str) -> tuple[Visitor, str, str]:
    """A new case about something: its customer, its reference, and where its card stands."""
    visitor = await shop.visit(user, "Maria Kowalska")
    reference = (await visitor.write("Hello!"))["reference"]
    root = (await shop.card(reference))["ts"]
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_take")
    db = Database(shop.bots[0].database_url)
    await db.open()
    row = await db.one("SELECT id FROM cases ORDER BY id DESC LIMIT 1")
    assert row is not None
    await triage.choose_process(db, row["id"], about, about.title(), Actor(AGENT, "Maya"), datetime.now(UTC))
    await db.close()
    return visitor, reference, root


async def view(shop: Company, holding: str, who: str = AGENT) -> dict[str, Any]:
    """Somebody's topmost modal, once it holds some words."""

    async def there() -> dict[str, Any] | None:
        views: list[dict[str, Any]] = (await shop.sandbox.person(who))["views"]
        return views[-1] if views and holding in json.dumps(views[-1], ensure_ascii=False) else None

    found: dict[str, Any] = await until(there, 20)
    return found


def field(form: dict[str, Any], block: str) -> dict[str, Any]:
    """The element of a form's field."""
    found: dict[str, Any] = next(one for one in form["blocks"] if one.get("block_id") == block)["element"]
    return found


async def thread_has(shop: Company, root: str, words: str) -> None:
    async def there() -> bool:
        return words in json.dumps(await shop.sandbox.messages(CHANNEL, root), ensure_ascii=False)

    await until(there, 40)


async def test_the_form_proposes_the_text_of_the_process(shop: Company) -> None:
    visitor, _, root = await opened(shop, "c1", "gift")
    await shop.open_form(root)
    form = await view(shop, "All wrapped")
    proposed = field(form, "text")["initial_value"]
    assert proposed == "All wrapped, Maria Kowalska! Maya Lindqvist"
    await shop.submit(form["id"], text=proposed)
    await visitor.sees(("customer", "Hello!"), ("agent", proposed))


async def test_the_reply_that_told_them_closes_the_case(shop: Company) -> None:
    visitor, reference, root = await opened(shop, "c2", "gift")
    await shop.reply(root, "It was wrapped and sent.")
    await visitor.sees(("customer", "Hello!"), ("agent", "It was wrapped and sent."))
    await shop.open_form(root)
    form = await view(shop, "It was wrapped")
    (offered,) = field(form, "told")["options"]
    answer = await shop.submit(form["id"], how="told")
    assert "Please choose the reply that told them." in json.dumps(answer)
    await shop.submit(form["id"], how="told", told=offered["value"])
    await thread_has(shop, root, "the customer was told")
    assert (await visitor.transcript())["status"] == "closed"
    assert await visitor.texts() == [("customer", "Hello!"), ("agent", "It was wrapped and sent.")]
    assert reference


async def test_a_department_s_answer_closes_the_case_by_itself(shop: Company) -> None:
    visitor, reference, root = await opened(shop, "c3", "return")
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_ask")
    form = await view(shop, "By when")
    values = {"department": {"department": "logistics"}, "question": {"question": "Is it back?"}}
    await shop.sandbox.act(AGENT, "submit", view_id=form["id"], values=values)
    await shop.sandbox.act(AGENT, "submit", view_id=(await view(shop, "Post this to"))["id"], values={})

    async def asked() -> dict[str, Any] | None:
        found = await shop.sandbox.messages(LOGISTICS)
        return next((one for one in found if one["text"].startswith(f"Question about {reference}")), None)

    question: dict[str, Any] = await until(asked, 20)
    await shop.sandbox.act(TOM, "click", channel=LOGISTICS, ts=question["ts"], action_id="ask_answer")
    form = await view(shop, "Is it back?", TOM)
    words = {"words": {"words": "Yes, all of it."}}
    await shop.sandbox.act(TOM, "submit", view_id=form["id"], values=words)
    await shop.whispered(AGENT, "closes by itself")
    await visitor.sees(("customer", "Hello!"), ("agent", "Your return is settled."))
    await thread_has(shop, root, "Closed by its process")
    assert (await visitor.transcript())["status"] == "closed"
