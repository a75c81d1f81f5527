"""Writing down what a customer said: one statement on the usual way, a transaction for the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cases.messages import BURST_QUIET, Receipt
from storage.calls import CARD_CONFLICT
from storage.db import Connection, Database, Row, array
from storage.outbox import Stamp

# Before APPEND, and apart from it: a statement that waits for a case and then writes it, while others hold
# the case for their foreign keys, finds the version that it saw when it began, and may deadlock there.
HOLD = """
WITH v AS MATERIALIZED (SELECT case_id FROM conversations WHERE id = %(conversation)s FOR UPDATE)
SELECT FROM cases k JOIN v ON v.case_id = k.id FOR NO KEY UPDATE OF k
"""

# Everybody locks the conversation first, then the case. Whoever adds to a case does so one after
# the other, so that outbox ids of one case grow in the order of its messages. The foreign keys of a
# new note or draft lock the case first: NO KEY UPDATE of the case leaves them room, else they deadlock.
APPEND = f"""
WITH locked AS MATERIALIZED (
    SELECT id, case_id, channel, early_changes FROM conversations WHERE id = %(conversation)s FOR UPDATE
), c AS (
    SELECT k.id, k.status, k.number, k.slack_channel, k.workspace_id, k.thread_ts, v.id AS conversation_id,
           v.channel, u.name AS customer,
           k.status <> 'closed' AND (k.burst_at IS NULL OR k.burst_at <= %(quiet)s) AS bursts
    FROM locked v
    JOIN cases k ON k.id = v.case_id
    JOIN customers u ON u.id = k.customer_id
    WHERE (%(slowly)s OR (k.status <> 'closed' AND NOT v.early_changes))
      AND NOT EXISTS (SELECT FROM messages d
                      WHERE d.conversation_id = %(conversation)s AND d.client_message_id = %(client_id)s)
    FOR NO KEY UPDATE OF k
), v AS (
    UPDATE conversations x SET last_seq = x.last_seq + 1, last_in_seq = x.last_in_seq + 1
    FROM c WHERE x.id = c.conversation_id
    RETURNING x.last_seq
), m AS (
    INSERT INTO messages (workspace_id, case_id, conversation_id, seq, direction, author_name, text,
                          client_message_id, created_at)
    SELECT c.workspace_id, c.id, c.conversation_id, v.last_seq, 'in', c.customer, %(text)s,
           %(client_id)s, %(now)s
    FROM c, v
    RETURNING id, uuid, seq
), p AS (
    -- Where nothing of the case waits, its poster need not come and claim it: the case is held, so
    -- nothing else of it can be written down or stamped meanwhile.
    INSERT INTO posts (id, workspace_id, slack_channel, case_id, is_root, state, attempts, stamped_at)
    SELECT %(post)s, c.workspace_id, c.slack_channel, c.id, false, 'stamped', 1, clock_timestamp()
    FROM c
    WHERE c.slack_channel = %(post_in)s AND c.thread_ts IS NOT NULL
      AND NOT EXISTS (SELECT FROM posts b WHERE b.lane = c.id AND b.state IN ('stamped', 'waiting'))
      AND NOT EXISTS (SELECT FROM outbox w
                      WHERE w.workspace_id = c.workspace_id AND w.slack_channel = c.slack_channel
                        AND w.lane = c.id AND w.post_id IS NULL)
      AND NOT EXISTS (SELECT FROM channel_holds h
                      WHERE h.workspace_id = c.workspace_id AND h.slack_channel IN (c.slack_channel, ''))
    RETURNING id
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, message_id, part, size, payload,
                        post_id)
    SELECT c.workspace_id, c.slack_channel, c.id, 'message', 'customer', m.id, s.part - 1, s.size,
           CASE WHEN c.bursts AND s.part = 1 THEN '{{"burst": true}}'::jsonb ELSE '{{}}'::jsonb END,
           (SELECT id FROM p)
    FROM c, m, unnest(%(sizes)s::text::bigint[]) WITH ORDINALITY AS s (size, part)
    ORDER BY s.part
    RETURNING id, post_id, payload, created_at
), s AS (
    UPDATE cases k
    SET last_customer_at = %(now)s, burst_at = %(now)s, conversation_id = c.conversation_id,
        status = CASE WHEN k.status IN ('waiting_customer', 'answered') THEN 'open' ELSE k.status END
    FROM c WHERE k.id = c.id
), card AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
    SELECT c.workspace_id, c.slack_channel, c.id, 'card'
    FROM c WHERE c.status IN ('waiting_customer', 'answered'){CARD_CONFLICT}
    RETURNING id
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT c.workspace_id, %(now)s, 'customer', 'case.status', c.id, '{{"status": "open"}}'
    FROM c WHERE c.status IN ('waiting_customer', 'answered')
), f AS (
    UPDATE attachments a SET message_id = m.id
    FROM m
    WHERE a.uuid = ANY(%(files)s::text::uuid[]) AND a.conversation_id = %(conversation)s
      AND a.message_id IS NULL
)
SELECT m.id, m.uuid, m.seq, c.id AS case_id, c.number, c.slack_channel, c.customer,
       c.workspace_id, c.thread_ts, c.channel, o.post_id, o.id AS outbox_id, o.payload,
       o.created_at AS queued_at
FROM m CROSS JOIN c LEFT JOIN o ON o.post_id IS NOT NULL
"""

_FIND = """
SELECT m.id, m.uuid, m.seq, m.created_at, k.id AS case_id, k.number, k.slack_channel
FROM messages m JOIN cases k ON k.id = m.case_id
WHERE m.conversation_id = %(conversation)s AND m.client_message_id = %(client_id)s
"""

_LOCK = """
SELECT id, workspace_id, slack_channel, case_id, early_changes, identity_id, language FROM conversations
WHERE id = %(conversation)s
FOR UPDATE
"""

# Whoever merges customers holds the lock of the conversation, so this is read after it.
_CUSTOMER = "SELECT customer_id FROM identities WHERE id = %(identity)s"

_LOCK_CASE = "SELECT status, closed_at FROM cases WHERE id = %(case)s FOR NO KEY UPDATE"

_OPEN_CASE = """
WITH n AS (
    UPDATE workspaces SET last_case_number = last_case_number + 1
    WHERE id = %(workspace)s RETURNING last_case_number
), k AS (
    INSERT INTO cases (token, workspace_id, number, customer_id, conversation_id, subject, status,
                       slack_channel, opened_at, burst_at, follows_case_id)
    SELECT gen_random_uuid(), %(workspace)s, n.last_case_number, %(customer)s, %(conversation)s,
           %(subject)s, 'new', %(slack_channel)s, %(now)s, %(now)s, %(follows)s
    FROM n RETURNING id
), v AS (
    UPDATE conversations SET case_id = k.id FROM k WHERE conversations.id = %(conversation)s
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author)
    SELECT %(workspace)s, %(slack_channel)s, k.id, 'root', 'app' FROM k
)
INSERT INTO audit (workspace_id, at, actor, action, case_id)
SELECT %(workspace)s, %(now)s, 'customer', 'case.opened', k.id FROM k
"""

_REOPEN = f"""
WITH k AS (
    UPDATE cases SET status = 'open', closed_at = NULL, close_reason = NULL, burst_at = %(now)s
    WHERE id = %(case)s AND status = 'closed'
    RETURNING id, workspace_id, slack_channel
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT k.workspace_id, k.slack_channel, k.id, 'notice', 'app',
           '{{"event": "reopened", "burst": true}}'::jsonb
    FROM k
), c AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
    SELECT k.workspace_id, k.slack_channel, k.id, 'card' FROM k{CARD_CONFLICT}
)
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT k.workspace_id, %(now)s, 'customer', 'case.reopened', k.id, '{{"status": "open"}}' FROM k
"""


def append_params(
    conversation: int,
    client_id: str,
    text: str,
    sizes: Sequence[int],
    files: Sequence[UUID],
    now: datetime,
    *,
    slowly: bool,
    stamp: Stamp | None = None,
) -> dict[str, object]:
    """The parameters of ``APPEND``."""
    return {
        "post": stamp.post if stamp else None,
        "post_in": stamp.channel if stamp else None,
        "conversation": conversation,
        "client_id": client_id,
        "text": text,
        "sizes": array(sizes),
        "files": array(files),
        "now": now,
        "quiet": now - BURST_QUIET,
        "slowly": slowly,
    }


async def append(
    db: Database,
    conversation: int,
    client_id: str,
    text: str,
    sizes: Sequence[int],
    files: Sequence[UUID],
    now: datetime,
    stamp: Stamp | None = None,
) -> Row | None:
    """Add a message to the conversation's open case: message, outbox rows and card in one commit.

    With a ``stamp`` its post is stamped at once, where the message is one part and nothing of the case
    waits before it: ``stamped`` makes the post's row of it. Returns None when there is no open case, the
    message is there already, or a change of some message came before it. Two requests with the same
    ``client_id`` at once: the second raises psycopg's
    UniqueViolation.
    """
    _, added = await db.fetch_together(
        (HOLD, {"conversation": conversation}),
        (
            APPEND,
            append_params(
                conversation,
                client_id,
                text,
                sizes,
                files,
                now,
                slowly=False,
                stamp=stamp if len(sizes) == 1 else None,
            ),
        ),
    )
    return added[0] if added else None


def stamped(row: Row, text: str, now: datetime) -> Row | None:
    """The row of ``append`` as ``outbox.claim`` gives it, when its post was stamped."""
    if row["post_id"] is None:
        return None
    return {
        "post_id": row["post_id"],
        "workspace_id": row["workspace_id"],
        "slack_channel": row["slack_channel"],
        "case_id": row["case_id"],
        "ask_id": None,
        "digest_id": None,
        "is_root": False,
        "attempts": 1,
        "age": 0.0,
        "thread_ts": row["thread_ts"],
        "number": row["number"],
        "outbox_id": row["outbox_id"],
        "kind": "message",
        "message_id": row["id"],
        "part": 0,
        "payload": row["payload"],
        "queued_at": row["queued_at"],
        "message_uuid": row["uuid"],
        "text": text,
        "author_name": row["customer"],
        "said_at": now,
        "edited_at": None,
        "deleted_at": None,
        "delivered_at": None,
        "read_at": None,
        "channel": row["channel"],
        "place": None,
        "warnings": None,
        "delivery": None,
        "files": None,
    }


async def append_in(
    tx: Connection,
    conversation: int,
    client_id: str,
    text: str,
    sizes: Sequence[int],
    files: Sequence[UUID],
    now: datetime,
) -> Row | None:
    """``append`` inside a transaction, also to a closed case, and where a change came before."""
    cursor = await tx.execute(
        APPEND.encode(),
        append_params(conversation, client_id, text, sizes, files, now, slowly=True),
    )
    return await cursor.fetchone()


async def find(db: Database, conversation: int, client_id: str) -> Row | None:
    """The message that the customer's client sent under ``client_id``, if it was accepted."""
    return await db.one(_FIND, {"conversation": conversation, "client_id": client_id})


async def find_in(tx: Connection, conversation: int, client_id: str) -> Row | None:
    """``find`` inside a transaction."""
    cursor = await tx.execute(_FIND.encode(), {"conversation": conversation, "client_id": client_id})
    return await cursor.fetchone()


async def lock(tx: Connection, conversation: int) -> Row | None:
    """The conversation with its case's status, locked against others who would open or reopen one."""
    cursor = await tx.execute(_LOCK.encode(), {"conversation": conversation})
    row = await cursor.fetchone()
    if row is None:
        return None
    cursor = await tx.execute(_CUSTOMER, {"identity": row["identity_id"]})
    customer = await cursor.fetchone()
    assert customer is not None
    cursor = await tx.execute(_LOCK_CASE, {"case": row["case_id"]})
    case = await cursor.fetchone()
    return row | customer | (case or {"status": None, "closed_at": None})


async def open_case(
    tx: Connection, conversation: Row, subject: str, follows: int | None, now: datetime
) -> None:
    """Give the locked conversation a new case, whose card will be posted first in its thread."""
    await tx.execute(
        _OPEN_CASE,
        {
            "workspace": conversation["workspace_id"],
            "customer": conversation["customer_id"],
            "conversation": conversation["id"],
            "slack_channel": conversation["slack_channel"],
            "subject": subject,
            "follows": follows,
            "now": now,
        },
    )


async def reopen(tx: Connection, case: int, now: datetime) -> None:
    """Put a closed case back to work and say so in its thread."""
    await tx.execute(_REOPEN, {"case": case, "now": now})


def receipt_of(row: Row, created_at: datetime, *, duplicate: bool) -> Receipt:
    """What became of an inbound message, from its row of ``append`` or ``find``."""
    return Receipt(
        message_id=row["id"],
        message_uuid=row["uuid"],
        seq=row["seq"],
        case_id=row["case_id"],
        case_number=row["number"],
        slack_channel=row["slack_channel"],
        created_at=created_at,
        duplicate=duplicate,
    )
