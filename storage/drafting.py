"""Texts that are offered to a person for a customer, and who else is preparing one in a case."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.actor import Actor
from cases.enums import DraftKind, DraftState
from storage import calls, drafts, locks
from storage.db import Connection, Database, Row

RECENT = timedelta(minutes=30)
"""A preview that its author has left alone for so long is not being worked on."""

# Both are told, once while it lasts.
_TELL = """
WITH other AS (
    SELECT DISTINCT d.created_by AS who FROM drafts d
    WHERE d.case_id = %(case)s AND d.state = 'preview' AND d.created_by NOT IN (%(actor)s, 'copilot', 'app')
      AND d.created_at > %(since)s
), told AS (
    SELECT who AS member, %(actor)s::text AS who FROM other
    UNION ALL SELECT %(actor)s, who FROM other
)
INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
SELECT k.workspace_id, k.slack_channel, k.id, 'note',
       jsonb_build_object('user', t.member, 'note', 'drafting', 'who', t.who)
FROM told t JOIN cases k ON k.id = %(case)s
WHERE NOT EXISTS (
    SELECT FROM slack_calls s
    WHERE s.case_id = k.id AND s.kind = 'note' AND s.created_at > clock_timestamp() - %(recent)s
      AND s.payload = jsonb_build_object('user', t.member, 'note', 'drafting', 'who', t.who))
"""

_OTHERS = """
SELECT DISTINCT created_by FROM drafts
WHERE case_id = %(case)s AND state IN ('preview', 'approved')
  AND created_by NOT IN (%(actor)s, 'copilot', 'app')
  AND created_at > %(since)s
ORDER BY 1
"""


async def tell_each_other(tx: Connection, case: int, actor: str, now: datetime) -> None:
    """Tell ``actor`` and whoever else has a preview open in the case of each other."""
    await tx.execute(_TELL, {"case": case, "actor": actor, "since": now - RECENT, "recent": RECENT})


async def offer(
    tx: Connection,
    case: Row,
    body: str,
    key: str,
    actor: Actor,
    now: datetime,
    *,
    tells: datetime | None = None,
) -> bool:
    """Show ``actor`` a private preview of ``body`` in the case's thread, with Send and Cancel.

    ``key`` names the text: offered again, the same draft is shown again. ``tells`` is the date that it tells
    the customer. False when it is on its way already.
    """
    await locks.lock_cases(tx, [case["id"]])
    draft = await drafts.preview(
        tx,
        case=case["id"],
        kind=DraftKind.REPLY,
        body=body,
        key=key,
        source=None,
        actor=actor.id,
        actor_name=actor.name,
        now=now,
        tells=tells,
    )
    assert draft is not None
    if draft["state"] != DraftState.PREVIEW:
        return False
    await tell_each_other(tx, case["id"], actor.id, now)
    payload = {"draft": str(draft["uuid"]), "user": actor.id, "thread_ts": case["thread_ts"]}
    await calls.add(tx, case["workspace_id"], case["slack_channel"], case["id"], "preview", payload)
    return True


async def others(db: Database, case: int, actor: str, now: datetime) -> list[str]:
    """Who but ``actor`` has a text for the customer under way."""
    rows = await db.fetch(_OTHERS, {"case": case, "actor": actor, "since": now - RECENT})
    return [row["created_by"] for row in rows]


async def all_in(db: Database, case: int, now: datetime) -> list[str]:
    """Everybody who has a text for the customer under way."""
    return await others(db, case, "", now)
