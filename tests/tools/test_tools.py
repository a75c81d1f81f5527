"""What a model may call: it reads what is of its own case, and does nothing."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import Any

import orjson
import pytest

from cases.routing import Desk
from storage import imports
from storage.db import Database
from tests.support.office import NOW, Office, open_office
from tools.scope import Scope
from tools.table import TABLE

DESK = Desk("logistics", "Logistics", "Parcels", ("Where is it?",))


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def scope_of(office: Office, case: int) -> Scope:
    row = await office.row("SELECT customer_id FROM cases WHERE id = %(id)s", id=case)
    return Scope(office.db, office.workspace, case, row["customer_id"], NOW, (DESK,))


async def run(scope: Scope, name: str, **given: Any) -> str:
    """What the model reads of a tool's result."""
    tool = next(tool for tool in TABLE if tool.name == name)
    return orjson.dumps(await tool.run(scope, **given), default=str).decode()


def test_no_tool_takes_an_id() -> None:
    for tool in TABLE:
        names = list(inspect.signature(tool.run).parameters)
        assert names[0] == "scope"
        assert not [name for name in names[1:] if name.endswith("_id") or name in {"case", "customer"}]
        assert tool.contract.endswith(".")


async def test_the_orders_of_this_customer_alone(office: Office) -> None:
    case = (await office.case()).case_id
    await office.db.fetch(
        "UPDATE customers SET external_id = 'maria' WHERE id = (SELECT customer_id FROM cases WHERE id = %s)",
        [case],
    )
    lines = [
        orjson.dumps({"order_id": number, "customer_id": customer, "status": "sent", "items": []})
        for number, customer in (("#H1", "maria"), ("#H2", "other"))
    ]
    await imports.load(office.db, office.workspace, imports.ORDERS, lines, NOW)
    scope = await scope_of(office, case)
    assert "H1" in await run(scope, "orders")
    assert "H2" not in await run(scope, "orders")
    assert await run(scope, "orders", number="H2") == "[]"
    assert await run(scope, "orders", number="' OR 1=1 --") == "[]"
    assert scope.shown == {"o:H1": "#H1 (sent)"}
    assert "maria" in await run(scope, "profile")


async def test_earlier_cases_of_this_customer_with_words_and_of_others_without(office: Office) -> None:
    conversation = await office.conversation()
    first = (await office.says(conversation, "The canary lamp broke")).case_id
    await office.db.fetch("UPDATE cases SET status = 'closed', closed_at = %s WHERE id = %s", [NOW, first])
    later = NOW + timedelta(days=30)
    second = (await office.says(conversation, "The lamp again", now=later)).case_id
    assert second != first
    mine = await scope_of(office, second)
    assert "canary" in await run(mine, "history_of_customer")
    assert "canary" in await run(mine, "history_of_customer", words="lamp")
    assert await run(mine, "history_of_customer", words="carpet") == "[]"
    stranger = await scope_of(office, (await office.case("My lamp broke, too")).case_id)
    assert await run(stranger, "history_of_customer") == "[]"
    from storage import search

    await search.index(office.db)
    similar = await run(stranger, "similar_cases")
    assert "CX-1001" in similar
    assert "canary" not in similar
