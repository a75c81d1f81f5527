"""For whom cases waited: read from the audit and from what departments were asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cases.enums import Status
from cases.promises import PlanAt
from cases.waiting import Held, Waited, waited
from storage.db import Database, Row

# A question that was passed on is another row, asked in that moment.
_HAPPENED = """
SELECT k.id, k.process_type, k.opened_at,
       (SELECT jsonb_agg(jsonb_build_array(x.at, x.detail ->> 'status') ORDER BY x.id)
        FROM audit x WHERE x.case_id = k.id AND x.detail ? 'status') AS log,
       (SELECT jsonb_agg(jsonb_build_array(a.department, a.asked_at, coalesce(a.answered_at, n.asked_at))
                         ORDER BY a.asked_at, a.id)
        FROM asks a LEFT JOIN asks n ON n.from_ask_id = a.id
        WHERE a.case_id = k.id AND a.asked_at IS NOT NULL) AS held
FROM cases k WHERE k.workspace_id = %(workspace)s AND k.id = ANY(%(cases)s::bigint[])
"""


async def waited_of(db: Database, workspace: int, cases: Sequence[int], at: PlanAt) -> dict[int, Waited]:
    """For whom each of a workspace's ``cases`` waited until ``at``, by the case's id."""
    rows = await db.fetch(_HAPPENED, {"workspace": workspace, "cases": list(cases)})
    return {row["id"]: _waited(row, at) for row in rows}


def _waited(row: Row, at: PlanAt) -> Waited:
    log = [(datetime.fromisoformat(since), Status(status)) for since, status in row["log"] or ()]
    held = [
        Held(department, datetime.fromisoformat(since), datetime.fromisoformat(until) if until else None)
        for department, since, until in row["held"] or ()
    ]
    return waited(at.plan, row["process_type"], row["opened_at"], log, held, at.now)
