"""Customers."""

from __future__ import annotations

from storage.db import Database, Row

_IDENTITIES = """
SELECT jsonb_agg(to_jsonb(x)) FROM (
    SELECT i.kind, i.value, i.verified, i.told_by, e.title AS place, e.icon, count(*) OVER () AS many
    FROM identities i
    LEFT JOIN entrances e ON i.kind = 'api' AND e.workspace_id = i.workspace_id AND e.channel = 'api'
                         AND e.site = split_part(i.value, ':', 1)
    WHERE i.customer_id = u.id AND i.kind <> 'internal'
    ORDER BY i.verified DESC, i.id DESC LIMIT %(most)s
) x"""

_EMAILS = """
SELECT jsonb_object_agg(x.email, x.proven) FROM (
    SELECT lower(w.email) AS email, bool_or(w.email_proven) AS proven FROM customers w
    WHERE (w.id = u.id OR w.merged_into = u.id) AND w.email <> ''
    GROUP BY lower(w.email) LIMIT %(most)s
) x"""

_ORDERS = """
FROM orders o WHERE o.workspace_id = u.workspace_id
  AND o.customer_external_id IN (SELECT w.external_id FROM customers w
                                 WHERE w.id = u.id OR w.merged_into = u.id)"""

_SHEET = f"""
SELECT u.id, u.name, u.external_id, u.language, u.profile ->> 'time_zone' AS zone, u.phone, u.created_at,
       ({_EMAILS}) AS emails, ({_IDENTITIES}) AS identities, (SELECT count(*) {_ORDERS}) AS orders,
       (SELECT jsonb_build_object('id', o.external_id, 'status', o.status)
        {_ORDERS} ORDER BY o.updated_at DESC, o.id DESC LIMIT 1) AS newest_order
FROM customers u
WHERE u.id = (SELECT coalesce(merged_into, id) FROM customers
              WHERE id = %(customer)s AND workspace_id = %(workspace)s)
"""


async def with_external_id(db: Database, workspace: int, limit: int) -> list[Row]:
    """Customers whom the company's own systems know, by name."""
    return await db.fetch(
        """SELECT external_id, name, email, phone FROM customers
           WHERE workspace_id = %(workspace)s AND external_id IS NOT NULL
           ORDER BY name, id LIMIT %(limit)s""",
        {"workspace": workspace, "limit": limit},
    )


async def sheet(db: Database, workspace: int, customer: int, *, most: int) -> Row | None:
    """Who a customer is, or whoever they were merged into; None for one of another workspace.

    Of their ``identities`` the ``most`` important ones, each with how ``many`` there are, and ``place`` and
    ``icon`` where another system knows them by it; their ``emails``, each with whether it is proven; the
    number of their ``orders``, and the ``newest_order``.
    """
    return await db.one(_SHEET, {"workspace": workspace, "customer": customer, "most": most})
