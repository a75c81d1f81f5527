"""The hot statements find their rows at once, also as they are planned while the tables are empty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from storage import casefile, duties, facts, joining, knowledge, links, summaries, triage, warm
from storage.db import Database, Params
from tests.support.office import Office, open_office

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


OF_ONE_CASE = {
    "lines": casefile._LINES,
    "base": casefile._BASE,
    "ids": casefile._IDS,
    "spoken": facts._SPOKEN,
    "unanswered": facts._UNANSWERED,
    "question": knowledge._QUESTION,
    "links": links._MESSAGES,
    "movable": joining._MOVABLE,
    "summary": summaries._NEWEST,
    "turns": triage._TURNS_OF,
}


async def fill(office: Office) -> None:
    """Two thousand cases, of which each tenth was merged into the one before it, with ten messages each."""
    case = await office.case()
    await office.db.fetch(
        """WITH k AS (
               INSERT INTO cases (token, workspace_id, number, customer_id, conversation_id, subject, status,
                                  slack_channel, opened_at)
               SELECT gen_random_uuid(), workspace_id, 5000 + n, customer_id, conversation_id, 'old', 'open',
                      'C1', opened_at
               FROM cases, generate_series(1, 2000) n WHERE id = %(case)s RETURNING *
           )
           INSERT INTO messages (workspace_id, case_id, conversation_id, direction, seq, author_name, text,
                                 created_at)
           SELECT workspace_id, id, conversation_id, 'in', 10 * id + n, 'Mia', 'Hello ' || n, opened_at
           FROM k, generate_series(1, 10) n""",
        {"case": case.case_id},
    )
    await office.db.fetch("UPDATE cases SET merged_into = id - 1 WHERE id % 10 = 0", None)
    await office.db.fetch("VACUUM ANALYZE cases, messages")


@pytest.mark.parametrize("name", OF_ONE_CASE)
@pytest.mark.parametrize("full", [False, True], ids=["empty", "full"])
async def test_a_case_and_what_was_merged_into_it_are_read_by_their_ids(
    database: Database, name: str, full: bool
) -> None:
    if full:
        await fill(await open_office(database))
    params = {"case": 3, "after": 0, "language": "en", "size": 100, "turns": 3}
    rows = await database.fetch("EXPLAIN (FORMAT JSON, COSTS OFF) " + OF_ONE_CASE[name], params)
    read = [scan for scan in scans(rows[0]["QUERY PLAN"][0]["Plan"]) if scan["Relation Name"] == "messages"]
    assert read
    for scan in read:
        assert "(case_id = " in scan.get("Index Cond", scan.get("Recheck Cond", "")), scan


async def test_what_is_due_is_read_in_order(database: Database) -> None:
    """Else each claim would read all that is due to take the first few."""
    params = duties.claiming(1, datetime(2027, 1, 4, 12, tzinfo=UTC))
    rows = await database.fetch("EXPLAIN (FORMAT JSON, COSTS OFF) " + duties.CLAIM, params)
    limited = next(
        part for part in nodes(rows[0]["QUERY PLAN"][0]["Plan"]) if part["Node Type"] == "LockRows"
    )
    (read,) = limited["Plans"]
    assert (read["Node Type"], read["Index Name"]) == ("Index Scan", "ix_duties_next")
