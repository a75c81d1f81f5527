"""What our own tables know of a case's customer."""

from __future__ import annotations

from dataclasses import dataclass

from cases.customer_data import Known, Orders, Profile, stored_order
from storage import facts
from storage.db import Database

_KNOWN = """
SELECT u.id AS customer,
       ARRAY(SELECT external_id FROM customers
             WHERE (id = u.id OR merged_into = u.id) AND external_id IS NOT NULL ORDER BY id) AS external_ids,
       CASE WHEN u.email_proven THEN u.email END AS email
FROM cases k JOIN customers u ON u.id = k.customer_id WHERE k.id = %(case)s
"""
_PROFILE = """
SELECT u.name, u.email, u.phone, u.language, u.profile
FROM cases k JOIN customers u ON u.id = k.customer_id WHERE k.id = %(case)s
"""


@dataclass(frozen=True, slots=True)
class StoredData:
    """Implements ``cases.customer_data.CustomerData`` by imported rows."""

    db: Database

    async def orders(self, case: int, limit: int = 5) -> Orders:
        """Their orders, the latest first; none when there is no such case."""
        rows = await facts.orders_of(self.db, case, limit)
        return Orders([stored_order(row["external_id"], row["status"], row["data"]) for row in rows])

    async def profile(self, case: int) -> Profile | None:
        """What is known of them; None when there is no such case."""
        row = await self.db.one(_PROFILE, {"case": case})
        if row is None:
            return None
        own = {name: row[name] for name in ("email", "phone", "language") if row[name]}
        flat = {
            name: str(value) for name, value in row["profile"].items() if isinstance(value, str | int | float)
        }
        return Profile(row["name"], flat | own)


async def known(db: Database, case: int) -> Known | None:
    """By what the case's customer may be asked for elsewhere; None when there is no such case."""
    row = await db.one(_KNOWN, {"case": case})
    return Known(row["customer"], row["external_ids"], row["email"]) if row else None
