"""Locks in the one order that everybody keeps: conversations by id, then cases by id."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

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

_CLAIM = "SELECT id FROM conversations WHERE id = %(id)s FOR UPDATE SKIP LOCKED"
_CASE = "SELECT id FROM cases WHERE id = %(id)s FOR NO KEY UPDATE"


class _Moved(Exception):
    """While this waited, a case went on in a conversation that is not locked."""


async def lock_cases(tx: Connection, cases: Collection[int], more: Collection[int] = ()) -> dict[int, Row]:
    """Lock the conversations of ``cases`` (and ``more`` ones), then the cases; their rows by id.

    Nobody moves a conversation from or to a case without holding both, so what is read afterwards holds.
    """
    while True:
        with suppress(_Moved):
            async with tx.transaction():  # a savepoint: what was locked in vain is let go
                return await _lock(tx, cases, more)


async def _lock(tx: Connection, cases: Collection[int], more: Collection[int]) -> dict[int, Row]:
    cursor = await tx.execute(_CONVERSATIONS, {"cases": list(cases), "more": list(more)})
    held = {row["id"] for row in await cursor.fetchall()}
    cursor = await tx.execute(_CASES, {"cases": list(cases)})
    rows = {row["id"]: row for row in await cursor.fetchall()}
    if not held.issuperset(row["conversation_id"] for row in rows.values()):
        raise _Moved
    return rows


async def claim_case(tx: Connection, case: int, conversation: int) -> bool:
    """Lock ``conversation`` of ``case``, then the case; False while somebody else is at it.

    Whoever does something by itself comes again: it need not wait.
    """
    if await (await tx.execute(_CLAIM, {"id": conversation})).fetchone() is None:
        return False
    await tx.execute(_CASE, {"id": case})
    return True
