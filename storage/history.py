"""What happened in a case: its log, what is new to somebody, what the customer has seen."""

from __future__ import annotations

from datetime import datetime

from storage.db import Database, Row

_LOG = """
SELECT at, actor, action, detail FROM audit
WHERE case_id = %(case)s AND (%(since)s::timestamptz IS NULL OR at > %(since)s)
  AND action NOT LIKE 'draft.%%'
ORDER BY id DESC LIMIT %(limit)s
"""

# Their own acts and words count as looking, too.
_LOOK = """
WITH last AS (
    SELECT greatest(
        (SELECT at FROM case_looks WHERE case_id = %(case)s AND member = %(member)s),
        (SELECT max(at) FROM audit WHERE case_id = %(case)s AND actor = %(member)s),
        (SELECT max(created_at) FROM messages WHERE case_id = %(case)s AND author_slack = %(member)s)
    ) AS at
), l AS (
    INSERT INTO case_looks (workspace_id, case_id, member, at)
    SELECT workspace_id, id, %(member)s, %(now)s FROM cases WHERE id = %(case)s
    ON CONFLICT (case_id, member) DO UPDATE SET at = greatest(case_looks.at, excluded.at)
)
SELECT at FROM last
"""

_SAID = """
SELECT m.direction, m.author_name, m.author_slack, m.text, m.created_at, m.deleted_at, v.channel,
       count(*) OVER () AS many
FROM messages m JOIN conversations v ON v.id = m.conversation_id
WHERE m.case_id = %(case)s AND (%(since)s::timestamptz IS NULL OR m.created_at > %(since)s)
  AND m.author_slack IS DISTINCT FROM %(member)s
ORDER BY m.id DESC LIMIT %(limit)s
"""

_SEEN = """
SELECT m.direction, m.author_name, m.text, m.created_at, m.edited_at, m.deleted_at,
       m.seq <= v.read_seq OR m.read_at IS NOT NULL AS read,
       m.seq <= v.delivered_seq OR m.delivered_at IS NOT NULL AS delivered, count(*) OVER () AS many,
       v.channel, y.state AS delivery, y.reason,
       (SELECT count(*) FROM attachments a WHERE a.message_id = m.id) AS files
FROM messages m JOIN conversations v ON v.id = m.conversation_id
LEFT JOIN deliveries y ON y.message_id = m.id
WHERE m.case_id = %(case)s AND m.seq IS NOT NULL
ORDER BY m.id DESC LIMIT %(limit)s
"""


# Over which channels something was said in it, and where its replies go.
_CHANNELS = """
ARRAY(SELECT DISTINCT v.channel FROM conversations v
      WHERE v.channel <> 'internal'
        AND (v.id = k.conversation_id
             OR v.id IN (SELECT m.conversation_id FROM messages m WHERE m.case_id = k.id)) ORDER BY 1)"""

_SAID_LAST = """
SELECT coalesce(jsonb_agg(jsonb_build_object('direction', m.direction, 'text', m.text, 'at', m.created_at)
                          ORDER BY m.id), '[]')
FROM (SELECT * FROM messages m WHERE m.case_id = k.id AND m.seq IS NOT NULL
      AND m.deleted_at IS NULL ORDER BY m.id DESC LIMIT 12) m"""

_CASE = f"""k.id, k.token, k.number, k.subject, k.status, k.opened_at, k.closed_at, k.slack_channel,
       k.thread_ts, {_CHANNELS} AS channels"""

_OF_CUSTOMER = f"""
SELECT {_CASE}, r.kind AS rating_kind, r.score, k.fitting
FROM (SELECT *, count(*) OVER () AS fitting FROM cases WHERE customer_id = %(customer)s
      ORDER BY id DESC LIMIT %(limit)s) k
LEFT JOIN LATERAL (SELECT kind, score FROM ratings WHERE case_id = k.id ORDER BY id DESC LIMIT 1) r ON true
ORDER BY k.id DESC
"""

# Of the same customer only; `words` are what `cx_words` makes of them.
_EARLIER = f"""
SELECT {_CASE}, ({_SAID_LAST}) AS said
FROM cases k
WHERE k.customer_id = (SELECT customer_id FROM cases WHERE id = %(case)s) AND k.id <> %(case)s
  AND (%(words)s = '' OR EXISTS (
        SELECT FROM messages m WHERE m.case_id = k.id AND m.deleted_at IS NULL
        AND to_tsvector('simple', m.text) @@ plainto_tsquery('simple', %(words)s)))
ORDER BY k.id DESC LIMIT %(limit)s
"""


async def of_customer(db: Database, customer: int, limit: int) -> list[Row]:
    """The cases of a customer over all ``channels``, newest first, with how they were rated.

    Each row says how many are ``fitting`` in all.
    """
    return await db.fetch(_OF_CUSTOMER, {"customer": customer, "limit": limit})


async def earlier_of(db: Database, case: int, words: str, limit: int) -> list[Row]:
    """Other cases of a case's customer, newest first, each with the end of its conversation (``said``)."""
    return await db.fetch(_EARLIER, {"case": case, "words": words[:200].strip(), "limit": limit})


async def look(db: Database, case: int, member: str, now: datetime) -> datetime | None:
    """Note that ``member`` looks at the case now; when they last looked or acted before, if ever."""
    row = await db.one(_LOOK, {"case": case, "member": member, "now": now})
    return row["at"] if row else None


async def log(db: Database, case: int, since: datetime | None = None, limit: int = 60) -> list[Row]:
    """What was done with the case after ``since``, newest first."""
    return await db.fetch(_LOG, {"case": case, "since": since, "limit": limit})


async def said(db: Database, case: int, since: datetime | None, member: str, limit: int = 10) -> list[Row]:
    """What others than ``member`` said after ``since``, newest first; each row knows how ``many`` it were."""
    return await db.fetch(_SAID, {"case": case, "since": since, "member": member, "limit": limit})


async def seen(db: Database, case: int, limit: int = 40) -> list[Row]:
    """What the customer has on their screen of this case, newest first."""
    return await db.fetch(_SEEN, {"case": case, "limit": limit})
