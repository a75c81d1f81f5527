"""Orders and profiles from a CRM that answers, is late, lies or sends us elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path

import aiohttp
import orjson
import pytest
from aiohttp import web

from bot.console import read_settings
from bot.customer_data import CrmData, knowing
from bot.settings import PROJECT_DIR
from cases.brief import KnownOrder
from cases.crm import Crm, Source
from cases.customer_data import CustomerData
from cases.errors import ConfigError
from cases.reader import reader_of
from copilot import facts
from copilot.thread import CaseQuestion, answer
from storage import conversations, imports
from storage.conversations import Visitor
from storage.customer_data import StoredData
from storage.db import Database
from tests.support.office import NOW, Office, open_office
from views.brief import brief_note

ORDERS = Source(
    "customers/{external_id}/orders?by={email}",
    {"external_id": "number", "status": "state.name", "items": "lines.title", "placed": "at", "total": "sum"},
    "data",
)
PROFILE = Source("customers/{external_id}", {"name": "full.name", "tier": "tier", "vip": "vip"})
TOKEN = {"CX_CRM_TOKEN": "s3cret"}


class Shop:
    """The company's system."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Callable[[], web.Response] | None = None
        self.seconds = 0.0
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(str(request.rel_url))
        assert request.headers["Authorization"] == "Bearer s3cret"
        await asyncio.sleep(self.seconds)
        if self.answer:
            return self.answer()
        if not request.path.endswith("/orders"):
            return web.json_response({"full": {"name": "Maria N."}, "tier": "gold", "vip": True})
        lines = [{"title": "Lamp <!channel>"}, {"title": None}, {"title": 4}]
        old = {
            "number": 7,
            "state": {"name": "shipped"},
            "lines": lines,
            "at": "2026-01-02T08:00",
            "sum": 9.5,
        }
        new = {"number": "8", "state": {"name": "open"}, "lines": [], "at": "2026-02-03"}
        return web.json_response({"data": [old, {"state": {}}, "nonsense", new]})


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()
    app = web.Application()
    app.router.add_get("/{rest:.*}", shop.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    shop.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api"
    yield shop
    await runner.cleanup()


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


@pytest.fixture
async def crm(office: Office, shop: Shop) -> AsyncIterator[CrmData]:
    async with aiohttp.ClientSession() as session:
        yield CrmData(Crm(shop.url, "CX_CRM_TOKEN", ORDERS, PROFILE), office.db, session, TOKEN)


async def case_of(office: Office, external_id: str | None = "maria", *, proven: bool = True) -> int:
    case = (await office.case()).case_id
    await office.db.fetch(
        "UPDATE customers SET external_id = %s, email = 'm@x.example', email_proven = %s"
        " WHERE id = (SELECT customer_id FROM cases WHERE id = %s)",
        [external_id, proven, case],
    )
    line = orjson.dumps({"order_id": "#S1", "customer_id": "maria", "status": "stored"})
    await imports.load(office.db, office.workspace, imports.ORDERS, [line], NOW)
    return case


async def test_an_address_that_a_browser_gave_asks_for_nobody(
    office: Office, shop: Shop, crm: CrmData
) -> None:
    """The host site vouches for the user's id alone: an address beside it may be anybody's."""
    await crm.orders(await case_of(office, proven=False))
    assert [each for each in shop.asked if "m%40x" in each or "m@x" in each] == []


async def test_an_imported_address_is_theirs_and_a_visitors_is_not(office: Office) -> None:
    line = orjson.dumps({"customer_id": "maria", "name": "Maria", "email": "m@x.example"})
    await imports.load(office.db, office.workspace, imports.CUSTOMERS, [line], NOW)
    visitor = Visitor("chat", "shop:eve", "eve", "Eve", "m@x.example", verified=True)
    await conversations.identity(office.db, office.workspace, visitor, NOW)
    rows = await office.db.fetch(
        "SELECT external_id, email_proven FROM customers WHERE email = 'm@x.example'"
    )
    assert {row["external_id"]: row["email_proven"] for row in rows} == {"maria": True, "eve": False}


async def numbers(data: CustomerData, case: int) -> list[str]:
    return [order.external_id for order in (await data.orders(case)).found]


async def test_orders_and_profile_as_the_file_says(office: Office, shop: Shop, crm: CrmData) -> None:
    case = await case_of(office)
    known = await crm.orders(case)
    assert not known.stale
    assert list(known.found) == [
        KnownOrder("8", "open", [], date(2026, 2, 3)),
        KnownOrder("7", "shipped", ["Lamp <!channel>", "4"], date(2026, 1, 2), "9.5"),
    ]
    profile = await crm.profile(case)
    assert profile is not None
    assert (profile.name, profile.fields["tier"]) == ("Maria N.", "gold")
    assert "vip" not in profile.fields
    assert shop.asked == ["/api/customers/maria/orders?by=m@x.example", "/api/customers/maria"]
    await crm.orders(case, 1)
    assert len(shop.asked) == 2  # What it said is kept for a minute.


@pytest.mark.parametrize("external_id", ["../../admin?x=1#y", "a b/ć&", "{email}"])
async def test_an_id_stays_in_its_place(office: Office, shop: Shop, crm: CrmData, external_id: str) -> None:
    await crm.orders(await case_of(office, external_id))
    assert len(shop.asked) == 1
    path = shop.asked[0].partition("?")[0]
    assert path.count("/") == 4
    assert path.startswith("/api/customers/")
    assert path.endswith("/orders")


@pytest.mark.parametrize("external_id", ["..", ".", "", None])
async def test_who_cannot_be_named_is_not_asked_for(
    office: Office, shop: Shop, crm: CrmData, external_id: str | None
) -> None:
    case = await case_of(office, external_id)
    assert await numbers(crm, case) == []
    assert await crm.profile(case) is not None
    assert shop.asked == []


def elsewhere() -> web.Response:
    return web.Response(status=302, headers={"Location": "/api/other"})


@pytest.mark.parametrize(
    "broken",
    [
        lambda: web.Response(status=500),
        lambda: web.Response(status=401),
        lambda: web.Response(status=429, headers={"Retry-After": "60"}),
        lambda: web.Response(text="<html>"),
        lambda: web.json_response({"data": "none"}),
        lambda: web.json_response({"data": ["x" * 1_000_001]}),
        elsewhere,
    ],
)
async def test_stored_orders_while_it_does_not_answer(
    office: Office, shop: Shop, crm: CrmData, broken: Callable[[], web.Response]
) -> None:
    case = await case_of(office)
    shop.answer = broken
    known = await crm.orders(case)
    assert known.stale
    assert [order.external_id for order in known.found] == ["#S1"]
    await crm.orders(case)
    assert len(shop.asked) == 1


async def test_a_late_one_costs_three_seconds_once(office: Office, shop: Shop, crm: CrmData) -> None:
    case = await case_of(office)
    shop.seconds = 8.0
    clock = asyncio.get_running_loop().time
    started = clock()
    assert await numbers(crm, case) == ["#S1"]
    assert await numbers(crm, case) == ["#S1"]
    assert 2.5 < clock() - started < 5


async def test_whom_it_does_not_know_has_nothing(office: Office, shop: Shop, crm: CrmData) -> None:
    case = await case_of(office)
    shop.answer = lambda: web.Response(status=404)
    known = await crm.orders(case)
    assert (list(known.found), known.stale) == ([], False)


async def test_people_are_told_what_it_says_and_when_it_does_not(
    office: Office, shop: Shop, crm: CrmData
) -> None:
    case = await case_of(office)

    async def shown(data: CustomerData) -> str:
        question = CaseQuestion(
            office.db, office.workspace, "", case, "show the orders", reader_of("en"), NOW, customers=data
        )
        brief = brief_note(await facts.brief(office.db, case, customers=data))
        return orjson.dumps([brief.blocks, (await answer(question)).blocks]).decode()

    said = await shown(crm)
    assert said.count("9.5") == 2
    assert "<!channel>" not in said
    shop.answer = lambda: web.Response(status=503)
    async with aiohttp.ClientSession() as session:
        other = CrmData(Crm(shop.url, "CX_CRM_TOKEN", ORDERS), office.db, session, TOKEN)
        said = await shown(other)
    assert said.count("does not answer") == 2
    assert said.count("#S1") == 2


async def test_our_own_tables(office: Office) -> None:
    case = await case_of(office)
    data = StoredData(office.db)
    assert await numbers(data, case) == ["#S1"]
    profile = await data.profile(case)
    assert profile is not None
    assert profile.fields["email"] == "m@x.example"
    assert await data.profile(case + 1) is None
    assert await numbers(data, case + 1) == []


@pytest.mark.parametrize(
    ("crm", "sentence"),
    [
        (Crm("http://crm.example.com", None, ORDERS), "https://"),
        (Crm("https://crm.example.com", "CX_CRM_TOKEN", ORDERS), "CX_CRM_TOKEN is not set"),
    ],
)
async def test_what_cannot_work_is_said_at_the_start(office: Office, crm: Crm, sentence: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ConfigError, match=sentence):
            CrmData(crm, office.db, session, {})


async def test_the_token_is_read_where_settings_are(
    office: Office, shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("CX_CRM_TOKEN=s3cret\n")
    sample = (PROJECT_DIR / "config" / "crm.sample.yml").read_text()
    (tmp_path / "crm.yml").write_text(sample.replace("https://shop.example.com/api/v1", shop.url))
    monkeypatch.chdir(tmp_path)
    async with knowing(read_settings(config_dir=tmp_path, demo=False), office.db) as crm:
        assert crm is not None
        await crm.orders(await case_of(office))
    assert len(shop.asked) == 1
