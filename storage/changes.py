"""A message changes after it was said: its versions, what screens and Slack then show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from cases.text import POST_BYTES, escaped_bytes, split, subject_of
from storage.calls import REVISE_CONFLICT, SHOW_CARD
from storage.db import Connection, Database, Row

_MIN_ROOM = 300
_TELL_DRAFTS_HOURS = 24

_MESSAGE = """
SELECT m.id, m.uuid, m.seq, m.text, m.edits, m.edited_at, m.deleted_at, m.created_at, m.direction,
       m.case_id, m.author_name, m.conversation_id, m.workspace_id, v.channel, k.number, k.slack_channel,
       k.status, (SELECT count(*) FROM attachments a WHERE a.message_id = m.id) AS attached
FROM messages m JOIN cases k ON k.id = m.case_id JOIN conversations v ON v.id = m.conversation_id
"""

_BY_CLIENT_ID = f"""{_MESSAGE}
WHERE m.conversation_id = %(conversation)s AND m.client_message_id = %(client_id)s
FOR NO KEY UPDATE OF k
"""

_BY_ID = f"{_MESSAGE} WHERE m.id = %(message)s FOR NO KEY UPDATE OF k"

_APPLY = f"""
WITH v AS (
    UPDATE conversations SET revision = revision + 1,
                             last_in_seq = last_in_seq + CASE WHEN %(customers)s THEN 1 ELSE 0 END
    WHERE id = %(conversation)s RETURNING id, revision
), h AS (
    INSERT INTO message_versions (workspace_id, message_id, number, text, replaced_by, replaced_at)
    SELECT m.workspace_id, m.id, (SELECT count(*) + 1 FROM message_versions o WHERE o.message_id = m.id),
           m.text, %(by)s, %(now)s
    FROM messages m WHERE m.id = %(message)s
), m AS (
    UPDATE messages SET text = %(text)s, edits = %(edit)s, revision = v.revision,
                        edited_at = CASE WHEN %(deleted)s THEN messages.edited_at ELSE %(now)s END,
                        deleted_at = CASE WHEN %(deleted)s THEN %(now)s END
    FROM v WHERE messages.id = %(message)s
    RETURNING messages.id, messages.workspace_id, messages.case_id
), k AS (
    UPDATE cases
    SET status = CASE WHEN %(reopens)s AND status IN ('waiting_customer', 'answered') THEN 'open'
                      ELSE status END,
        subject = CASE WHEN subject = %(old_subject)s THEN %(subject)s ELSE subject END
    FROM m WHERE cases.id = m.case_id
      AND (subject = %(old_subject)s OR (%(reopens)s AND status IN ('waiting_customer', 'answered')))
    RETURNING cases.id, cases.workspace_id, cases.slack_channel
), {SHOW_CARD}, x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT m.workspace_id, %(now)s, %(by)s, %(action)s, m.case_id,
           jsonb_strip_nulls(jsonb_build_object(
               'message', m.id,
               'status', CASE WHEN %(reopens)s AND c.status IN ('waiting_customer', 'answered')
                              THEN 'open' END))
    FROM m JOIN cases c ON c.id = m.case_id
)
SELECT revision, pg_notify('cx_chat', id::text) AS _notified FROM v
"""

# Without the lock a row could be claimed for a post meanwhile; what it then shows is revised later.
_ROWS = """
SELECT o.id, o.part, o.case_id,
       (SELECT coalesce(sum(s.size), 0) FROM outbox s
        WHERE s.post_id = o.post_id AND s.message_id <> o.message_id)::bigint AS others
FROM outbox o
WHERE o.message_id = %(message)s AND o.kind IN ('message', 'sent')
ORDER BY o.part, o.id
FOR UPDATE OF o
"""

_MORE = """
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, message_id, part, size, payload)
SELECT workspace_id, slack_channel, case_id, kind, author, message_id, %(part)s, %(size)s,
       (payload - 'burst') || %(span)s
FROM outbox WHERE id = %(like)s
"""

_REVISE = f"""
INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, message_id)
VALUES (%(workspace)s, %(channel)s, %(case)s, 'revise', %(message)s){REVISE_CONFLICT}
"""

_TELL = """
INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
SELECT DISTINCT ON (d.created_by) %(workspace)s, %(channel)s, %(case)s, 'note',
       jsonb_build_object('note', 'customer_changed', 'user', d.created_by, 'message', %(message)s::bigint)
FROM drafts d
WHERE d.conversation_id = %(conversation)s AND d.state IN ('preview', 'approved')
  AND d.created_by NOT IN ('copilot', 'app')
  AND d.created_at > %(now)s - make_interval(hours => %(hours)s)
ORDER BY d.created_by, d.id DESC
"""

_KEEP_EARLY = """
WITH v AS (
    UPDATE conversations SET early_changes = true WHERE id = %(conversation)s RETURNING id, workspace_id
)
INSERT INTO early_changes (workspace_id, conversation_id, client_message_id, edit, text, created_at)
SELECT workspace_id, id, %(client_id)s, %(edit)s, %(text)s, %(now)s FROM v
ON CONFLICT (conversation_id, client_message_id) DO UPDATE
SET edit = excluded.edit, text = excluded.text
WHERE early_changes.text IS NOT NULL AND (excluded.text IS NULL OR excluded.edit > early_changes.edit)
"""

_TAKE_EARLY = """
WITH gone AS (
    DELETE FROM early_changes
    WHERE conversation_id = %(conversation)s AND client_message_id = %(client_id)s
    RETURNING id, edit, text
), v AS (
    UPDATE conversations SET early_changes = EXISTS (
        SELECT FROM early_changes e
        WHERE e.conversation_id = %(conversation)s AND e.client_message_id <> %(client_id)s)
    WHERE id = %(conversation)s
)
SELECT edit, text FROM gone
"""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What becomes of a message."""

    text: str | None
    """Its new words; None takes it back."""
    edit: int
    """The number of this edit."""
    by: str
    """``customer``, or the Slack user who corrects it."""


async def of_client(tx: Connection, conversation: int, client_id: str) -> Row | None:
    """The message that the customer's client sent under ``client_id``, its case locked.

    The conversation must be locked already (``storage.intake.lock``).
    """
    cursor = await tx.execute(_BY_CLIENT_ID, {"conversation": conversation, "client_id": client_id})
    return await cursor.fetchone()


async def of_id(tx: Connection, message: int) -> Row | None:
    """A message, its case locked; its conversation must be locked already."""
    cursor = await tx.execute(_BY_ID, {"message": message})
    return await cursor.fetchone()


async def apply(tx: Connection, message: Row, rewrite: Rewrite, now: datetime) -> None:
    """Change a message of ``of_client`` or ``of_id`` with everything that follows from it.

    The old words are kept as a version, screens are told, Slack's posts of it will be revised, and
    who has a draft open learns that the customer changed their words. One that continues a text
    beyond its posts gets further ones.
    """
    customers = message["direction"] == "in"
    words = rewrite.text or ""
    await tx.execute(
        _APPLY.encode(),
        {
            "conversation": message["conversation_id"],
            "message": message["id"],
            "customers": customers,
            "reopens": customers and rewrite.text is not None,
            "text": words,
            "edit": rewrite.edit,
            "deleted": rewrite.text is None,
            "by": rewrite.by,
            "now": now,
            "action": "message.deleted" if rewrite.text is None else "message.edited",
            "old_subject": subject_of(message["text"]) if customers else None,
            "subject": "A deleted message" if rewrite.text is None else subject_of(words),
        },
    )
    await _spread(tx, message["id"], words)
    about = {
        "workspace": message["workspace_id"],
        "channel": message["slack_channel"],
        "case": message["case_id"],
        "message": message["id"],
    }
    await tx.execute(_REVISE, about)
    if customers:
        conversation = message["conversation_id"]
        await tx.execute(
            _TELL, about | {"conversation": conversation, "hours": _TELL_DRAFTS_HOURS, "now": now}
        )


async def _spread(tx: Connection, message: int, words: str) -> None:
    """Say which part of ``words`` each outbox row of the message shows; add rows for what is left.

    A message that was moved to another case stands in both threads, whole in each.
    """
    cursor = await tx.execute(_ROWS, {"message": message})
    showings: dict[tuple[int, int], list[Row]] = {}
    seen: Counter[tuple[int, int]] = Counter()
    for row in await cursor.fetchall():
        place = (row["case_id"], row["part"])
        showings.setdefault((row["case_id"], seen[place]), []).append(row)
        seen[place] += 1
    for rows in showings.values():
        await _spread_over(tx, rows, words)


async def _spread_over(tx: Connection, rows: Sequence[Row], words: str) -> None:
    spans = _spans(words, [max(_MIN_ROOM, POST_BYTES - row["others"]) for row in rows])
    for place, span in enumerate(spans):
        last = place == max(index for index, (start, end) in enumerate(spans) if start < end or index == 0)
        params = {
            "span": Jsonb({"span": span, "last": last}),
            "size": escaped_bytes(words[span[0] : span[1]]),
            "part": place,
        }
        if place < len(rows):
            await tx.execute(
                "UPDATE outbox SET payload = payload || %(span)s, size = %(size)s WHERE id = %(id)s",
                params | {"id": rows[place]["id"]},
            )
        else:
            await tx.execute(_MORE, params | {"like": rows[0]["id"]})


def _spans(words: str, room: Sequence[int]) -> list[tuple[int, int]]:
    """(start, end) of what each row shows, at most so many escaped bytes; then of as many more as needed."""
    spans, at = [], 0
    for limit in room:
        end = at + len(split(words[at:], limit)[0])
        spans.append((at, end))
        at = end
    while at < len(words):
        end = at + len(split(words[at:])[0])
        spans.append((at, end))
        at = end
    return spans


async def renumber(tx: Connection, message: int, edit: int) -> None:
    """Note the number of an edit that changed nothing."""
    await tx.execute("UPDATE messages SET edits = %(edit)s WHERE id = %(id)s", {"edit": edit, "id": message})


async def keep_early(
    tx: Connection, conversation: int, client_id: str, rewrite: Rewrite, now: datetime
) -> None:
    """Keep a change whose message is not there yet; taking back wins, else the highest number."""
    await tx.execute(
        _KEEP_EARLY,
        {
            "conversation": conversation,
            "client_id": client_id,
            "edit": rewrite.edit,
            "text": rewrite.text,
            "now": now,
        },
    )


async def count_early(tx: Connection, conversation: int) -> int:
    """How many changes wait for their messages."""
    cursor = await tx.execute(
        "SELECT count(*) AS waiting FROM early_changes WHERE conversation_id = %(conversation)s",
        {"conversation": conversation},
    )
    row = await cursor.fetchone()
    return int(row["waiting"]) if row else 0


async def take_early(tx: Connection, conversation: int, client_id: str) -> Rewrite | None:
    """The change that waited for this message, if any; it is forgotten here."""
    cursor = await tx.execute(_TAKE_EARLY, {"conversation": conversation, "client_id": client_id})
    row = await cursor.fetchone()
    return Rewrite(row["text"], row["edit"], "customer") if row else None


async def receipt(db: Database, message: int) -> Row | None:
    """How far a message of ours has come, and the Slack message that it was made from, if any."""
    return await db.one(
        """SELECT m.delivered_at, m.read_at, m.deleted_at, d.source_channel, d.source_ts,
                  y.state AS delivery, y.was_lost
           FROM messages m LEFT JOIN drafts d ON d.message_id = m.id AND d.kind <> 'correction'
           LEFT JOIN deliveries y ON y.message_id = m.id
           WHERE m.id = %(message)s""",
        {"message": message},
    )


async def said(db: Database, message: int) -> Row:
    """What a message says now."""
    (row,) = await db.fetch(
        "SELECT author_name, text, deleted_at FROM messages WHERE id = %(message)s", {"message": message}
    )
    return row
