"""Questions that the steps of a process ask by themselves: one for each step of a case, asked or refused."""

from __future__ import annotations

from datetime import datetime

from storage import asks
from storage.db import Connection, Database

APP = "app"
"""Who asks by itself."""

_KEY = "concat_ws(':', 'step', k.id, %(process)s::text, %(number)s::int)"

# Its key makes it the only one of this step in this case, asked or refused.
_ASK = f"""
INSERT INTO asks (workspace_id, case_id, request_key, state, department, department_name, slack_channel,
                  question, proposed_by, asked_by, asked_by_name, created_at, asked_at, step)
SELECT workspace_id, id, {_KEY},
       CASE WHEN %(refused)s THEN 'discarded' ELSE 'open' END, %(department)s::text, %(name)s, %(channel)s,
       %(question)s, %(actor)s, %(actor)s, '', %(now)s, CASE WHEN NOT %(refused)s THEN %(now)s END, %(step)s
FROM cases k WHERE id = %(case)s AND status <> 'closed' AND process_type = %(process)s
  AND NOT EXISTS (SELECT FROM asks a
                  WHERE a.case_id = k.id AND a.department = %(department)s::text AND a.state = 'open')
ON CONFLICT (workspace_id, request_key) DO NOTHING
RETURNING *
"""

_WAS_ASKED = f"""
SELECT a.id FROM cases k JOIN asks a ON a.workspace_id = k.workspace_id AND a.request_key = {_KEY}
WHERE k.id = %(case)s
"""


async def was_asked(db: Database, case: int, process: str, number: int) -> bool:
    """Whether a step of a case has asked by itself, or been refused that."""
    return await db.one(_WAS_ASKED, {"case": case, "process": process, "number": number}) is not None


async def ask(
    tx: Connection,
    *,
    case: int,
    process: str,
    number: int,
    step: str,
    department: str,
    name: str,
    channel: str,
    question: str,
    refused: dict[str, object] | None,
    now: datetime,
) -> bool:
    """Ask the department of a case's step, which nobody confirms; the thread says so, and calls the owner.

    With ``refused`` (``why``, and ``what`` is in the way) nothing is posted but that. False when this step
    was asked, or refused, before, when somebody has just asked that department, and for a case that is
    closed, or about something else by now.
    """
    cursor = await tx.execute("SELECT owner FROM cases WHERE id = %(case)s FOR NO KEY UPDATE", {"case": case})
    row = await cursor.fetchone()
    params = {
        "case": case,
        "process": process,
        "number": number,
        "step": step,
        "department": department,
        "name": name,
        "channel": channel,
        "question": question,
        "actor": APP,
        "refused": refused is not None,
        "now": now,
    }
    made = await (await tx.execute(_ASK.encode(), params)).fetchone()
    if made is None or row is None:
        return False
    call = row["owner"] is not None
    if refused is None:
        await asks.post(tx, made, now, call=call)
    else:
        await asks.line(tx, made["id"], {"event": "not_asked", "ask": made["id"], **refused}, call=call)
    return True
