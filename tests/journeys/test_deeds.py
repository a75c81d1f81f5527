"""The copilot is asked to do something: it proposes, a person confirms, and what was shown is done."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.db import Database
from tests.journeys.test_words import IN_THREAD, asks, says
from tests.support import postgres
from tests.support.model import ModelServer, model_server
from tests.support.sandbox import ROOT, until
from tests.support.stack import AGENT, CHANNEL, BotProcess, Company, buttons, company

TOM, ADA, LOGISTICS = "U0TOM", "U0ADA", "C0LOGISTICS"
DEPARTMENTS = """departments:
  - {key: logistics, name: Logistics, channel: logistics, examples: [Where is my parcel, Has it left]}
"""


@dataclass
class Shop:
    """A company, in which Maya and Ada are agents, its model, and its database."""

    company: Company
    model: ModelServer
    db: Database
    visits: int = 0

    async def opened(self) -> str:
        """A new customer's case: where its card stands."""
        self.visits += 1
        visitor = await self.company.visit(f"deed{self.visits}", "Suri")
        root = await self.company.card((await visitor.write("Where is my parcel?"))["reference"])
        return str(root["ts"])

    async def proposed(self, root: str, name: str, **arguments: str) -> dict[str, Any]:
        """The card of what the model proposes by a tool, with an answer above it."""
        await self.model.rules(
            {
                "when": IN_THREAD | {"times": 1},
                "answer": {"tool_calls": [{"name": name, "arguments": arguments}]},
            },
            says("I propose this."),
        )
        await asks(self.company, root, "please do it")
        return await self.card(root, "Nothing happens before somebody confirms it")

    async def card(self, root: str, words: str) -> dict[str, Any]:
        """The newest post in a thread that says something."""

        async def there() -> dict[str, Any] | None:
            found = await self.company.sandbox.messages(CHANNEL, root)
            says = [each for each in found if words in json.dumps(each["blocks"], ensure_ascii=False)]
            return says[-1] if says else None

        found: dict[str, Any] = await until(there, 40)
        return found

    async def click(self, card: dict[str, Any], action: str, who: str = AGENT) -> None:
        sandbox = self.company.sandbox
        await sandbox.act(who, "click", channel=CHANNEL, ts=card["ts"], action_id=action)


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    folder = tmp_path_factory.mktemp("company")
    config = folder / "config"
    config.mkdir()
    shutil.copy(ROOT / "config" / "sites.yml", config)
    (config / "departments.yml").write_text(DEPARTMENTS)
    (config / "roles.yml").write_text(f"agents: {{members: [{AGENT}, {ADA}]}}\n")
    with postgres.fresh_database(postgres_url) as url:
        async with model_server(folder / "model") as model:
            known = {"CX_CONFIG_DIR": str(config), "OPENAI_BASE_URL": model.url, "OPENAI_MODEL": "m"}
            async with company(folder, url, limits=False, workspace=None, replicas=1, **known) as running:
                worker = BotProcess(folder / "worker", running.sandbox, url, **known)
                worker.launch("worker")
                db = Database(url)
                await db.open()
                try:
                    yield Shop(running, model, db)
                finally:
                    worker.stop()
                    await db.close()


async def test_a_department_is_asked_what_was_shown(shop: Shop) -> None:
    root = await shop.opened()
    card = await shop.proposed(
        root, "propose_ask", department="logistics", question="Where is <!channel> parcel W1 [m1]?"
    )
    shown = json.dumps(card["blocks"], ensure_ascii=False)
    assert "Ask Logistics this?" in shown
    assert "Where is <!channel> parcel W1?" in shown  # in plain text elements, where nothing pings
    assert await shop.company.sandbox.messages(LOGISTICS) == []
    await shop.click(card, "deed_confirm")

    async def posted() -> list[dict[str, Any]]:
        return await shop.company.sandbox.messages(LOGISTICS)

    (question,) = await until(posted, 20)
    assert "Where is <!channel> parcel W1?" in json.dumps(question["blocks"], ensure_ascii=False)
    folded = await shop.card(root, f"ask Logistics. <@{AGENT}> confirmed it.")
    assert buttons(folded) == []
    rows = await shop.db.fetch("SELECT state, decided_by FROM deeds")
    assert [(row["state"], row["decided_by"]) for row in rows] == [("confirmed", AGENT)]
    (row,) = await shop.db.fetch("SELECT action, actor FROM audit WHERE action LIKE 'deed.%%'", [])
    assert (row["action"], row["actor"]) == ("deed.confirmed", AGENT)

    reply = {"reply": "Dear Suri, it is in Brno [a:1]."}
    drafted = {"tool_calls": [{"name": "Draft", "arguments": reply}]}
    await shop.model.rules({"when": {"contains": "[a:1] DEPARTMENT"}, "answer": drafted})
    where = {"channel": LOGISTICS, "thread_ts": question["ts"]}
    told = await shop.company.sandbox.act(TOM, "post", text="It is in Brno", **where)
    mark = {"channel": LOGISTICS, "ts": told["ts"], "name": "white_check_mark"}
    await shop.company.sandbox.act(TOM, "react", **mark)
    draft = json.dumps(await shop.card(root, "Dear Suri, it is in Brno."), ensure_ascii=False)
    assert "[a:1]" not in draft
    assert "|Logistics>." in draft, "the source leads to the answer"
    assert f"for <@{AGENT}>" in draft


async def test_two_clicks_at_once_do_it_once(shop: Shop) -> None:
    root = await shop.opened()
    card = await shop.proposed(root, "propose_status", status="waiting_customer")
    assert "Waiting on the customer" in json.dumps(card["blocks"])
    await shop.click(card, "deed_confirm")
    # Their windows still show the buttons: whoever is handled second is told so.
    await shop.click(card, "deed_confirm", ADA)
    await shop.card(root, "> confirmed it.")

    async def told() -> bool:
        seen = [(await shop.company.sandbox.person(who))["ephemerals"] for who in (AGENT, ADA)]
        return "Somebody has decided on this already." in json.dumps(seen)

    await until(told)
    (row,) = await shop.db.fetch("SELECT status FROM cases WHERE thread_ts = %(root)s", {"root": root})
    assert row["status"] == "waiting_customer"
    audited = await shop.db.fetch(
        "SELECT id FROM audit WHERE action = 'deed.confirmed' AND detail->>'kind' = 'status'"
    )
    assert len(audited) == 1


async def test_a_reminder_is_for_who_asked(shop: Shop) -> None:
    root = await shop.opened()
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="minutes")
    card = await shop.proposed(root, "propose_reminder", at=at, words="Call <Suri>")
    await shop.click(card, "deed_confirm", ADA)
    await shop.company.whispered(ADA, "Only the person who would be reminded can confirm this.")
    await shop.click(card, "deed_confirm")
    await shop.card(root, f"remind <@{AGENT}>. <@{AGENT}> confirmed it.")
    (row,) = await shop.db.fetch("SELECT member, text, created_by FROM reminders")
    assert (row["member"], row["text"], row["created_by"]) == (AGENT, "Call <Suri>", AGENT)


async def test_who_may_not_is_told_so_and_discarded_is_discarded(shop: Shop) -> None:
    root = await shop.opened()
    card = await shop.proposed(root, "propose_ask", department="logistics", question="Not this one")
    await shop.click(card, "deed_confirm", TOM)
    await shop.company.whispered(TOM, "Only agents and supervisors can ask departments.")
    await shop.click(card, "deed_discard")
    await shop.card(root, f"<@{AGENT}> discarded it.")
    await shop.company.sandbox.try_act(
        AGENT, "click", channel=CHANNEL, ts=card["ts"], action_id="deed_confirm"
    )
    assert "Not this one" not in json.dumps(await shop.company.sandbox.messages(LOGISTICS))
    assert await shop.db.fetch("SELECT id FROM asks WHERE question = 'Not this one'") == []


async def test_what_names_another_customer_is_not_asked_and_stays_a_proposal(shop: Shop) -> None:
    await shop.db.fetch(
        """INSERT INTO customers (workspace_id, external_id, name, email, created_at)
           VALUES (1, 'eve', 'Eve', 'eve@example.org', now())"""
    )
    root = await shop.opened()
    card = await shop.proposed(
        root, "propose_ask", department="logistics", question="Is it at eve@example.org?"
    )
    await shop.click(card, "deed_confirm")
    await shop.company.whispered(AGENT, "This names what belongs to another customer")
    (row,) = await shop.db.fetch("SELECT state FROM deeds ORDER BY id DESC LIMIT 1")
    assert row["state"] == "proposed"


async def test_a_reply_becomes_a_draft_that_only_a_person_sends(shop: Shop) -> None:
    root = await shop.opened()
    (row,) = await shop.db.fetch("SELECT max(id) AS id FROM messages WHERE direction = 'in'")
    await shop.model.rules(
        {
            "when": IN_THREAD | {"times": 1},
            "answer": {
                "tool_calls": [
                    {
                        "name": "propose_draft",
                        "arguments": {"reply": f"It left [m{row['id']}]. https://evil.com"},
                    }
                ]
            },
        },
        says("Here is a reply."),
    )
    await asks(shop.company, root, "write to her")
    card = await shop.card(root, "A draft of the copilot for")
    shown = json.dumps(card["blocks"], ensure_ascii=False)
    assert "It left. evil[.]com" in shown
    assert "draft_send" in buttons(card)
    assert await shop.db.fetch("SELECT id FROM messages WHERE direction = 'out'") == []
