"""Customers."""

from __future__ import annotations

from storage.db import Database, Row


async def with_external_id(db: Database, workspace: int, limit: int) -> list[Row]:
    """Customers whom the company's own systems know, by name."""
    return await db.fetch(
        """SELECT external_id, name, email, phone FROM customers
           WHERE workspace_id = %(workspace)s AND external_id IS NOT NULL
           ORDER BY name, id LIMIT %(limit)s""",
        {"workspace": workspace, "limit": limit},
    )
