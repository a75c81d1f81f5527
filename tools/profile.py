"""Who the customer is."""

from __future__ import annotations

from typing import Any

from storage import facts
from tools.scope import Scope


async def profile(scope: Scope) -> dict[str, Any]:
    """Who the customer is: name, language, customer number, and what the shop knows besides."""
    row = await facts.profile_of(scope.db, scope.case_id)
    return dict(row) if row else {}
