"""Who the customer is."""

from __future__ import annotations

from typing import Any

from storage import facts
from tools.scope import Scope


async def profile(scope: Scope) -> dict[str, Any]:
    """Who the customer is: name, language, customer number, and what the shop knows besides."""
    row = await facts.profile_of(scope.db, scope.case_id)
    known = await scope.customers.profile(scope.case_id) if scope.customers and row else None
    return dict(row or {}) | ({"crm": dict(known.fields)} if known and not known.stale else {})
