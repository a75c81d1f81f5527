"""Slack events: written down before Slack is told, handled once, retried, set aside when poisonous."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from storage.db import Connection, Database, Row

MAX_ATTEMPTS = 8
PUT_OFF_DAYS = 7
"""How long an event is tried that could not even be tried."""

_STORE = """
INSERT INTO inbox (workspace_id, event_id, kind, channel, ts, event)
VALUES (%(workspace)s, %(event_id)s, %(kind)s, %(channel)s, %(ts)s, %(event)s)
ON CONFLICT DO NOTHING
RETURNING id
"""

TAKE = """
SELECT id, workspace_id, kind, event FROM inbox
WHERE id = %(id)s AND done_at IS NULL AND dead_at IS NULL
FOR UPDATE SKIP LOCKED
"""

_WAITING = """
SELECT id, workspace_id, kind, event FROM inbox
WHERE workspace_id = %(workspace)s AND done_at IS NULL AND dead_at IS NULL
  AND received_at < clock_timestamp() - make_interval(secs => %(age)s)
  AND (retry_at IS NULL OR retry_at <= clock_timestamp())
ORDER BY id LIMIT %(limit)s
"""

_FAILED = """
UPDATE inbox
SET attempts = attempts + 1, last_error = %(error)s,
    retry_at = clock_timestamp() + make_interval(secs => least(2 ^ attempts, 300)),
    dead_at = CASE WHEN attempts + 1 >= %(max)s THEN clock_timestamp() END
WHERE id = %(id)s
RETURNING dead_at
"""


_PUT_OFF = """
UPDATE inbox
SET last_error = %(error)s,
    retry_at = clock_timestamp()
               + least(greatest(clock_timestamp() - received_at, interval '1 second'), interval '1 minute'),
    dead_at = CASE WHEN received_at < clock_timestamp() - make_interval(days => %(days)s)
                   THEN clock_timestamp() END
WHERE id = %(id)s
"""


async def store(
    db: Database,
    workspace: int,
    event_id: str,
    kind: str,
    channel: str | None,
    ts: str | None,
    event: dict[str, Any],
) -> int | None:
    """Write an event down; None when it, or the same message under another id, is there already."""
    row = await db.one(
        _STORE,
        {
            "workspace": workspace,
            "event_id": event_id,
            "kind": kind,
            "channel": channel,
            "ts": ts,
            "event": Jsonb(event),
        },
    )
    return int(row["id"]) if row else None


async def take(tx: Connection, inbox_id: int) -> bool:
    """Lock the event for handling; False when it is handled already, or just now by somebody else."""
    cursor = await tx.execute(TAKE, {"id": inbox_id})
    return await cursor.fetchone() is not None


async def finish(tx: Connection, inbox_id: int) -> None:
    """Mark the event as handled, in the transaction of its effect."""
    await tx.execute("UPDATE inbox SET done_at = clock_timestamp() WHERE id = %(id)s", {"id": inbox_id})


async def finish_telling(tx: Connection, inbox_id: int, listeners: str, workspace: int) -> None:
    """``finish``, and tell the ``listeners`` (a NOTIFY channel) in every process when that commits.

    They are told of which workspace.
    """
    said = {"listeners": listeners, "workspace": workspace}
    await tx.execute("SELECT pg_notify(%(listeners)s, %(workspace)s::text)", said)
    await finish(tx, inbox_id)


async def waiting(db: Database, workspace: int, age: float, limit: int = 100) -> list[Row]:
    """Events of ``workspace`` older than ``age`` seconds that nobody has handled and whose retry is due."""
    return await db.fetch(_WAITING, {"workspace": workspace, "age": age, "limit": limit})


async def failed(db: Database, inbox_id: int, error: str) -> bool:
    """Count a failed attempt; True when the event is now set aside (``cx doctor`` shows it)."""
    row = await db.one(_FAILED, {"id": inbox_id, "error": error, "max": MAX_ATTEMPTS})
    return bool(row and row["dead_at"])


async def put_off(db: Database, inbox_id: int, error: str) -> None:
    """Try again later: after as much time again as went by, 1 s to 60 s; after a week it is set aside."""
    await db.fetch(_PUT_OFF, {"id": inbox_id, "error": error, "days": PUT_OFF_DAYS})
