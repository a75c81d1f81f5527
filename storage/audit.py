"""The append-only audit, for acts that leave no other trace."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from storage.db import Database


async def note(
    db: Database, workspace: int, actor: str, action: str, detail: dict[str, Any], now: datetime
) -> None:
    """Write down that ``actor`` did ``action``."""
    await db.fetch(
        """INSERT INTO audit (workspace_id, at, actor, action, detail)
           VALUES (%(workspace)s, %(now)s, %(actor)s, %(action)s, %(detail)s)""",
        {"workspace": workspace, "now": now, "actor": actor, "action": action, "detail": Jsonb(detail)},
    )
