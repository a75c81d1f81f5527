"""A Czech team with a Hungarian and a Polish colleague: everybody reads in their own language."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support import postgres
from tests.support.chromium import OpenPage
from tests.support.sandbox import DEFAULT_WORKSPACE, until
from tests.support.stack import AGENT, CHANNEL, Company, company, without_roles

TOM = "U0TOM"
PEOPLE = {AGENT: ("hu-HU", "Europe/Budapest"), TOM: ("pl-PL", "Europe/Warsaw")}


def workspace() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(DEFAULT_WORKSPACE))
    for user in made["users"]:
        if user["id"] in PEOPLE:
            user["locale"], user["tz"] = PEOPLE[user["id"]]
    return made


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    with postgres.fresh_database(postgres_url) as url:
        folder: Path = tmp_path_factory.mktemp("company")
        settings: dict[str, Any] = {"CX_LANGUAGE": "cs", "CX_TIME_ZONE": "Europe/Prague", "CX_DEMO": "1"}
        settings["CX_CONFIG_DIR"] = without_roles(folder)
        async with company(folder, url, workspace=workspace(), **settings) as running:
            yield running


async def test_everybody_reads_in_their_own_language(shop: Company) -> None:
    maria = await shop.visit()
    first = await maria.write("Gdzie jest moja lampa?")
    card = await shop.card(first["reference"])
    shown = json.dumps(card, ensure_ascii=False)
    assert "*Zákazník*" in shown
    assert "🟢 Otevřený: čeká na nás" in shown or "🆕 Nový" in shown
    await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text="/cx status")
    await shop.whispered(AGENT, "1 nyitott · 1 felelős nélkül")
    await shop.sandbox.act(TOM, "command", channel=CHANNEL, text="/cx status nonsense")
    await shop.whispered(TOM, "„nonsense” nie jest filtrem")
    posted = await shop.sandbox.act(
        AGENT, "post", channel=CHANNEL, text="Már úton van.", thread_ts=card["ts"]
    )
    await shop.sandbox.act(AGENT, "react", channel=CHANNEL, ts=posted["ts"], name="outbox_tray")
    preview = await shop.preview(AGENT, card["ts"], "Már úton van.")
    assert "Elküldi ezt neki: Maria Kowalska?" in json.dumps(preview, ensure_ascii=False)
    view = await shop.open_form(card["ts"], TOM)
    form = next(each for each in (await shop.sandbox.person(TOM))["views"] if each["id"] == view)
    assert form["title"]["text"] == f"Zamknij {first['reference']}"
    answer = await shop.submit(view, TOM, text="")
    assert answer["ack"]["errors"] == {"text": "Prosimy napisać, co ma przeczytać klient."}
    await shop.sandbox.act(TOM, "click", channel=CHANNEL, ts=card["ts"], action_id="case_take")

    async def told() -> bool:
        return any("Tento případ teď řeší" in line for line in await shop.thread(card["ts"]))

    await until(told, 10)


@pytest.mark.browser
async def test_a_hungarian_customer_and_a_hungarian_colleague(
    shop: Company,
    open_page: OpenPage,
) -> None:
    chat = await open_page(f"{shop.bots[0].url}/demo/", locale="hu-HU", zone="Europe/Budapest")
    desk = await open_page(f"{shop.sandbox.page_url}?as={AGENT}#/{CHANNEL}", zone="Europe/Budapest")
    await chat.get_by_role("button", name="Csevegés megnyitása").click()
    await expect(chat.get_by_text("Jó napot! Írjon nekünk")).to_be_visible()
    await chat.get_by_label("Az Ön üzenete").fill("Hol van a csomagom?")
    await chat.get_by_role("button", name="Küldés", exact=True).click()
    log = chat.get_by_role("log", name="Beszélgetés")
    await expect(log.get_by_text("Elküldve", exact=True)).to_be_visible()
    await expect(log.get_by_text("Ma", exact=True)).to_be_visible()
    card = desk.get_by_role("article").filter(has=desk.get_by_role("heading", name="Hol van a csomagom?"))
    await expect(card.get_by_text("nepřihlášen(a) · maďarština")).to_be_visible()
    await card.get_by_role("button", name=re.compile("repl")).click()
    await desk.get_by_role("textbox", name="Reply").fill("Holnap megérkezik.")
    await desk.keyboard.press("Enter")
    mine = desk.get_by_role("log", name="Thread").get_by_role("article").filter(has_text="Holnap")
    await mine.first.hover()
    actions = desk.get_by_role("toolbar", name="Message actions")
    await actions.get_by_role("button", name="Add reaction").click()
    await desk.get_by_role("searchbox", name="Search emoji").fill("outbox")
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_text(re.compile("^Elküldi ezt neki: Návštěvník"))).to_be_visible()
    await desk.get_by_role("button", name="Küldés", exact=True).click()
    await expect(log.get_by_text("Holnap megérkezik.")).to_be_visible()
    await expect(desk.get_by_text("Elküldve az ügyfélnek.")).to_be_visible()
