"""Files of customers and orders, into a real database."""

from __future__ import annotations

import codecs
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.db import Database
from storage.imports import BATCH, CUSTOMERS, MAX_PROBLEMS, ORDERS, BrokenFile, Imported, Problem, load
from tests.support.office import Office

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ADA = {"customer_id": "ada_1", "name": "Ada Nowak", "email": "ada@example.com", "language": "pl"}
ORDER = {"order_id": "#H1", "customer_id": "ada_1", "status": "shipped", "items": [{"name": "Teapot"}]}


def lines(*rows: dict[str, Any]) -> list[bytes]:
    return [json.dumps(row).encode() + b"\n" for row in rows]


async def imported_customers(database: Database) -> list[tuple[Any, ...]]:
    rows = await database.fetch(
        "SELECT external_id, name, email, language, profile FROM customers ORDER BY id"
    )
    return [tuple(row.values()) for row in rows]


async def count(database: Database, table: str) -> int:
    row = await database.one(f"SELECT count(*) AS rows FROM {table}")
    assert row is not None
    return int(row["rows"])


async def test_customers_keep_everything_their_line_has(database: Database, office: Office) -> None:
    row = ADA | {"address": {"city": "Łódź"}, "tier": None}
    done = await load(database, office.workspace, CUSTOMERS, lines(row), NOW)
    assert done == Imported(added=1, changed=0)
    profile = {"address": {"city": "Łódź"}, "tier": None}
    assert await imported_customers(database) == [("ada_1", "Ada Nowak", "ada@example.com", "pl", profile)]


async def test_a_known_id_is_brought_up_to_date(database: Database, office: Office) -> None:
    await load(database, office.workspace, CUSTOMERS, lines(ADA), NOW)
    newer = {"customer_id": "ada_1", "name": "Ada Nowak-Lis"}
    new = {"customer_id": "ben_2", "name": "Ben"}
    done = await load(database, office.workspace, CUSTOMERS, lines(newer, new), NOW + timedelta(days=1))
    assert done == Imported(added=1, changed=1)
    assert await imported_customers(database) == [
        ("ada_1", "Ada Nowak-Lis", None, None, {}),
        ("ben_2", "Ben", None, None, {}),
    ]


async def test_orders_keep_items_and_status(database: Database, office: Office) -> None:
    await load(database, office.workspace, ORDERS, lines(ORDER), NOW)
    await load(database, office.workspace, ORDERS, lines(ORDER | {"status": "delivered"}), NOW)
    row = await database.one("SELECT external_id, customer_external_id, status, data FROM orders")
    assert row == {
        "external_id": "#H1",
        "customer_external_id": "ada_1",
        "status": "delivered",
        "data": {"items": [{"name": "Teapot"}]},
    }


async def test_every_broken_line_is_named_and_nothing_is_half_done(
    database: Database, office: Office
) -> None:
    good = [json.dumps({"customer_id": f"c{n}", "name": "C"}).encode() for n in range(BATCH + 1)]
    broken = [
        b"{not json",
        b'["a list"]',
        b'{"customer_id": "x"}',
        b'{"customer_id": 7, "name": "Seven"}',
        b'{"customer_id": "y", "name": "  "}',
        b'{"customer_id": "z", "name": "Z", "email": 1}',
        b'{"customer_id": "n", "name": "N\\u0000"}',
        b'{"customer_id": "u", "name": "\xff"}',
        b'{"customer_id": "c0", "name": "again"}',
    ]
    with pytest.raises(BrokenFile, match="9 broken lines; nothing was imported") as caught:
        await load(database, office.workspace, CUSTOMERS, [*good, *broken], NOW)
    first = BATCH + 2
    assert [problem.line for problem in caught.value.problems] == list(range(first, first + 9))
    reasons = [problem.reason for problem in caught.value.problems]
    assert reasons[0].startswith("no valid JSON")
    assert reasons[1:7] == [
        "not a JSON object",
        "`name` is missing",
        "`customer_id` must be a text",
        "`name` must be a text",
        "`email` must be a text",
        "a text has a NUL character, which the database cannot keep",
    ]
    assert reasons[7].startswith("no valid JSON")
    assert reasons[8] == "customer_id c0 stands on line 1 already"
    assert await count(database, "customers") == 0


async def test_only_the_first_broken_lines_are_listed(database: Database, office: Office) -> None:
    with pytest.raises(BrokenFile) as caught:
        await load(database, office.workspace, ORDERS, [b"?"] * (MAX_PROBLEMS + 5), NOW)
    assert caught.value.total == MAX_PROBLEMS + 5
    assert len(caught.value.problems) == MAX_PROBLEMS


async def test_empty_lines_and_a_byte_order_mark_do_no_harm(database: Database, office: Office) -> None:
    rows = [codecs.BOM_UTF8 + lines(ADA)[0], b"\n", b"  \r\n", b'{"customer_id": "b", "name": "B"}\r\n']
    assert await load(database, office.workspace, CUSTOMERS, rows, NOW) == Imported(2, 0)
    with pytest.raises(BrokenFile) as caught:
        await load(database, office.workspace, CUSTOMERS, [*rows, b"oops"], NOW)
    assert [problem.line for problem in caught.value.problems] == [5]


async def test_a_line_of_more_than_a_megabyte_is_refused(database: Database, office: Office) -> None:
    row = ADA | {"notes": "x" * 1_000_000}
    with pytest.raises(BrokenFile) as caught:
        await load(database, office.workspace, CUSTOMERS, lines(row), NOW)
    assert caught.value.problems == [Problem(1, "longer than 1,000,000 bytes")]


async def test_progress_hears_every_batch(database: Database, office: Office) -> None:
    heard: list[int] = []
    rows = lines(*({"customer_id": f"c{n}", "name": "C"} for n in range(2 * BATCH + 1)))
    await load(database, office.workspace, CUSTOMERS, rows, NOW, heard.append)
    assert heard == [BATCH, 2 * BATCH, 2 * BATCH + 1]


async def test_a_signed_visitor_becomes_the_imported_customer(database: Database, office: Office) -> None:
    await office.conversation(name="c1")
    row = ADA | {"customer_id": "c1"}
    assert await load(database, office.workspace, CUSTOMERS, lines(row), NOW) == Imported(0, 1)
    assert [row[:2] for row in await imported_customers(database)] == [("c1", "Ada Nowak")]
