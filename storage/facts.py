"""The stored facts of a case and its customer."""

from __future__ import annotations

from typing import Any

from storage.db import Database, Row
from storage.merged import WITH_MERGED

_CASE = """
SELECT k.number, k.customer_id, u.name, u.email, u.external_id, k.workspace_id
FROM cases k JOIN customers u ON u.id = k.customer_id
WHERE k.id = %(case)s
"""

_SPOKEN = f"""
SELECT direction, author_name, text, created_at FROM messages
WHERE case_id = {WITH_MERGED}
  AND seq IS NOT NULL AND deleted_at IS NULL
ORDER BY id
"""

_ORDERS = """
SELECT external_id, status, data FROM orders
WHERE workspace_id = %(workspace)s
  AND customer_external_id IN (SELECT external_id FROM customers
                               WHERE id = %(customer)s OR merged_into = %(customer)s)
ORDER BY updated_at DESC, id DESC LIMIT %(limit)s
"""

_EARLIER = """
SELECT number, subject, status, opened_at FROM cases
WHERE customer_id = %(customer)s AND id <> %(case)s ORDER BY id DESC LIMIT 5
"""


async def of_case(db: Database, case: int) -> dict[str, Any] | None:
    """The case's row with what was said and not taken back (``spoken``), and the customer's other cases
    (``earlier``)."""
    row = await db.one(_CASE, {"case": case})
    if row is None:
        return None
    return {
        **row,
        "spoken": await db.fetch(_SPOKEN, {"case": case}),
        "earlier": await db.fetch(_EARLIER, {"customer": row["customer_id"], "case": case}),
    }


_UNANSWERED = f"""
SELECT text FROM messages
WHERE case_id = {WITH_MERGED}
  AND direction = 'in' AND deleted_at IS NULL
  AND id > coalesce((SELECT max(id) FROM messages
                     WHERE case_id = {WITH_MERGED}
                       AND direction = 'out' AND deleted_at IS NULL
                       AND NOT EXISTS (SELECT FROM receipts r WHERE r.message_id = messages.id)), 0)
ORDER BY id
"""


async def unanswered(db: Database, case: int) -> list[str]:
    """What the customer wrote since our last answer, a message after the other."""
    return [row["text"] for row in await db.fetch(_UNANSWERED, {"case": case})]


_PROFILE = """
SELECT u.name, u.language, u.external_id AS customer_number, u.email, u.phone, u.profile,
       EXISTS (SELECT FROM identities i WHERE i.customer_id = u.id AND i.verified) AS verified
FROM cases k JOIN customers u ON u.id = k.customer_id
WHERE k.id = %(case)s
"""


async def profile_of(db: Database, case: int) -> Row | None:
    """Who the customer of a case is, with what the shop knows besides (``profile``)."""
    return await db.one(_PROFILE, {"case": case})


async def orders_of(db: Database, case: int, limit: int) -> list[Row]:
    """The orders of a case's customer, the latest first; empty when there is no such case."""
    row = await db.one(_CASE, {"case": case})
    if row is None:
        return []
    params = {"workspace": row["workspace_id"], "customer": row["customer_id"], "limit": limit}
    return await db.fetch(_ORDERS, params)
