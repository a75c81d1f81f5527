"""What the copilot proposed to do, its cards in the thread, and what people decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from storage.db import Connection, Database, Row

_PROPOSE = """
WITH d AS (
    INSERT INTO deeds (workspace_id, question_id, case_id, place, kind, facts, asker, model, made_at)
    SELECT workspace_id, id, case_id, %(place)s, %(kind)s, %(facts)s, asker, %(model)s, %(now)s
    FROM questions WHERE id = %(question)s
    RETURNING *
)
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
SELECT k.workspace_id, k.slack_channel, k.id, 'deed', 'app', jsonb_build_object('deed', d.token)
FROM d JOIN cases k ON k.id = d.case_id
"""

_DECIDE = """
WITH d AS (
    UPDATE deeds SET state = %(state)s, decided_by = %(by)s, decided_at = %(now)s
    WHERE token = %(token)s AND state = 'proposed'
    RETURNING id, workspace_id, case_id, kind
)
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(by)s, 'deed.' || %(state)s, case_id,
       jsonb_build_object('deed', id, 'kind', kind)
FROM d RETURNING id
"""


async def propose(
    tx: Connection,
    question: int,
    place: int,
    kind: str,
    facts: Mapping[str, Any],
    model: str,
    now: datetime,
) -> None:
    """Show in the thread what the copilot proposes after a question: ``facts`` as they are to be done."""
    params = {"question": question, "place": place, "kind": kind, "model": model, "now": now}
    await tx.execute(_PROPOSE, params | {"facts": Jsonb(dict(facts))})


async def by_token(db: Database, token: UUID) -> Row | None:
    """A proposal as its card shows it now."""
    return await db.one("SELECT * FROM deeds WHERE token = %(token)s", {"token": token})


async def decide(tx: Connection, token: UUID, state: str, by: str, now: datetime) -> bool:
    """Confirm or discard a proposal (``state``); False when somebody did already."""
    cursor = await tx.execute(_DECIDE, {"token": token, "state": state, "by": by, "now": now})
    return await cursor.fetchone() is not None
