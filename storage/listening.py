"""How well a workspace is heard: gaps, silence, and what must be read from Slack because of them."""

from __future__ import annotations

from datetime import datetime

from storage.db import Database, Row

GAP_SECONDS = 8
"""Nobody connected for so long: what happened meanwhile is read from Slack."""
TELL_SECONDS = 300
"""After so long an outage the admins are told of it."""
SILENT_SECONDS = 60
"""A post whose echo does not come for so long means that no events come at all."""
_CLAIM_SECONDS = 20

_BEAT = f"""
WITH said AS (
    SELECT clock_timestamp() - make_interval(secs => %(event_age)s) AS event_at,
           clock_timestamp() - make_interval(secs => %(post_age)s) AS unheard_at
), before AS (
    SELECT heard_at, clock_timestamp() - heard_at AS gap FROM listening
    WHERE workspace_id = %(workspace)s FOR UPDATE
), now AS (
    INSERT INTO listening (workspace_id, heard_at, event_at, unheard_at)
    SELECT %(workspace)s, clock_timestamp(), event_at, unheard_at FROM said LEFT JOIN before ON true
    ON CONFLICT (workspace_id) DO UPDATE
    SET heard_at = excluded.heard_at,
        event_at = greatest(listening.event_at, excluded.event_at),
        unheard_at = CASE WHEN least(listening.unheard_at, excluded.unheard_at)
                               > coalesce(greatest(listening.event_at, excluded.event_at), '-infinity')
                          THEN least(listening.unheard_at, excluded.unheard_at) END,
        read_from = CASE WHEN listening.heard_at < excluded.heard_at - interval '{GAP_SECONDS} s'
                         THEN least(listening.read_from, listening.heard_at) ELSE listening.read_from END,
        read_after = CASE WHEN listening.heard_at < excluded.heard_at - interval '{GAP_SECONDS} s'
                          THEN excluded.heard_at ELSE listening.read_after END
    RETURNING event_at, unheard_at, silent_since
), n AS (
    INSERT INTO admin_notices (workspace_id, about, since)
    SELECT %(workspace)s, 'outage', heard_at FROM before WHERE gap > interval '{TELL_SECONDS} s'
)
SELECT extract(epoch FROM before.gap)::float8 AS gap, now.event_at, now.silent_since,
       coalesce(now.unheard_at < clock_timestamp() - interval '{SILENT_SECONDS} s', false) AS silent
FROM now LEFT JOIN before ON true
"""

_SILENT = """
WITH l AS (
    UPDATE listening SET silent_since = coalesce(event_at, unheard_at)
    WHERE workspace_id = %(workspace)s AND silent_since IS NULL
    RETURNING workspace_id, silent_since
), n AS (
    INSERT INTO admin_notices (workspace_id, about, since)
    SELECT workspace_id, 'silent', silent_since FROM l
)
SELECT silent_since FROM l
"""

_HEARD = """
WITH l AS (
    UPDATE listening n SET silent_since = NULL FROM listening o
    WHERE n.workspace_id = %(workspace)s AND o.id = n.id AND o.silent_since IS NOT NULL
    RETURNING n.workspace_id, o.silent_since
), n AS (
    INSERT INTO admin_notices (workspace_id, about, since)
    SELECT workspace_id, 'heard', silent_since FROM l
)
SELECT silent_since FROM l
"""

# Slack says so once a minute while it lasts: one incident, told once.
_LIMITED = """
WITH n AS (
    INSERT INTO admin_notices (workspace_id, about, since)
    SELECT %(workspace)s, 'limited', %(since)s
    WHERE NOT EXISTS (SELECT FROM admin_notices
                      WHERE workspace_id = %(workspace)s AND about = 'limited'
                        AND created_at > clock_timestamp() - interval '1 hour')
)
UPDATE listening SET read_from = least(read_from, %(since)s), read_after = clock_timestamp()
WHERE workspace_id = %(workspace)s
"""

_CLAIM = f"""
UPDATE listening
SET reader = %(me)s, reader_until = clock_timestamp() + interval '{_CLAIM_SECONDS} s'
WHERE workspace_id = %(workspace)s
  AND (reader = %(me)s OR reader_until IS NULL OR reader_until < clock_timestamp())
RETURNING read_from, read_after
"""


async def beat(db: Database, workspace: int, event_age: float | None, post_age: float | None) -> Row:
    """Note that somebody is connected, how long ago the last event and the first post since it were.

    Returns gap (seconds since the last beat of any replica; None at the first), event_at, silent (whether
    echoes are overdue), silent_since. After a gap, what was missed is to be read.
    """
    params = {"workspace": workspace, "event_age": event_age, "post_age": post_age}
    row = await db.one(_BEAT, params)
    assert row is not None
    return row


async def silent(db: Database, workspace: int) -> bool:
    """Slack sends no events; False when that is known."""
    return await db.one(_SILENT, {"workspace": workspace}) is not None


async def heard(db: Database, workspace: int) -> bool:
    """Slack sends events; False when nobody doubted it."""
    return await db.one(_HEARD, {"workspace": workspace}) is not None


async def limited(db: Database, workspace: int, since: datetime) -> None:
    """Slack holds events back since ``since``."""
    await db.fetch(_LIMITED, {"workspace": workspace, "since": since})


async def want(db: Database, workspace: int, since: datetime) -> None:
    """Have read what happened since then."""
    await db.fetch(
        """UPDATE listening SET read_from = least(read_from, %(since)s), read_after = clock_timestamp()
           WHERE workspace_id = %(workspace)s""",
        {"workspace": workspace, "since": since},
    )


async def claim(db: Database, workspace: int, me: str) -> Row | None:
    """Be the one who reads, for 20 s; None when somebody else is. Returns read_from and read_after."""
    return await db.one(_CLAIM, {"workspace": workspace, "me": me})


async def finished(db: Database, workspace: int, read_after: datetime) -> None:
    """All that was wanted at ``read_after`` has been read."""
    await db.fetch(
        """UPDATE listening SET read_from = NULL
           WHERE workspace_id = %(workspace)s AND read_after = %(read_after)s""",
        {"workspace": workspace, "read_after": read_after},
    )


async def troubles(db: Database) -> list[Row]:
    """What keeps events from coming, for operators: what (silent, deaf, limited) and since when.

    A bot that never ran hears nothing, which is no trouble; nor is one that was stopped a minute ago.
    """
    return await db.fetch(
        """SELECT 'silent' AS what, silent_since AS since FROM listening WHERE silent_since IS NOT NULL
           UNION ALL
           SELECT 'deaf', heard_at FROM listening WHERE heard_at < clock_timestamp() - interval '1 minute'
           UNION ALL
           SELECT 'limited', max(since) FROM admin_notices
           WHERE about = 'limited' AND created_at > clock_timestamp() - interval '1 hour'
           HAVING count(*) > 0"""
    )
