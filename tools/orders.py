"""The customer's orders."""

from __future__ import annotations

from typing import Any

from storage import facts
from tools.scope import Scope

_MOST = 20
_AT_LENGTH = 5
_ALL = 200


async def orders(scope: Scope, number: str = "") -> list[dict[str, Any]]:
    """The customer's orders, the latest first, with status and items. `number` asks for one of them."""
    rows = await _rows(scope)
    wanted = number.strip().lstrip("#").casefold()
    if wanted:
        rows = [row for row in rows if row["external_id"].lstrip("#").casefold() == wanted]
    found: list[dict[str, Any]] = []
    for row in rows[:_MOST]:
        marker = scope.show(f"o:{row['external_id'].lstrip('#')}", f"{row['external_id']} ({row['status']})")
        whole = row["data"] if wanted or len(found) < _AT_LENGTH else {}
        found.append({"cite": marker, "number": row["external_id"], "status": row["status"], **whole})
    return found


async def _rows(scope: Scope) -> list[dict[str, Any]]:
    if scope.customers is None:
        return await facts.orders_of(scope.db, scope.case_id, _ALL)
    known = await scope.customers.orders(scope.case_id, _ALL)
    note = {"note": "as imported last; the CRM does not answer"} if known.stale else {}
    return [
        {
            "external_id": order.external_id,
            "status": order.status,
            "data": {
                "items": list(order.items),
                "placed": str(order.placed or ""),
                "total": order.total,
                **note,
            },
        }
        for order in known.found
    ]
