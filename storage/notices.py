"""What those who administer the workspace are to be told: written with its cause, told once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from cases.enums import NoticeAbout
from storage.db import Database, Row

AGAIN_SECONDS = 60
"""A notice that its teller did not get across is handed out again after this long."""

_ADD = """
INSERT INTO admin_notices (workspace_id, about, slack_channel, detail, since)
VALUES (%(workspace)s, %(about)s, %(channel)s, %(detail)s, %(since)s)
"""

# Whoever is cut off from Slack can tell nobody, and should not try.
_CLAIM = """
UPDATE admin_notices SET claimed_at = clock_timestamp()
WHERE id IN (
    SELECT id FROM admin_notices
    WHERE workspace_id = %(workspace)s AND told_at IS NULL
      AND (claimed_at IS NULL OR claimed_at < clock_timestamp() - make_interval(secs => %(again)s))
      AND NOT EXISTS (SELECT FROM channel_holds h
                      WHERE h.workspace_id = %(workspace)s AND h.slack_channel = '')
    ORDER BY id FOR UPDATE SKIP LOCKED)
RETURNING id, about, slack_channel, detail, since
"""


async def add(
    db: Database,
    workspace: int,
    about: NoticeAbout,
    since: datetime,
    channel: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Have the admins told; ``since`` is when it began."""
    params = {"workspace": workspace, "about": about, "channel": channel, "since": since}
    await db.fetch(_ADD, params | {"detail": Jsonb(detail or {})})


async def claim(db: Database, workspace: int) -> list[Row]:
    """What nobody was told yet (id, about, slack_channel, detail, since), handed out once."""
    rows = await db.fetch(_CLAIM, {"workspace": workspace, "again": AGAIN_SECONDS})
    return sorted(rows, key=lambda row: row["id"])


async def told(db: Database, notice: int) -> None:
    """Somebody has been told."""
    await db.fetch("UPDATE admin_notices SET told_at = clock_timestamp() WHERE id = %(id)s", {"id": notice})
