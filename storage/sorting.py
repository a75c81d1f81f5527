"""What people say about a case: priority, tags, and that it is not done after all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from storage.calls import SHOW_CARD
from storage.db import Connection, Database

_PRIORITY = f"""
WITH k AS (
    UPDATE cases SET priority = %(priority)s WHERE id = %(case)s AND priority <> %(priority)s
    RETURNING id, workspace_id, slack_channel
), {SHOW_CARD}
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, 'case.priority', id,
       jsonb_build_object('priority', %(priority)s::text)
FROM k RETURNING id
"""

_TAGS = f"""
WITH k AS (
    UPDATE cases SET tags = %(tags)s::varchar[] WHERE id = %(case)s AND tags <> %(tags)s::varchar[]
    RETURNING id, workspace_id, slack_channel
), {SHOW_CARD}
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, 'case.tags', id, jsonb_build_object('tags', %(tags)s::text[])
FROM k RETURNING id
"""

# Who takes a new case makes it open: until it is answered, that is the same turn.
_STATUS = f"""
WITH k AS (
    UPDATE cases SET status = %(status)s
    WHERE id = %(case)s AND status NOT IN ('closed', %(status)s)
      AND (status = %(was)s OR (%(was)s = 'new' AND status = 'open' AND last_reply_at IS NULL))
    RETURNING id, workspace_id, slack_channel
), {SHOW_CARD}
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, 'case.status_said', id,
       jsonb_build_object('status', %(status)s::text)
FROM k RETURNING id
"""

_REOPEN = f"""
WITH k AS (
    UPDATE cases SET status = 'open', closed_at = NULL, close_reason = NULL,
                     owner = coalesce(owner, %(actor)s)
    WHERE id = %(case)s AND status = 'closed' AND merged_into IS NULL
    RETURNING id, workspace_id, slack_channel, conversation_id
), {SHOW_CARD}, o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT workspace_id, slack_channel, id, 'notice', 'app',
           jsonb_build_object('event', 'reopened', 'by', %(actor)s::text) FROM k
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, %(actor)s, 'case.reopened', id, '{{"status": "open"}}' FROM k
)
SELECT id, pg_notify('cx_chat', conversation_id::text) AS _notified FROM k
"""


async def set_priority(db: Database, case: int, priority: str, actor: str, now: datetime) -> bool:
    """Change the priority; False when it is that already."""
    params = {"case": case, "priority": priority, "actor": actor, "now": now}
    return await db.one(_PRIORITY, params) is not None


async def set_status(tx: Connection, case: int, was: str, status: str, actor: str, now: datetime) -> bool:
    """Change where an open case stands; False when that is no longer ``was``, or is ``status`` already."""
    params = {"case": case, "was": was, "status": status, "actor": actor, "now": now}
    return await (await tx.execute(_STATUS.encode(), params)).fetchone() is not None


async def set_tags(db: Database, case: int, tags: Sequence[str], actor: str, now: datetime) -> bool:
    """Change the tags to these; False when they are these already."""
    params = {"case": case, "tags": list(tags), "actor": actor, "now": now}
    return await db.one(_TAGS, params) is not None


async def reopen(db: Database, case: int, actor: str, now: datetime) -> bool:
    """Put a closed case back to work; False when it is open, or goes on in another one."""
    return await db.one(_REOPEN, {"case": case, "actor": actor, "now": now}) is not None
