"""Locks in the one order that everybody keeps: conversations by id, then cases by id."""

from __future__ import annotations

from collections.abc import Collection

from storage.db import Connection, Row

_CONVERSATIONS = """
SELECT id FROM conversations
WHERE id = ANY(%(more)s) OR case_id = ANY(%(cases)s)
   OR id IN (SELECT conversation_id FROM cases WHERE id = ANY(%(cases)s))
ORDER BY id FOR UPDATE
"""

_CASES = """
SELECT id, workspace_id, number, token, status, owner, customer_id, conversation_id, slack_channel, thread_ts,
       merged_into, subject, closed_at
FROM cases WHERE id = ANY(%(cases)s) ORDER BY id FOR NO KEY UPDATE
"""


async def lock_cases(tx: Connection, cases: Collection[int], more: Collection[int] = ()) -> dict[int, Row]:
    """Lock the conversations of ``cases`` (and ``more`` ones), then the cases; their rows by id.

    Nobody moves a conversation from or to a case without holding both, so what is read afterwards holds.
    """
    await tx.execute(_CONVERSATIONS, {"cases": list(cases), "more": list(more)})
    cursor = await tx.execute(_CASES, {"cases": list(cases)})
    return {row["id"]: row for row in await cursor.fetchall()}
