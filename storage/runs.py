"""What the copilot's model did and cost, case by case, and the limits that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from storage.db import Database, Row

_NOTE = """
INSERT INTO copilot_runs (workspace_id, case_id, member, task, prompt, model, calls, tool_calls, input_tokens,
                          cached_tokens, output_tokens, outcome, started_at, seconds)
VALUES (%(workspace)s, %(case)s, %(member)s, %(task)s, %(prompt)s, %(model)s, %(calls)s, %(tool_calls)s,
        %(input_tokens)s, %(cached_tokens)s, %(output_tokens)s, %(outcome)s, %(started_at)s,
        %(seconds)s)
"""

_SUMS = """
SELECT coalesce(sum(calls), 0)::bigint AS calls, coalesce(sum(tool_calls), 0)::bigint AS tool_calls,
       coalesce(sum(input_tokens + output_tokens), 0)::bigint AS tokens
FROM copilot_runs
"""

_SPENT = f"{_SUMS} WHERE case_id = %(case)s AND started_at > %(since)s"

_SPENT_BY = f"""{_SUMS}
WHERE workspace_id = %(workspace)s AND member = %(member)s AND case_id IS NULL AND started_at > %(since)s
"""

_TOOL = """
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, 'copilot', %(action)s, id, detail
FROM cases, jsonb_array_elements(%(details)s) AS detail WHERE id = %(case)s
"""

_TOOL_OF = """
INSERT INTO audit (workspace_id, at, actor, action, detail)
SELECT %(workspace)s, %(now)s, 'copilot', %(action)s, detail || jsonb_build_object('member', %(member)s::text)
FROM jsonb_array_elements(%(details)s) AS detail
"""
_ACTION = "copilot.tool"


async def note(db: Database, facts: dict[str, Any]) -> None:
    """Write down a run: the columns of ``copilot_runs`` by name."""
    await db.fetch(_NOTE, facts)


async def spent(db: Database, case: int, now: datetime) -> Row:
    """Model calls, tool calls and tokens of a case in the hour before ``now``."""
    row = await db.one(_SPENT, {"case": case, "since": now - timedelta(hours=1)})
    assert row is not None
    return row


async def spent_by(db: Database, workspace: int, member: str, now: datetime) -> Row:
    """The same of what a person asked over all their cases."""
    params = {"workspace": workspace, "member": member, "since": now - timedelta(hours=1)}
    row = await db.one(_SPENT_BY, params)
    assert row is not None
    return row


async def audit_tools(
    db: Database, case: int, calls: Sequence[tuple[str, int]], outcome: str, now: datetime
) -> None:
    """Write down that a model made these ``calls`` (tool, characters of arguments), and what came of them.

    Neither arguments nor results are kept: they may hold what a customer has a right to see erased.
    """
    if calls:
        details = _details(calls, outcome)
        await db.fetch(_TOOL, {"case": case, "now": now, "action": _ACTION, "details": details})


async def audit_tools_of(
    db: Database,
    workspace: int,
    member: str,
    calls: Sequence[tuple[str, int]],
    outcome: str,
    now: datetime,
) -> None:
    """``audit_tools`` for a question of ``member`` over all their cases."""
    if calls:
        params = {"workspace": workspace, "member": member, "now": now, "action": _ACTION}
        await db.fetch(_TOOL_OF, params | {"details": _details(calls, outcome)})


def _details(calls: Sequence[tuple[str, int]], outcome: str) -> Jsonb:
    return Jsonb([{"tool": tool, "outcome": outcome, "size": size} for tool, size in calls])
