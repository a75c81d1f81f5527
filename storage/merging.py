"""Two customers who are one person: merged, and split again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from cases.arrivals import TOLD
from storage.calls import CARD_CONFLICT
from storage.db import Connection, Database, Row

_OF = """
SELECT ARRAY(SELECT k.id FROM cases k WHERE k.customer_id = ANY(%(customers)s)) AS cases,
       ARRAY(SELECT v.id FROM conversations v JOIN identities i ON i.id = v.identity_id
             WHERE i.customer_id = ANY(%(customers)s)) AS conversations
"""

_CARDS = f"""
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind)
    SELECT workspace_id, slack_channel, id, 'card' FROM k ORDER BY id{CARD_CONFLICT}
"""

_MERGE = f"""
WITH i AS (
    UPDATE identities SET customer_id = %(into)s WHERE customer_id = %(customer)s RETURNING id
), k AS (
    UPDATE cases SET customer_id = %(into)s WHERE customer_id = %(customer)s
    RETURNING id, workspace_id, slack_channel
), u AS (
    UPDATE customers SET merged_into = %(into)s WHERE merged_into = %(customer)s RETURNING id
), f AS (
    UPDATE customers SET merged_into = %(into)s WHERE id = %(customer)s RETURNING workspace_id
), r AS (
    INSERT INTO customer_merges (workspace_id, customer_id, into_id, identities, cases, customers, merged_by,
                                 merged_at)
    SELECT f.workspace_id, %(customer)s, %(into)s, ARRAY(SELECT id FROM i), ARRAY(SELECT id FROM k),
           ARRAY(SELECT id FROM u), %(actor)s, %(now)s
    FROM f RETURNING id, workspace_id
), s AS (
    UPDATE customer_suggestions SET same = true, decided_by = %(actor)s, decided_at = %(now)s
    WHERE customer_id IN (%(customer)s, %(into)s) AND known_id IN (%(customer)s, %(into)s)
      AND decided_by IS NULL
), c AS ({_CARDS})
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, 'customer.merged', %(case)s::bigint,
       jsonb_build_object('customer', %(customer)s::bigint, 'into', %(into)s::bigint) FROM r
"""

_SPLIT = f"""
WITH r AS (
    UPDATE customer_merges SET undone_by = %(actor)s, undone_at = %(now)s
    WHERE id = %(merge)s AND undone_at IS NULL RETURNING *
), i AS (
    UPDATE identities SET customer_id = r.customer_id FROM r
    WHERE identities.customer_id = r.into_id
      AND (identities.id = ANY(r.identities) OR identities.first_of = r.customer_id
           OR identities.first_of = ANY(r.customers))
    RETURNING identities.id
), k AS (
    UPDATE cases SET customer_id = r.customer_id FROM r
    WHERE cases.customer_id = r.into_id
      AND (cases.id = ANY(r.cases)
           OR (SELECT v.identity_id FROM conversations v
               WHERE v.id = coalesce((SELECT m.conversation_id
                                      FROM messages m JOIN conversations x ON x.id = m.conversation_id
                                      WHERE m.case_id = cases.id AND m.direction = 'in'
                                        AND x.channel <> 'internal'
                                      ORDER BY m.id LIMIT 1), cases.conversation_id)) IN (SELECT id FROM i))
    RETURNING cases.id, cases.workspace_id, cases.slack_channel
), u AS (
    UPDATE customers SET merged_into = CASE WHEN customers.id = r.customer_id THEN NULL ELSE r.customer_id END
    FROM r WHERE customers.id = r.customer_id OR customers.id = ANY(r.customers)
), c AS ({_CARDS})
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
SELECT workspace_id, %(now)s, %(actor)s, 'customer.split', %(case)s::bigint,
       jsonb_build_object('customer', customer_id, 'from', into_id) FROM r
RETURNING id
"""

# Of what was told while they were one: their own mail address, and what was told first in a case of theirs.
# Who alone of the two has the address proven now has it, in whosever case it was told.
_TOLD_BACK = f"""
UPDATE identities i
SET customer_id = r.customer_id,
    told_of = CASE WHEN i.told_of = r.into_id THEN r.customer_id ELSE i.told_of END
FROM customer_merges r
WHERE r.id = %(merge)s AND i.kind = '{TOLD}' AND i.customer_id = r.into_id
  AND (i.told_of = r.customer_id OR i.told_of = ANY(r.customers)
       OR i.told_of = r.into_id
          AND NOT EXISTS (SELECT FROM identities o
                          WHERE o.workspace_id = i.workspace_id AND o.kind = i.kind AND o.value = i.value
                            AND o.told_of = r.customer_id)
          AND coalesce((SELECT bool_and(coalesce(u.merged_into, u.id) = r.customer_id) FROM customers u
                        WHERE u.workspace_id = i.workspace_id AND lower(u.email) = i.value AND u.email_proven
                          AND coalesce(u.merged_into, u.id) IN (r.customer_id, r.into_id)),
                       i.told_by IS NOT NULL
                       AND (SELECT v.thread_key FROM conversations v WHERE v.identity_id = i.id
                            ORDER BY v.id LIMIT 1)
                           IN (SELECT 'b:' || k.id FROM cases k WHERE k.customer_id = r.customer_id)))
"""

# While they were one, a case of the one may have gone on over a channel of the other. After their channels
# comes an address that is theirs on somebody's word alone, and last no way to them: it was opened by hand.
_RECALL = f"""
WITH s AS (
    SELECT k.id, i.customer_id AS reaches,
           (SELECT w.id FROM conversations w JOIN identities j ON j.id = w.identity_id
            WHERE j.customer_id = k.customer_id AND (w.channel <> 'internal' OR w.case_id = k.id)
            ORDER BY (SELECT max(m.id) FROM messages m
                      WHERE m.case_id = k.id AND m.conversation_id = w.id AND m.direction = 'in')
                     DESC NULLS LAST, w.channel = 'internal', j.kind = '{TOLD}' AND NOT j.verified, w.id DESC
            LIMIT 1) AS own
    FROM cases k JOIN conversations v ON v.id = k.conversation_id JOIN identities i ON i.id = v.identity_id
    WHERE k.customer_id = ANY(%(customers)s) AND i.customer_id <> k.customer_id AND v.channel <> 'internal'
), k AS (
    UPDATE cases SET conversation_id = coalesce(s.own, cases.conversation_id),
                     customer_id = CASE WHEN s.own IS NULL THEN s.reaches ELSE cases.customer_id END
    FROM s WHERE cases.id = s.id
    RETURNING cases.id, cases.workspace_id, cases.slack_channel
)
{_CARDS.strip()}
"""

# None of their own: what is said next opens a new case.
_REDIRECT = """
UPDATE conversations v
SET case_id = (SELECT o.id FROM cases o
               WHERE o.conversation_id = v.id AND o.customer_id = i.customer_id AND o.merged_into IS NULL
               ORDER BY o.status = 'closed', o.id DESC LIMIT 1)
FROM identities i, cases k
WHERE i.id = v.identity_id AND k.id = v.case_id AND v.channel <> 'internal'
  AND i.customer_id = ANY(%(customers)s) AND k.customer_id <> i.customer_id
"""


_CROSSED = """
SELECT a.id, a.merged_into FROM cases a JOIN cases c ON c.id = a.merged_into
WHERE a.customer_id = ANY(%(customers)s) AND c.customer_id = ANY(%(customers)s)
  AND a.customer_id <> c.customer_id
ORDER BY a.id
"""


async def belongings(tx: Connection, customers: list[int]) -> tuple[list[int], list[int]]:
    """The ids of the cases and of the conversations of some customers."""
    cursor = await tx.execute(_OF, {"customers": customers})
    row = await cursor.fetchone()
    assert row is not None
    return row["cases"], row["conversations"]


async def lock_customers(tx: Connection, customers: list[int]) -> dict[int, Row]:
    """Lock customers against another merge; their rows by id."""
    cursor = await tx.execute(
        """SELECT id, workspace_id, name, merged_into FROM customers WHERE id = ANY(%(ids)s)
           ORDER BY id FOR NO KEY UPDATE""",
        {"ids": customers},
    )
    return {row["id"]: row for row in await cursor.fetchall()}


async def merge(
    tx: Connection, customer: int, into: int, actor: str, now: datetime, case: int | None = None
) -> None:
    """Give all that is ``customer``'s to ``into``, and remember what it was; ``case`` has it in its log."""
    params = {"customer": customer, "into": into, "actor": actor, "now": now, "case": case}
    await tx.execute(_MERGE, params)


async def split(
    tx: Connection,
    merge_id: int,
    customers: Collection[int],
    actor: str,
    now: datetime,
    case: int | None = None,
) -> bool:
    """Undo a merge of ``customers``: what was theirs, what turned out to be since, what came over that,
    and addresses told of them, are theirs again; then come ``crossed`` merges of cases, then ``part``."""
    cursor = await tx.execute(_SPLIT, {"merge": merge_id, "actor": actor, "now": now, "case": case})
    if await cursor.fetchone() is None:
        return False
    await tx.execute(_TOLD_BACK.encode(), {"merge": merge_id})
    return True


async def crossed(tx: Connection, customers: Collection[int]) -> list[tuple[int, int]]:
    """Which cases of the one of ``customers`` were merged into which of the other, by their ids."""
    cursor = await tx.execute(_CROSSED, {"customers": list(customers)})
    return [(row["id"], row["merged_into"]) for row in await cursor.fetchall()]


async def part(tx: Connection, customers: Collection[int]) -> None:
    """No case of the one of ``customers`` answers the other any more, and neither writes into a case of the
    other."""
    for statement in (_RECALL, _REDIRECT):
        await tx.execute(statement.encode(), {"customers": list(customers)})


async def merges_into(db: Database, customer: int) -> list[Row]:
    """The merges into a customer that hold, newest first."""
    return await db.fetch(
        """SELECT r.id, r.into_id, r.customer_id, u.name, u.email, u.external_id, NULL AS site
           FROM customer_merges r JOIN customers u ON u.id = r.customer_id
           WHERE r.into_id = %(customer)s AND r.undone_at IS NULL ORDER BY r.id DESC LIMIT 50""",
        {"customer": customer},
    )
