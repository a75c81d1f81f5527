"""Who can be asked inside the company."""

from __future__ import annotations

from tools.scope import Scope


async def departments(scope: Scope) -> list[dict[str, str]]:
    """The departments that can be asked: key, name, what they look after."""
    return [{"key": desk.key, "name": desk.name, "about": desk.description} for desk in scope.desks]
