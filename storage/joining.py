"""Cases that belong together: linked, merged into one, split into two. All callers hold the locks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from cases.enums import Status
from storage import asks, commitments, promises, reminders
from storage.calls import SHOW_CARD
from storage.db import Connection, Database, Row
from storage.merged import GOES_ON_IN, WITH_MERGED

Event = tuple[int, str, int, Mapping[str, int | str]]
"""The case in whose thread something is said, what happened, with which other case, and more about it."""

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
    UPDATE cases SET status = 'closed', closed_at = %(now)s, close_reason = NULL, merged_into = %(into)s,
                     regrouped_at = %(now)s
    WHERE id = %(case)s RETURNING *
), v AS (
    UPDATE conversations SET case_id = %(into)s WHERE case_id = %(case)s RETURNING id
), r AS (
    INSERT INTO case_merges (workspace_id, case_id, into_id, conversations, answered_in, asks, reminders,
                             merged_by, merged_at)
    SELECT f.workspace_id, f.id, t.id, ARRAY(SELECT id FROM v), t.conversation_id, %(asks)s, %(reminders)s,
           %(actor)s, %(now)s
    FROM f, cases t WHERE t.id = %(into)s
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
                  ELSE t.status END,
    regrouped_at = %(now)s
FROM w WHERE t.id = %(into)s
"""

# While customers were one, their words may have come into a case of the other's.
_NEW = """
WITH n AS (
    UPDATE workspaces SET last_case_number = last_case_number + 1
    WHERE id = %(workspace)s RETURNING last_case_number
), k AS (
    INSERT INTO cases (token, workspace_id, number, customer_id, conversation_id, subject, status,
                       slack_channel, opened_at, last_customer_at, burst_at, owner)
    SELECT gen_random_uuid(), k.workspace_id, n.last_case_number,
           CASE WHEN v.channel = 'internal' THEN k.customer_id ELSE i.customer_id END, v.id,
           %(subject)s, 'open', k.slack_channel, %(now)s, %(now)s, %(now)s, %(actor)s
    FROM n, cases k, conversations v JOIN identities i ON i.id = v.identity_id
    WHERE k.id = %(case)s AND v.id = %(conversation)s
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
WHERE id = %(case)s AND merged_into = %(into)s RETURNING id
"""

_UNDONE = """
UPDATE case_merges SET undone_by = %(actor)s, undone_at = %(now)s
WHERE case_id = %(case)s AND into_id = %(into)s AND undone_at IS NULL RETURNING id, asks, reminders
"""

# Customers may have been merged or split since: neither case answers another customer. Another merge into the
# case may have found it answering in what leaves now.
_GIVE_BACK = """
WITH r AS (
    SELECT * FROM case_merges WHERE id = %(merge)s
), own AS (
    SELECT v.id, k.id AS case_id FROM r JOIN cases k ON k.id IN (r.case_id, r.into_id, %(end)s),
    conversations v JOIN identities i ON i.id = v.identity_id
    WHERE v.id = ANY(r.conversations || r.answered_in)
      AND (v.channel = 'internal' OR i.customer_id = k.customer_id)
), gone AS (
    UPDATE conversations v SET case_id = r.case_id FROM r
    WHERE v.id = ANY(r.conversations) AND (v.case_id = %(end)s OR v.case_id IS NULL)
      AND EXISTS (SELECT FROM own WHERE own.id = v.id AND own.case_id = r.case_id)
), others AS (
    UPDATE case_merges o SET answered_in = r.answered_in FROM r JOIN cases f ON f.id = r.case_id
    WHERE o.into_id = r.into_id AND o.undone_at IS NULL AND r.answered_in IS NOT NULL
      AND (o.answered_in = ANY(r.conversations) OR o.answered_in = f.conversation_id)
)
UPDATE cases t SET conversation_id = r.answered_in FROM r JOIN cases f ON f.id = r.case_id
WHERE t.id IN (r.into_id, %(end)s)
  AND (t.conversation_id = ANY(r.conversations) OR t.conversation_id = f.conversation_id)
  AND EXISTS (SELECT FROM own WHERE own.id = r.answered_in AND own.case_id = t.id)
"""

# The summaries of what a case was merged into know of it, too.
_REGROUP = """
UPDATE cases SET regrouped_at = %(now)s
WHERE id IN (WITH RECURSIVE up AS (
                 SELECT unnest(%(cases)s::bigint[]) AS id
                 UNION SELECT k.merged_into FROM up JOIN cases k USING (id) WHERE k.merged_into IS NOT NULL
             ) SELECT id FROM up)
"""

_MOVE = """
WITH m AS (
    UPDATE messages SET case_id = %(to)s
    WHERE id = %(message)s AND direction = 'in' RETURNING id, workspace_id
)
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, message_id, part, size)
SELECT m.workspace_id, k.slack_channel, k.id, 'message', 'customer', m.id, p.part - 1, p.size
FROM m JOIN cases k ON k.id = %(to)s, unnest(%(sizes)s::bigint[]) WITH ORDINALITY AS p (size, part)
ORDER BY p.part
"""

_MOVABLE = f"""
SELECT m.id, m.uuid, m.case_id, m.text, m.created_at, m.conversation_id FROM messages m
WHERE m.case_id = {WITH_MERGED} AND m.direction = 'in' AND m.deleted_at IS NULL
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


async def say_each(tx: Connection, *events: Event, actor: str, now: datetime) -> None:
    """``say`` in each case what happened with the other one. Whoever renews several cards does it by case."""
    for case, event, other, more in sorted(events, key=lambda each: each[0]):
        await say(tx, case, event, other, actor, now, **more)


async def merge(tx: Connection, case: int, into: int, actor: str, now: datetime, *, waits: bool) -> None:
    """End ``case`` in favour of ``into``, which gets all that goes on; ``waits`` = its customer waits."""
    params = {
        "case": case,
        "into": into,
        "asks": await asks.move(tx, case, into),
        "reminders": await reminders.move(tx, case, into),
        "actor": actor,
        "now": now,
        "waits": waits,
    }
    await promises.move(tx, case, into)
    await commitments.move(tx, case, into)
    await tx.execute(_MERGE, params)


async def open_beside(
    tx: Connection, case: Row, conversation: int, subject: str, actor: str, now: datetime
) -> Row:
    """A new case in the same channel, of whoever writes in ``conversation``."""
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


async def with_merged(tx: Connection, case: int) -> list[int]:
    """The ids of a case and of all that was merged into it, however often."""
    cursor = await tx.execute(f"SELECT id FROM cases WHERE id = {WITH_MERGED}".encode(), {"case": case})
    return [row["id"] for row in await cursor.fetchall()]


async def regroup(tx: Connection, cases: Sequence[int], now: datetime) -> None:
    """Messages come to these cases, or leave them: summaries of them, or of what they go on in, end."""
    await tx.execute(_REGROUP, {"cases": list(cases), "now": now})


async def conversations_of_merge(tx: Connection, case: int, into: int) -> list[int]:
    """What taking back that ``case`` was merged into ``into`` may change, to be locked before."""
    cursor = await tx.execute(
        """SELECT array_remove(conversations || answered_in, NULL) AS conversations FROM case_merges
           WHERE case_id = %(case)s AND into_id = %(into)s AND undone_at IS NULL""",
        {"case": case, "into": into},
    )
    row = await cursor.fetchone()
    return row["conversations"] if row is not None else []


async def unmerge(
    tx: Connection, case: int, into: int, actor: str, now: datetime, *, later: bool = True
) -> int | None:
    """Bring a merged case back with what was promised and asked in it, also where ``into`` was merged on.

    With ``later`` what is said next in the conversations that went along belongs to it again, and ``into``
    answers where it did before. Returns the id of the case in which it went on until now; None when it was
    not merged into ``into``.
    """
    await regroup(tx, [case], now)
    cursor = await tx.execute(_UNMERGE, {"case": case, "into": into, "actor": actor})
    if await cursor.fetchone() is None:
        return None
    cursor = await tx.execute(GOES_ON_IN.encode(), {"case": into})
    end = int((await cursor.fetchall())[0]["id"])
    await commitments.move_back(tx, case, end)
    await promises.move_back(tx, case, end)
    cursor = await tx.execute(_UNDONE, {"case": case, "into": into, "actor": actor, "now": now})
    undone = await cursor.fetchone()
    if undone is None:  # It was merged by a process of the version before, which wrote nothing down.
        return end
    await asks.move_back(tx, undone["asks"], end, case)
    await reminders.move_back(tx, undone["reminders"], end, case)
    if later:
        await tx.execute(_GIVE_BACK, {"merge": undone["id"], "end": end})
    return end


async def take_back(tx: Connection, merges: Iterable[tuple[int, int]], actor: str, now: datetime) -> None:
    """``unmerge`` several cases (which, from which) and say so in all threads."""
    events: list[Event] = []
    for case, into in merges:
        end = await unmerge(tx, case, into, actor, now)
        if end is not None:
            events.append((end, "split", case, {"count": 0}))
            events.append((case, "split_from", into, {"count": 0, "status": Status.OPEN.value}))
    await say_each(tx, *events, actor=actor, now=now)


async def move(tx: Connection, message: int, to: int, sizes: Sequence[int]) -> None:
    """Move a customer's message into another case and show it in its thread."""
    await tx.execute(_MOVE, {"message": message, "to": to, "sizes": list(sizes)})


async def send_on(tx: Connection, conversation: int, case: int, to: int) -> None:
    """What is said next in a conversation of ``case`` belongs to ``to``, unless another open case has it."""
    await tx.execute(
        """UPDATE conversations v SET case_id = %(to)s
           WHERE v.id = %(conversation)s
             AND NOT EXISTS (SELECT FROM cases k
                             WHERE k.id = v.case_id AND k.id <> %(case)s AND k.status || '' <> 'closed')""",
        {"conversation": conversation, "case": case, "to": to},
    )


async def movable(db: Database, case: int) -> list[Row]:
    """The customer's messages in a case, and in what was merged into it, newest first, at most 100."""
    return await db.fetch(_MOVABLE, {"case": case})


async def movable_in(tx: Connection, case: int) -> list[Row]:
    """``movable`` inside a transaction."""
    cursor = await tx.execute(_MOVABLE.encode(), {"case": case})
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
