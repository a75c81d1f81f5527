"""How far each mailbox was read, and who reads it: one process at a time, on any machine."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from storage.db import Connection, Database, Row

_ROW = """
INSERT INTO mailboxes (workspace_id, key) VALUES (%(workspace)s, %(key)s)
ON CONFLICT (workspace_id, key) DO UPDATE SET key = excluded.key
RETURNING id, workspace_id, key, place, uid_validity, last_uid, old_until, old_search, looked_at
"""

_STORE = """
WITH b AS (
    UPDATE mailboxes SET last_uid = greatest(last_uid, %(uid)s), tried_uid = NULL, tries = 0,
                         mails_read = mails_read + %(read)s::int
    WHERE id = %(mailbox)s AND uid_validity = %(validity)s
    RETURNING workspace_id, key, place
)
INSERT INTO mails (workspace_id, mailbox, direction, state, why, place, uid_validity, uid, raw, size,
                   came_at)
SELECT workspace_id, key, 'in', %(state)s, %(why)s, place, %(validity)s, %(uid)s, %(raw)s, %(size)s, %(now)s
FROM b
ON CONFLICT (workspace_id, mailbox, place, uid_validity, uid) DO NOTHING
RETURNING id
"""

_TRY = """
UPDATE mailboxes
SET tries = CASE WHEN tried_uid = %(uid)s THEN tries + 1 ELSE 1 END, tried_uid = %(uid)s
WHERE id = %(mailbox)s
RETURNING tries
"""

_LISTED = """
SELECT b.key, b.workspace_id, w.name AS workspace, b.looked_at, b.trouble, b.trouble_since,
       b.mails_read,
       (SELECT count(*) FROM mails m WHERE m.workspace_id = b.workspace_id AND m.mailbox = b.key
          AND m.state = 'waiting') AS waiting,
       (SELECT count(*) FROM mails m WHERE m.workspace_id = b.workspace_id AND m.mailbox = b.key
          AND m.state = 'quarantined') AS quarantined
FROM mailboxes b JOIN workspaces w ON w.id = b.workspace_id
ORDER BY b.workspace_id, b.key
"""


async def lease(connection: Connection, workspace: int, key: str) -> bool:
    """Try to become the only reader of a mailbox; held until the connection ends."""
    cursor = await connection.execute(
        "SELECT pg_try_advisory_lock(hashtextextended(%(key)s, 0)) AS got",
        {"key": f"cx-mailbox:{workspace}:{key}"},
    )
    row = await cursor.fetchone()
    return bool(row and row["got"])


async def of(db: Database, workspace: int, key: str) -> Row:
    """Where reading of a mailbox stands, made at the first look."""
    row = await db.one(_ROW, {"workspace": workspace, "key": key})
    assert row is not None
    return row


async def begin(
    db: Database, mailbox: int, place: str, validity: int, old_until: int, old_search: str
) -> None:
    """Read from the start at ``place``, in numbers that count for ``validity``; of those up to ``old_until``
    only what ``old_search`` finds.
    """
    await db.fetch(
        """UPDATE mailboxes SET place = %(place)s, uid_validity = %(validity)s, last_uid = 0,
                                tried_uid = NULL, tries = 0, old_until = %(until)s, old_search = %(search)s
           WHERE id = %(mailbox)s""",
        {
            "mailbox": mailbox,
            "place": place,
            "validity": validity,
            "until": old_until,
            "search": old_search,
        },
    )


async def skip(db: Database, mailbox: int, validity: int, uid: int) -> None:
    """Read on behind a mail that is gone."""
    await db.fetch(
        """UPDATE mailboxes SET last_uid = greatest(last_uid, %(uid)s), tried_uid = NULL, tries = 0
           WHERE id = %(mailbox)s AND uid_validity = %(validity)s""",
        {"mailbox": mailbox, "validity": validity, "uid": uid},
    )


async def try_uid(db: Database, mailbox: int, uid: int) -> int:
    """Note, before it is fetched, that a mail is tried; how often that was."""
    row = await db.one(_TRY, {"mailbox": mailbox, "uid": uid})
    assert row is not None
    return int(row["tries"])


async def untry_uid(db: Database, mailbox: int, uid: int) -> None:
    """It was not the mail's fault that nothing came of the last try."""
    await db.fetch(
        """UPDATE mailboxes SET tries = greatest(tries - 1, 0)
           WHERE id = %(mailbox)s AND tried_uid = %(uid)s""",
        {"mailbox": mailbox, "uid": uid},
    )


async def store(
    db: Database,
    mailbox: int,
    validity: int,
    uid: int,
    now: datetime,
    *,
    raw: UUID | None,
    size: int,
    why: str | None = None,
) -> bool:
    """Write a mail down and read on behind it, in one commit; with ``why`` it is put aside at once.

    False when it is there already, or the mailbox's numbers have changed meanwhile.
    """
    state = "waiting" if why is None else "quarantined"
    values = {"mailbox": mailbox, "validity": validity, "uid": uid, "raw": raw, "size": size, "now": now}
    more = {"state": state, "why": why, "read": int(why is None)}
    return await db.one(_STORE, values | more) is not None


async def answered(db: Database, mailbox: int, now: datetime) -> None:
    """Note that the server answers."""
    await db.fetch(
        """UPDATE mailboxes SET looked_at = %(now)s, trouble = NULL, trouble_since = NULL
           WHERE id = %(mailbox)s""",
        {"mailbox": mailbox, "now": now},
    )


async def failed(db: Database, mailbox: int, why: str, now: datetime) -> None:
    """Note why the server cannot be used, and since when."""
    await db.fetch(
        """UPDATE mailboxes SET trouble = %(why)s, trouble_since = coalesce(trouble_since, %(now)s)
           WHERE id = %(mailbox)s""",
        {"mailbox": mailbox, "why": why, "now": now},
    )


async def listed(db: Database) -> list[Row]:
    """Every mailbox that was ever read, with what waits and what was put aside."""
    return await db.fetch(_LISTED)
