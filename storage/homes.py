"""Whose App Home was opened lately, with which filter, and what it showed last."""

from __future__ import annotations

from storage.db import Database, Row

_OPENED = """
INSERT INTO homes (workspace_id, user_id, opened_at, checked_at)
VALUES (%(workspace)s, %(user)s, clock_timestamp(), clock_timestamp())
ON CONFLICT (workspace_id, user_id) DO UPDATE
SET opened_at = excluded.opened_at, checked_at = excluded.checked_at
"""

# Whatever changes a case writes an audit row or something to post.
_DUE = """
WITH change AS (
    SELECT coalesce((SELECT max(id) FROM audit), 0) + coalesce((SELECT max(id) FROM outbox), 0) AS number
)
UPDATE homes SET checked_at = clock_timestamp(), seen_change = change.number
FROM change
WHERE homes.id IN (
    SELECT h.id FROM homes h, change
    WHERE h.workspace_id = %(workspace)s
      AND h.opened_at > clock_timestamp() - make_interval(secs => %(window)s)
      AND h.checked_at < clock_timestamp() - make_interval(secs => %(every)s)
      AND (h.seen_change <> change.number OR h.checked_at < clock_timestamp() - interval '1 minute')
    ORDER BY h.checked_at
    FOR UPDATE SKIP LOCKED
    LIMIT %(limit)s
)
RETURNING homes.user_id
"""


async def opened(db: Database, workspace: int, user: str) -> None:
    """Somebody looks at their Home now."""
    await db.fetch(_OPENED, {"workspace": workspace, "user": user})


async def due(db: Database, workspace: int, *, window: float, every: float, limit: int) -> list[str]:
    """Take the people whose Home may have to change: opened within ``window`` seconds, looked at more
    than ``every`` seconds ago, and something has happened since. Each is handed to one replica.
    """
    params = {"workspace": workspace, "window": window, "every": every, "limit": limit}
    return [row["user_id"] for row in await db.fetch(_DUE, params)]


async def of(db: Database, workspace: int, user: str) -> Row | None:
    """What their Home showed last (``digest``), and the board's ``filter``."""
    return await db.one(
        """SELECT filter, digest FROM homes
           WHERE workspace_id = %(workspace)s AND user_id = %(user)s""",
        {"workspace": workspace, "user": user},
    )


async def choose(db: Database, workspace: int, user: str, words: str) -> None:
    """Remember which cases their board shows: the words of ``/cx status``."""
    await db.fetch(
        """UPDATE homes SET filter = %(words)s
           WHERE workspace_id = %(workspace)s AND user_id = %(user)s""",
        {"workspace": workspace, "user": user, "words": words},
    )


async def shown(db: Database, workspace: int, user: str, digest: str) -> None:
    """Remember what their Home shows."""
    await db.fetch(
        """UPDATE homes SET digest = %(digest)s
           WHERE workspace_id = %(workspace)s AND user_id = %(user)s""",
        {"workspace": workspace, "user": user, "digest": digest},
    )
