"""Whom we may know already: somebody unproven names an order of a customer who is called as they are.

It is a suggestion to the team, on the cards of their cases, until a person decides. Nothing of it, and
nothing of the known customer, is ever shown to whoever writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cases.errors import AlreadyDecided
from cases.names import holds_name, same_name
from storage.calls import CARD_CONFLICT
from storage.db import Connection, Database, Row

_CASES_AT_ONCE = 100
_MESSAGES = 30
"""The newest messages of a case in which orders and names are looked for."""
_CHARACTERS = 2_000
"""Of each message."""
_NUMBERS = 100
"""Words with a digit that are taken for order numbers, in one case."""

# What people said among themselves counts only where no customer writes. Shops put a # before their
# numbers, and customers leave it out. OFFSET keeps plans made on empty tables from walking through all
# orders of the workspace, and the status is compared so that they stay away from the index of open cases.
_NAMED = f"""
SELECT DISTINCT ON (k.id, n.id) k.id AS case_id, k.workspace_id, k.customer_id, c.name AS called,
       n.id AS known_id, n.name AS known, o.id AS order_id, s.texts
FROM unnest(%(cases)s::bigint[]) AS t (id)
JOIN cases k ON k.id = t.id
JOIN conversations v ON v.id = k.conversation_id
JOIN customers c ON c.id = k.customer_id
CROSS JOIN LATERAL (
    SELECT ARRAY[k.subject] || array_agg(left(m.text, {_CHARACTERS})) FROM (
        SELECT x.text FROM messages x
        WHERE x.case_id = k.id AND x.deleted_at IS NULL
          AND x.direction = CASE v.channel WHEN 'internal' THEN 'internal' ELSE 'in' END
        ORDER BY x.id DESC LIMIT {_MESSAGES}
    ) m
) s (texts)
CROSS JOIN LATERAL (
    SELECT DISTINCT unnest(ARRAY[word, upper(word), lower(word), '#' || word, '#' || upper(word)]) FROM (
        SELECT word
        FROM unnest(s.texts) AS said (words),
             regexp_matches(said.words, '[0-9A-Za-z]+(?:[-_/.][0-9A-Za-z]+)*', 'g') AS found,
             unnest(found || regexp_split_to_array(found[1], '[-_/.]')) AS word
        WHERE word ~ '[0-9]' LIMIT {_NUMBERS}
    ) f
) w (number)
CROSS JOIN LATERAL (
    SELECT x.* FROM orders x WHERE x.workspace_id = k.workspace_id AND x.external_id = w.number OFFSET 0
) o
JOIN customers u ON u.workspace_id = o.workspace_id AND u.external_id = o.customer_external_id
JOIN customers n ON n.id = coalesce(u.merged_into, u.id)
WHERE c.external_id IS NULL AND n.id <> c.id AND k.status || '' <> 'closed'
  AND NOT EXISTS (
    SELECT FROM customers a JOIN customer_suggestions d ON d.customer_id = a.id
    JOIN customers b ON b.id = d.known_id
    WHERE (a.id = c.id OR a.merged_into = c.id) AND n.id IN (b.id, b.merged_into)
  )
  AND NOT EXISTS (
    SELECT FROM customer_merges r
    WHERE r.undone_at IS NOT NULL AND r.into_id IN (c.id, n.id) AND r.customer_id IN (c.id, n.id)
  )
ORDER BY k.id, n.id, o.id
"""

_ADD = f"""
WITH s AS (
    INSERT INTO customer_suggestions (workspace_id, case_id, customer_id, known_id, order_id)
    VALUES (%(workspace_id)s, %(case_id)s, %(customer_id)s, %(known_id)s, %(order_id)s)
    ON CONFLICT DO NOTHING RETURNING case_id
)
INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
SELECT k.workspace_id, k.slack_channel, k.id, 'card' FROM s JOIN cases k ON k.id = s.case_id{CARD_CONFLICT}
"""

_OF = """
SELECT s.case_id, s.customer_id, coalesce(u.merged_into, u.id) AS known_id, v.channel
FROM customer_suggestions s JOIN customers u ON u.id = s.known_id
JOIN cases k ON k.id = s.case_id JOIN conversations v ON v.id = k.conversation_id
WHERE s.workspace_id = %(workspace)s AND s.token = %(token)s
"""

_DECIDE = """
UPDATE customer_suggestions SET same = %(same)s, decided_by = %(actor)s, decided_at = %(now)s
WHERE token = %(token)s AND decided_by IS NULL
RETURNING workspace_id, case_id, customer_id, known_id
"""

_REFUSED = f"""
WITH k AS (
    SELECT id, workspace_id, slack_channel FROM cases
    WHERE customer_id = %(customer_id)s AND status || '' <> 'closed'
), c AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
    SELECT workspace_id, slack_channel, id, 'card' FROM k ORDER BY id{CARD_CONFLICT}
)
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
VALUES (%(workspace_id)s, %(now)s, %(actor)s, 'customer.not_same', %(case_id)s,
        jsonb_build_object('customer', %(customer_id)s::bigint, 'known', %(known_id)s::bigint))
"""


async def look(tx: Connection, cases: Sequence[int]) -> None:
    """Suggest who the unproven customers of these cases may be, where their words say so.

    A pair of customers is suggested once, whatever is decided, and a case has one suggestion at a time.
    """
    for start in range(0, len(cases), _CASES_AT_ONCE):
        some = list(cases[start : start + _CASES_AT_ONCE])
        cursor = await tx.execute(_NAMED.encode(), {"cases": some})
        for row in await cursor.fetchall():
            if _called_so(row):
                await tx.execute(_ADD.encode(), row)


def _called_so(row: Row) -> bool:
    """Whether the one who names an order has given the name of the customer whose order it is."""
    given = any(holds_name(text, row["known"]) for text in row["texts"])
    return given or same_name(row["called"], row["known"])


async def of(db: Database, workspace: int, token: UUID) -> Row | None:
    """Who is suggested to be whom, and the channel of the case in which that was seen."""
    return await db.one(_OF, {"workspace": workspace, "token": token})


async def confirm(tx: Connection, token: UUID, actor: str, now: datetime) -> None:
    """Note that they are one person, for whoever joins them in ``tx``; raises AlreadyDecided."""
    await _decide(tx, token, actor, now, same=True)


async def refuse(tx: Connection, token: UUID, actor: str, now: datetime) -> None:
    """Note that they are two, so that nobody is asked again; raises AlreadyDecided."""
    row = await _decide(tx, token, actor, now, same=False)
    await tx.execute(_REFUSED.encode(), row | {"actor": actor, "now": now})


async def _decide(tx: Connection, token: UUID, actor: str, now: datetime, *, same: bool) -> Row:
    params = {"token": token, "actor": actor, "now": now, "same": same}
    cursor = await tx.execute(_DECIDE, params)
    row = await cursor.fetchone()
    if row is None:
        raise AlreadyDecided
    return row
