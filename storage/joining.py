"""Cases that belong together: linked, merged into one, split into two. All callers hold the locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from storage import asks, commitments, promises, reminders
from storage.calls import SHOW_CARD
from storage.db import Connection, Database, Row
from storage.merged import WITH_MERGED

_LINK = """
INSERT INTO case_links (workspace_id, first_case, second_case, created_by, created_at)
SELECT workspace_id, %(first)s, %(second)s, %(actor)s, %(now)s FROM cases WHERE id = %(first)s
ON CONFLICT DO NOTHING RETURNING id
"""

_SAY = f"""
WITH k AS (SELECT id, workspace_id, slack_channel FROM cases WHERE id = %(case)s), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT workspace_id, slack_channel, id, 'notice', 'app', %(payload)s FROM k
), {SHOW_CARD}
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, %(action)s, id, %(payload)s FROM k
"""

_MERGE = """
WITH f AS (
    UPDATE cases SET status = 'closed', closed_at = %(now)s, close_reason = NULL, merged_into = %(into)s
    WHERE id = %(case)s RETURNING *
), v AS (
    UPDATE conversations SET case_id = %(into)s WHERE case_id = %(case)s
), w AS (
    SELECT f.*, x.channel <> 'internal'
                AND (y.channel = 'internal'
                     OR coalesce(f.last_customer_at > t.last_customer_at, f.last_customer_at IS NOT NULL))
                AS newer,
           f.owner AS theirs
    FROM f JOIN conversations x ON x.id = f.conversation_id
    JOIN cases t ON t.id = %(into)s JOIN conversations y ON y.id = t.conversation_id
)
UPDATE cases t
SET conversation_id = CASE WHEN w.newer THEN w.conversation_id ELSE t.conversation_id END,
    last_customer_at = greatest(t.last_customer_at, w.last_customer_at),
    burst_at = greatest(t.burst_at, w.burst_at),
    owner = coalesce(t.owner, w.theirs),
    status = CASE WHEN %(waits)s AND t.status IN ('waiting_customer', 'answered') THEN 'open'
                  ELSE t.status END
FROM w WHERE t.id = %(into)s
"""

_NEW = """
WITH n AS (
    UPDATE workspaces SET last_case_number = last_case_number + 1
    WHERE id = %(workspace)s RETURNING last_case_number
), k AS (
    INSERT INTO cases (token, workspace_id, number, customer_id, conversation_id, subject, status,
                       slack_channel, opened_at, last_customer_at, burst_at, owner)
    SELECT gen_random_uuid(), k.workspace_id, n.last_case_number, k.customer_id, %(conversation)s,
           %(subject)s, 'open', k.slack_channel, %(now)s, %(now)s, %(now)s, %(actor)s
    FROM n, cases k WHERE k.id = %(case)s
    RETURNING id, workspace_id, number, slack_channel
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author)
    SELECT workspace_id, slack_channel, id, 'root', 'app' FROM k
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT workspace_id, %(now)s, %(actor)s, 'case.opened', id,
           jsonb_build_object('other', %(case)s::bigint, 'status', 'open') FROM k
)
SELECT id, number FROM k
"""

_UNMERGE = """
UPDATE cases SET merged_into = NULL, status = 'open', closed_at = NULL, owner = coalesce(owner, %(actor)s)
WHERE id = %(case)s AND merged_into = %(into)s RETURNING id, number
"""

_MOVE = """
WITH m AS (
    UPDATE messages SET case_id = %(to)s
    WHERE id = %(message)s AND case_id = %(case)s AND direction = 'in' RETURNING id, workspace_id
)
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, message_id, part, size)
SELECT m.workspace_id, k.slack_channel, k.id, 'message', 'customer', m.id, p.part - 1, p.size
FROM m JOIN cases k ON k.id = %(to)s, unnest(%(sizes)s::bigint[]) WITH ORDINALITY AS p (size, part)
ORDER BY p.part
"""

_SEND_ON = f"""
WITH gone AS (
    UPDATE conversations SET case_id = %(case)s
    WHERE case_id = %(from)s
      AND (id IN (SELECT conversation_id FROM cases WHERE id IN {WITH_MERGED})
           OR id IN (SELECT conversation_id FROM messages WHERE case_id IN {WITH_MERGED}))
    RETURNING id
), left_here AS (
    SELECT v.id FROM conversations v
    WHERE v.case_id = %(from)s AND v.id NOT IN (SELECT id FROM gone)
    ORDER BY v.channel = 'internal', (SELECT max(m.id) FROM messages m
                                      WHERE m.conversation_id = v.id AND m.direction = 'in') DESC NULLS LAST
    LIMIT 1
)
UPDATE cases k SET conversation_id = left_here.id FROM left_here
WHERE k.id = %(from)s AND k.conversation_id IN (SELECT id FROM gone)
"""

_MOVABLE = """
SELECT m.id, m.uuid, m.text, m.created_at, m.conversation_id FROM messages m
WHERE m.case_id = %(case)s AND m.direction = 'in' AND m.deleted_at IS NULL
ORDER BY m.id DESC LIMIT 100
"""


async def link(tx: Connection, first: int, second: int, actor: str, now: datetime) -> bool:
    """Link two cases; False when they are linked already."""
    low, high = sorted((first, second))
    cursor = await tx.execute(_LINK, {"first": low, "second": high, "actor": actor, "now": now})
    return await cursor.fetchone() is not None


async def say(
    tx: Connection, case: int, event: str, other: int, actor: str, now: datetime, **more: int | str
) -> None:
    """Say in the thread of ``case`` what happened with ``other``, renew the card, write it down.

    A ``status`` among ``more`` is where the case stands since then.
    """
    await tx.execute(
        _SAY,
        {
            "case": case,
            "payload": Jsonb({"event": event, "by": actor, "other": other} | more),
            "action": f"case.{event}",
            "actor": actor,
            "now": now,
        },
    )


async def merge(tx: Connection, case: int, into: int, now: datetime, *, waits: bool) -> None:
    """End ``case`` in favour of ``into``, which gets all that goes on; ``waits`` = its customer waits."""
    await asks.move(tx, case, into)
    await reminders.move(tx, case, into)
    await promises.move(tx, case, into)
    await commitments.move(tx, case, into)
    await tx.execute(_MERGE, {"case": case, "into": into, "now": now, "waits": waits})


async def open_beside(
    tx: Connection, case: Row, conversation: int, subject: str, actor: str, now: datetime
) -> Row:
    """A new case of the same customer in the same channel."""
    cursor = await tx.execute(
        _NEW,
        {
            "workspace": case["workspace_id"],
            "case": case["id"],
            "conversation": conversation,
            "subject": subject,
            "actor": actor,
            "now": now,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


async def unmerge(tx: Connection, case: int, into: int, actor: str) -> Row | None:
    """Bring a merged case back; None when it was not merged into ``into``."""
    cursor = await tx.execute(_UNMERGE, {"case": case, "into": into, "actor": actor})
    row = await cursor.fetchone()
    if row is not None:
        await commitments.move_back(tx, case, into)
    return row


async def move(tx: Connection, message: int, case: int, to: int, sizes: Sequence[int]) -> None:
    """Move a customer's message into another case and show it in its thread."""
    await tx.execute(_MOVE, {"message": message, "case": case, "to": to, "sizes": list(sizes)})


async def send_on(tx: Connection, case: int, to: int) -> None:
    """What is said next where ``to``, and what was merged into it, has messages belongs to ``to``.

    ``case``, which had it, answers where its customer wrote last of what is left.
    """
    await tx.execute(_SEND_ON, {"from": case, "case": to})


async def movable(db: Database, case: int) -> list[Row]:
    """The customer's messages in a case, newest first, at most 100."""
    return await db.fetch(_MOVABLE, {"case": case})


async def movable_in(tx: Connection, case: int) -> list[Row]:
    """``movable`` inside a transaction."""
    cursor = await tx.execute(_MOVABLE, {"case": case})
    return await cursor.fetchall()


async def merged_here(db: Database, case: int) -> list[Row]:
    """The cases that were merged into this one."""
    return await db.fetch(
        "SELECT id, number, subject FROM cases WHERE merged_into = %(case)s ORDER BY id", {"case": case}
    )


async def by_number(db: Database, workspace: int, number: int) -> Row | None:
    """A case by its reference."""
    return await db.one(
        "SELECT id, token, number FROM cases WHERE workspace_id = %(workspace)s AND number = %(number)s",
        {"workspace": workspace, "number": number},
    )
