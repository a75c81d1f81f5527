"""An agent promises something in a reply: seen before Send, left out, found again in the case."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.journeys.test_asks import close_all, view
from tests.support import postgres
from tests.support.sandbox import until
from tests.support.stack import AGENT, CHANNEL, Company, company


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    with postgres.fresh_database(postgres_url) as url:
        async with company(tmp_path_factory.mktemp("company"), url) as running:
            yield running


async def promises(shop: Company, root: str, holding: str) -> dict[str, Any]:
    """Promises in the menu of the case, once it holds some words."""
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_more")
    menu = await view(shop, AGENT, "menu_promises")
    await shop.sandbox.act(AGENT, "click", view_id=menu["id"], action_id="menu_promises")
    return await view(shop, AGENT, holding)


async def test_seen_left_out_sent_and_done(shop: Company) -> None:
    visitor = await shop.visit("ledger", "Maria")
    root = (await shop.card((await visitor.write("Where is my parcel?"))["reference"]))["ts"]
    words = "We call you tomorrow, and write within 3 days."
    posted = await shop.sandbox.act(AGENT, "post", channel=CHANNEL, text=words, thread_ts=root)
    await shop.sandbox.act(AGENT, "react", channel=CHANNEL, ts=posted["ts"], name="outbox_tray")
    preview = await shop.preview(AGENT, root, words)
    shown = json.dumps(preview["blocks"], ensure_ascii=False)
    assert shown.count("we will remind you: <!date^") == 2
    ending = f" {words.index('within')} forget"
    values = [each["accessory"]["value"] for each in preview["blocks"] if "accessory" in each]
    (value,) = [each for each in values if each.endswith(ending)]
    at = {"channel": CHANNEL, "ts": preview["ts"]}
    await shop.sandbox.act(AGENT, "click", action_id="reply_promise", value=value, **at)

    async def left_out() -> dict[str, Any] | None:
        now = await shop.preview(AGENT, root, words)
        return now if "nobody is reminded" in json.dumps(now["blocks"]) else None

    preview = await until(left_out)
    await shop.sandbox.act(AGENT, "click", action_id="reply_send", **at)
    await until(lambda: _told(visitor))
    page = await promises(shop, root, "“We call you tomorrow, and write within 3 days.”")
    assert json.dumps(page).count("promise_done") == 1
    await shop.sandbox.act(AGENT, "click", view_id=page["id"], action_id="promise_done")
    await view(shop, AGENT, "Noted as done.")
    assert "promise_done" not in json.dumps(await view(shop, AGENT, "Nothing is open"))
    await close_all(shop)


async def _told(visitor: Any) -> bool:
    return len(await visitor.texts()) == 2
