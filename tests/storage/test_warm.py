"""The hot statements find their rows at once, also as they are planned while the tables are empty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from storage import duties, warm
from storage.db import Database, Params

STATEMENTS = warm.statements()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan that reads a table."""
    return (part for part in nodes(plan) if "Relation Name" in part)


@pytest.mark.parametrize(
    ("statement", "params"), STATEMENTS, ids=[" ".join(words.split())[:40] for words, _ in STATEMENTS]
)
async def test_drafts_and_messages_are_never_walked_through(
    database: Database, statement: str, params: Params
) -> None:
    rows = await database.fetch("EXPLAIN (FORMAT JSON, COSTS OFF) " + statement, params)
    for scan in scans(rows[0]["QUERY PLAN"][0]["Plan"]):
        condition = scan.get("Index Cond", "")
        if scan["Relation Name"] == "drafts" and scan["Node Type"] != "ModifyTable":
            one_conversation = (
                scan["Index Name"] == "ix_drafts_waiting" and "(conversation_id = " in condition
            )
            assert one_conversation or scan["Index Name"] in {"uq_drafts_uuid", "pk_drafts"}
        elif scan["Relation Name"] == "messages" and scan["Node Type"] != "ModifyTable":
            assert "(conversation_id = " in condition or "(case_id = " in condition


@pytest.mark.parametrize("statement", [duties.STALE, duties.CLAIM], ids=["stale", "claim"])
async def test_nothing_is_walked_through_for_each_thing_that_is_due(
    database: Database, statement: str
) -> None:
    """Planned while the tables are empty, as by a replica that starts before its first case."""
    await database.fetch("VACUUM ANALYZE reminders, rechecks, cases, asks")
    params = duties.claiming(1, datetime(2027, 1, 4, 12, tzinfo=UTC))
    rows = await database.fetch("EXPLAIN (FORMAT JSON, COSTS OFF) " + statement, params)
    read = [scan for scan in scans(rows[0]["QUERY PLAN"][0]["Plan"]) if scan["Node Type"] != "ModifyTable"]
    assert {scan["Relation Name"] for scan in read} >= {"duties", "cases", "asks", "rechecks"}
    assert [scan.get("Index Name") for scan in read if "Index Cond" not in scan] == []


async def test_what_is_due_is_read_in_order(database: Database) -> None:
    """Else each claim would read all that is due to take the first few."""
    params = duties.claiming(1, datetime(2027, 1, 4, 12, tzinfo=UTC))
    rows = await database.fetch("EXPLAIN (FORMAT JSON, COSTS OFF) " + duties.CLAIM, params)
    limited = next(
        part for part in nodes(rows[0]["QUERY PLAN"][0]["Plan"]) if part["Node Type"] == "LockRows"
    )
    (read,) = limited["Plans"]
    assert (read["Node Type"], read["Index Name"]) == ("Index Scan", "ix_duties_next")
