"""Finding cases by words.

The words of messages are indexed a moment after they were written, so that nobody waits for that.
"""

from __future__ import annotations

import re

from storage import suggestions
from storage.db import Database, Row

_BATCH = 2_000
# Numbers are given out before commits: a message may appear below one that is indexed already.
_LATE = 1_000

# `unproven`: the cases with words among them of somebody whom nothing proves to be who they may be.
_INDEX = f"""
WITH new AS (
    INSERT INTO search_words (message_id, workspace_id, words)
    SELECT m.id, m.workspace_id, cx_words(m.text) FROM messages m
    WHERE m.id > (SELECT coalesce(max(message_id), 0) FROM search_words) - {_LATE}
      AND NOT EXISTS (SELECT FROM search_words s WHERE s.message_id = m.id)
    ORDER BY m.id LIMIT {_BATCH}
    ON CONFLICT DO NOTHING
    RETURNING message_id
)
SELECT (SELECT count(*) FROM new) AS indexed,
       ARRAY(SELECT DISTINCT k.id FROM new
             JOIN messages m ON m.id = new.message_id
             JOIN conversations v ON v.id = m.conversation_id
             JOIN identities i ON i.id = v.identity_id
             JOIN cases k ON k.id = m.case_id
             JOIN customers u ON u.id = k.customer_id
             WHERE m.direction <> 'out' AND NOT i.verified AND u.external_id IS NULL
             ORDER BY k.id) AS unproven
"""

# Cases in which every word stands in one message or in the customer's name, and those of an address.
_FIND = """
WITH hits AS (
    SELECT m.case_id, max(m.id) AS message FROM search_words s JOIN messages m ON m.id = s.message_id
    WHERE s.workspace_id = %(workspace)s AND s.words @@ to_tsquery('simple', %(query)s)
      AND m.deleted_at IS NULL
    GROUP BY m.case_id
    UNION ALL
    SELECT k.id, NULL FROM customers c JOIN cases k ON k.customer_id = c.id
    WHERE c.workspace_id = %(workspace)s AND cx_words(c.name) @@ to_tsquery('simple', %(query)s)
    UNION ALL
    SELECT k.id, NULL FROM customers c JOIN cases k ON k.customer_id = c.id
    WHERE c.workspace_id = %(workspace)s AND lower(c.email) = %(email)s
), found AS (
    SELECT case_id, max(message) AS message FROM hits GROUP BY case_id
)
SELECT k.id, k.token, k.number, k.subject, k.status, k.owner, k.opened_at, k.last_customer_at,
       k.slack_channel, k.thread_ts, u.name AS customer, m.text AS said,
       CASE WHEN m.direction = 'internal' THEN m.author_slack END AS talker, count(*) OVER () AS fitting
FROM found f JOIN cases k ON k.id = f.case_id JOIN customers u ON u.id = k.customer_id
LEFT JOIN messages m ON m.id = f.message
WHERE %(user)s::text IS NULL OR k.owner = %(user)s
ORDER BY (k.status = 'closed'), coalesce(k.last_customer_at, k.opened_at) DESC, k.id DESC
LIMIT %(limit)s
"""


async def index(db: Database) -> None:
    """Index the words of new messages; of changed ones the database does so itself.

    The same commit suggests who their unproven authors may be: each message is looked at once.
    """
    indexed = _BATCH
    while indexed == _BATCH:
        async with db.transaction() as tx:
            cursor = await tx.execute(_INDEX.encode())
            row = await cursor.fetchone()
            assert row is not None
            indexed = row["indexed"]
            await suggestions.look(tx, row["unproven"])


async def find(
    db: Database, workspace: int, words: str, *, user: str | None = None, limit: int = 10
) -> list[Row]:
    """Cases in which all the words stand (or begin one), the open and newest first.

    ``said`` is a message that has them; in Slack's markup when it is talk among us, of ``talker``. Only
    the cases of ``user``, if given.
    """
    query = " & ".join(f"{word}:*" for word in terms(words))
    if not query:
        return []
    email = words.strip().lower()
    params = {"workspace": workspace, "query": query, "email": email, "user": user, "limit": limit}
    return await db.fetch(_FIND, params)


def terms(words: str) -> list[str]:
    """The words that are looked for: letters and digits only, ten at most."""
    return re.findall(r"[^\W_]+", words.lower())[:10]
