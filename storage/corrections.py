"""What was sent and is changed afterwards: corrections that wait for a click, and taking back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cases.enums import DraftKind
from storage import drafts, locks
from storage.db import Connection, Database, Row

_ORIGINAL = """
SELECT d.id, d.uuid, d.state, d.body, d.case_id, d.conversation_id, d.created_by, d.created_by_name,
       d.source_channel, d.source_ts, d.message_id, d.workspace_id, m.text, m.deleted_at,
       k.thread_ts, k.slack_channel, v.channel
FROM drafts d JOIN cases k ON k.id = d.case_id JOIN conversations v ON v.id = d.conversation_id
LEFT JOIN messages m ON m.id = d.message_id
"""

_WAITING = """
SELECT d.id, d.uuid, d.body, d.created_by, d.seen_seq, v.last_in_seq, o.state AS original,
       m.id AS message_id, m.text AS before, m.deleted_at, u.name AS customer, d.state,
       v.channel, d.case_id, d.workspace_id, k.number, k.token, k.slack_channel, k.thread_ts
FROM drafts d
JOIN drafts o ON o.id = d.corrects_id
JOIN conversations v ON v.id = d.conversation_id
JOIN cases k ON k.id = d.case_id JOIN customers u ON u.id = k.customer_id
LEFT JOIN messages m ON m.id = o.message_id
WHERE d.uuid = %(uuid)s
"""

_DONE = """
WITH d AS (
    UPDATE drafts SET state = 'sent', message_id = %(message)s WHERE id = %(draft)s
    RETURNING id, workspace_id, case_id, conversation_id, body
), a AS (
    INSERT INTO approvals (workspace_id, draft_id, digest, approved_by, approved_at)
    SELECT d.workspace_id, d.id, cx_approval_digest(d.body, v.channel, v.uuid::text), %(actor)s, %(now)s
    FROM d JOIN conversations v ON v.id = d.conversation_id
)
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, 'correction.sent', case_id,
       jsonb_build_object('draft', id, 'message', %(message)s::bigint)
FROM d
"""

_NOTICE = """
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
SELECT k.workspace_id, k.slack_channel, k.id, 'notice', 'app',
       jsonb_build_object('event', %(event)s::text, 'by', %(actor)s::text, 'message', m.id)
FROM messages m JOIN cases k ON k.id = m.case_id WHERE m.id = %(message)s
"""


async def original(tx: Connection, workspace: int, channel: str, ts: str) -> Row | None:
    """The draft that was made from the Slack message ``channel``, ``ts``, with what was sent of it."""
    cursor = await tx.execute(
        f"""{_ORIGINAL}
        WHERE d.workspace_id = %(workspace)s AND d.source_channel = %(channel)s AND d.source_ts = %(ts)s
        ORDER BY d.id DESC LIMIT 1""".encode(),
        {"workspace": workspace, "channel": channel, "ts": ts},
    )
    return await cursor.fetchone()


async def by_uuid(tx: Connection, uuid: UUID) -> Row | None:
    """``original`` by the draft's own name."""
    cursor = await tx.execute(f"{_ORIGINAL} WHERE d.uuid = %(uuid)s".encode(), {"uuid": uuid})
    return await cursor.fetchone()


async def of(db: Database, uuid: UUID) -> Row | None:
    """``by_uuid`` outside a transaction."""
    return await db.one(f"{_ORIGINAL} WHERE d.uuid = %(uuid)s", {"uuid": uuid})


async def propose(tx: Connection, about: Row, words: str, key: str, now: datetime) -> UUID:
    """A correction of what was sent from ``about``; an earlier one that waits is dropped."""
    await locks.lock_cases(tx, [about["case_id"]], [about["conversation_id"]])
    await drop(tx, about["id"])
    draft = await drafts.preview(
        tx,
        case=about["case_id"],
        kind=DraftKind.CORRECTION,
        body=words,
        key=key,
        source=None,
        actor=about["created_by"],
        actor_name=about["created_by_name"],
        now=now,
    )
    assert draft is not None
    # It goes to where its message went, also after the case went on over another channel.
    await tx.execute(
        """UPDATE drafts SET corrects_id = %(original)s, conversation_id = v.id, seen_seq = v.last_in_seq
           FROM conversations v WHERE drafts.id = %(id)s AND v.id = %(conversation)s""",
        {"original": about["id"], "id": draft["id"], "conversation": about["conversation_id"]},
    )
    uuid: UUID = draft["uuid"]
    return uuid


async def drop(tx: Connection, original_id: int) -> None:
    """Forget corrections that wait for a click."""
    await tx.execute(
        "UPDATE drafts SET state = 'cancelled' WHERE corrects_id = %(id)s AND state = 'preview'",
        {"id": original_id},
    )


async def waiting(db: Database, uuid: UUID) -> Row | None:
    """A correction with what it would replace."""
    return await db.one(_WAITING, {"uuid": uuid})


async def waiting_in(tx: Connection, uuid: UUID) -> Row | None:
    """``waiting``, locked against a second click; its conversation must be locked already."""
    cursor = await tx.execute(f"{_WAITING} FOR UPDATE OF d", {"uuid": uuid})
    return await cursor.fetchone()


async def lock_conversation(tx: Connection, draft: UUID) -> None:
    """Lock the conversation of a draft, as everybody does first."""
    await tx.execute(
        """SELECT FROM conversations WHERE id =
               (SELECT conversation_id FROM drafts WHERE uuid = %(uuid)s) FOR UPDATE""",
        {"uuid": draft},
    )


async def lock_case(tx: Connection, draft: UUID) -> None:
    """Lock the conversations and the case of a draft, before what is written in the case anew."""
    cursor = await tx.execute(
        "SELECT case_id, conversation_id FROM drafts WHERE uuid = %(uuid)s", {"uuid": draft}
    )
    row = await cursor.fetchone()
    if row is not None:
        await locks.lock_cases(tx, [row["case_id"]], [row["conversation_id"]])


async def finish(tx: Connection, draft: int, message: int, actor: str, now: datetime) -> None:
    """Note that a correction went to the customer, who approved which bytes, and say so in the thread."""
    await tx.execute(_DONE, {"draft": draft, "message": message, "actor": actor, "now": now})
    await notice(tx, "corrected", message, actor)


async def notice(tx: Connection, event: str, message: int, actor: str) -> None:
    """One line in the thread of a message's case."""
    await tx.execute(_NOTICE, {"event": event, "message": message, "actor": actor})
