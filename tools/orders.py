"""The customer's orders."""

from __future__ import annotations

from typing import Any

from storage import facts
from tools.scope import Scope

_MOST = 20
_AT_LENGTH = 5


async def orders(scope: Scope, number: str = "") -> list[dict[str, Any]]:
    """The customer's orders, the latest first, with status and items. `number` asks for one of them."""
    rows = await facts.orders_of(scope.db, scope.case_id, 200)
    wanted = number.strip().lstrip("#").casefold()
    if wanted:
        rows = [row for row in rows if row["external_id"].lstrip("#").casefold() == wanted]
    found: list[dict[str, Any]] = []
    for row in rows[:_MOST]:
        marker = scope.show(f"o:{row['external_id'].lstrip('#')}", f"{row['external_id']} ({row['status']})")
        whole = row["data"] if wanted or len(found) < _AT_LENGTH else {}
        found.append({"cite": marker, "number": row["external_id"], "status": row["status"], **whole})
    return found
