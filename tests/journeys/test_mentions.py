"""What is asked by mentioning the app in a case's thread, over the wire, as people do it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from cases.articles import Article
from storage import articles, imports
from storage.db import Database
from tests.support import postgres
from tests.support.office import WORKSPACE
from tests.support.sandbox import until
from tests.support.stack import AGENT, CHANNEL, GUEST, Company, company

US = "<@U0COPILOT>"
ORDER = (
    b'{"order_id": "#H1001", "customer_id": "m1", "status": "shipped", '
    b'"items": [{"name": "Lamp"}], "ordered_at": "2026-05-03"}'
)


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    with postgres.fresh_database(postgres_url) as url:
        async with company(tmp_path_factory.mktemp("company"), url, replicas=2) as running:
            db = Database(url)
            await db.open()
            now = datetime.now(UTC)
            await imports.load(db, WORKSPACE, imports.ORDERS, [ORDER], now)
            given = [Article("1", "Return labels", "The label is in the pocket on the lid.")]
            await articles.replace(db, WORKSPACE, "handbook", given, now)
            await db.close()
            yield running


async def asks(shop: Company, root: str, text: str, who: str = AGENT) -> None:
    await shop.sandbox.act(who, "post", channel=CHANNEL, text=f"{US} {text}", thread_ts=root)


async def answers(shop: Company, root: str) -> list[str]:
    shown = [json.dumps(each, ensure_ascii=False) for each in await shop.sandbox.messages(CHANNEL, root)]
    return [each for each in shown if "Internal answer" in each]


async def answered(shop: Company, root: str, count: int) -> str:
    """The newest answer, once there are ``count`` of them."""

    async def there() -> bool:
        return len(await answers(shop, root)) >= count

    await until(there, 15)
    found = await answers(shop, root)
    assert len(found) == count
    return found[-1]


async def test_questions_in_a_thread_are_answered_there_and_the_customer_sees_nothing(shop: Company) -> None:
    visitor = await shop.visit("m1", "Mia")
    root = (await shop.card((await visitor.write("Where is my lamp?"))["reference"]))["ts"]
    await asks(shop, root, "what did she order in May 2026?")
    orders = await answered(shop, root, 1)
    assert "Lamp" in orders
    assert "H1001" in orders
    await asks(shop, root, "how do return labels work?")
    found = await answered(shop, root, 2)
    assert "pocket on the lid" in found
    assert "kb_read" in found
    await asks(shop, root, "who owns it?")
    assert "Nobody yet" in await answered(shop, root, 3)
    await asks(shop, root, "make it friendlier and in Polish")
    assert "that takes a model" in await answered(shop, root, 4)
    assert await visitor.texts() == [("customer", "Where is my lamp?")]
    assert len([line for line in await shop.thread(root) if line.startswith(f"{AGENT}: {US}")]) == 4
    await shop.reply(root, "On its way.")
    await visitor.sees(("customer", "Where is my lamp?"), ("agent", "On its way."))


async def test_the_button_of_an_article_opens_it(shop: Company) -> None:
    visitor = await shop.visit("m2", "Nia")
    root = (await shop.card((await visitor.write("A label, please"))["reference"]))["ts"]
    await asks(shop, root, "knowledge")
    found = json.loads(await answered(shop, root, 1))
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=found["ts"], action_id="kb_read")

    async def opened() -> bool:
        return "This helped" in json.dumps((await shop.sandbox.person(AGENT))["views"])

    await until(opened, 10)
    for view in reversed((await shop.sandbox.person(AGENT))["views"]):
        await shop.sandbox.try_act(AGENT, "close_view", view_id=view["id"])


async def test_a_mention_that_is_told_twice_is_answered_once(shop: Company) -> None:
    visitor = await shop.visit("m3", "Ola")
    root = (await shop.card((await visitor.write("Hello"))["reference"]))["ts"]
    await shop.sandbox.faults({"kind": "duplicate_delivery", "probability": 1.0})
    await asks(shop, root, "summary")
    first = await answered(shop, root, 1)
    assert "Hello" in first
    await shop.sandbox.faults()
    await asks(shop, root, "help")
    assert "You can ask me:" in await answered(shop, root, 2)
    assert len(await shop.sandbox.messages(CHANNEL, root)) == 6  # card, customer, two questions and answers


async def test_a_guest_is_refused_and_outside_a_case_one_is_told_what_can_be_asked(shop: Company) -> None:
    visitor = await shop.visit("m4", "Pia")
    root = (await shop.card((await visitor.write("Anybody?"))["reference"]))["ts"]
    await asks(shop, root, "summary", GUEST)
    await shop.whispered(GUEST, "Only full members of this workspace can work on cases.")
    await shop.sandbox.act(AGENT, "post", channel=CHANNEL, text=f"{US} hello")
    await shop.whispered(AGENT, "Mention me in the thread of a case")
    assert await answers(shop, root) == []
