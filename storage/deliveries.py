"""Replies on their way through somebody else's system: claimed by workers, in the order of their exchange."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from cases.endings import BY_PROCESS
from storage.calls import RECEIPT_CONFLICT
from storage.db import Connection, Database, Row
from storage.reaching import BEGUN_SUBJECT

LEASE_SECONDS = 90.0
"""A sender that says nothing for this long is gone: longer than any attempt takes."""

Place = tuple[str, str]
"""Channel and site."""

_DUE = "d.state = 'queued' AND d.next_at <= clock_timestamp() AND d.channel = ANY(%(channels)s)"
_CLAIM = f"""
WITH busy AS (
    SELECT channel, site, count(*) AS many
    FROM unnest(%(busy_channels)s::text[], %(busy_sites)s::text[]) AS b (channel, site) GROUP BY channel, site
), due AS (
    SELECT d.id, coalesce(b.many, 0) + row_number() OVER (PARTITION BY d.channel, d.site
                                                          ORDER BY d.next_at, d.id) AS place
    FROM deliveries d LEFT JOIN busy b ON b.channel = d.channel AND b.site = d.site
    WHERE {_DUE}
      AND NOT EXISTS (SELECT FROM deliveries e
                      WHERE e.conversation_id = d.conversation_id AND e.id < d.id
                        AND e.state IN ('queued', 'sending'))
), c AS (
    SELECT d.id FROM deliveries d
    WHERE {_DUE} AND d.id IN (SELECT id FROM due WHERE place <= %(each)s)
    ORDER BY d.next_at, d.id LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE deliveries d
SET state = 'sending', attempts = d.attempts + 1, changed_at = clock_timestamp(),
    leased_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM c WHERE d.id = c.id
RETURNING d.id, d.channel, d.site, d.attempts, d.attempts - d.attempts_before AS tries
"""

_LOST = """
SELECT id, channel, attempts, attempts - attempts_before AS tries FROM deliveries
WHERE state = 'sending' AND leased_until < clock_timestamp() AND channel = ANY(%(channels)s)
LIMIT 100
"""

# People have an id of Slack's; what has none, or that of processes, went out by itself. A mail that we begin
# is called as was said for its case alone.
_REPLY = f"""
SELECT d.workspace_id, d.channel, d.site, d.attempts, d.conversation_id, m.id AS message_id,
       m.uuid AS message_uuid, m.text, m.author_name, m.created_at, v.thread_key,
       coalesce(v.language, u.language) AS language,
       i.kind, i.value, u.name AS customer, k.number, {BEGUN_SUBJECT} AS subject,
       (SELECT s.token FROM surveys s WHERE s.message_id = m.id) AS survey,
       (SELECT r.token FROM receipts r WHERE r.message_id = m.id AND NOT r.withdrawn) AS receipt,
       coalesce(m.author_slack, '{BY_PROCESS}') = '{BY_PROCESS}' AS automatic,
       coalesce((SELECT jsonb_agg(jsonb_build_object('uuid', a.uuid, 'name', a.name, 'mime', a.mime,
                                                     'size', a.size) ORDER BY a.id)
                 FROM attachments a WHERE a.message_id = m.id), '[]') AS files
FROM deliveries d
JOIN messages m ON m.id = d.message_id
JOIN conversations v ON v.id = d.conversation_id
JOIN identities i ON i.id = v.identity_id
JOIN customers u ON u.id = i.customer_id
JOIN cases k ON k.id = m.case_id
WHERE d.id = %(id)s
"""

# What becomes of it is shown on the message, and people are called where they must decide.
_SHOWN = f"""p AS (
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, message_id)
    SELECT d.workspace_id, k.slack_channel, k.id, 'receipt', d.message_id
    FROM d JOIN messages m ON m.id = d.message_id JOIN cases k ON k.id = m.case_id{RECEIPT_CONFLICT}
), o AS (
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
    SELECT d.workspace_id, k.slack_channel, k.id, 'delivery', 'app',
           jsonb_build_object('delivery', d.id, 'state', d.state, 'reason', d.reason, 'burst', true)
    FROM d JOIN messages m ON m.id = d.message_id JOIN cases k ON k.id = m.case_id
    WHERE d.state IN ('failed', 'unknown')
), x AS (
    INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
    SELECT d.workspace_id, %(now)s, %(actor)s, 'delivery.' || d.state, m.case_id,
           jsonb_strip_nulls(jsonb_build_object('message', d.message_id, 'reason', d.reason))
    FROM d JOIN messages m ON m.id = d.message_id
    WHERE d.state IN ('failed', 'unknown') OR d.decided_by IS NOT NULL
)"""

_FINISH = f"""
WITH d AS (
    UPDATE deliveries
    SET state = %(state)s::text, reason = %(reason)s, provider_id = coalesce(%(provider_id)s, provider_id),
        next_at = clock_timestamp() + make_interval(secs => %(wait)s), leased_until = NULL,
        decided_by = NULL, changed_at = clock_timestamp(),
        was_lost = was_lost OR %(state)s::text IN ('failed', 'unknown')
    WHERE id = %(id)s AND state = 'sending' AND attempts = %(attempt)s
    RETURNING *
), {_SHOWN}
SELECT id FROM d
"""

# A report may overtake the answer to the attempt that it is about.
_REPORT = f"""
WITH d AS (
    UPDATE deliveries
    SET state = %(state)s, reason = %(reason)s, leased_until = NULL, decided_by = NULL,
        changed_at = clock_timestamp(), was_lost = was_lost OR %(state)s = 'failed'
    FROM messages t
    WHERE t.uuid = %(message)s AND deliveries.message_id = t.id
      AND deliveries.workspace_id = %(workspace)s AND deliveries.channel = %(channel)s
      AND deliveries.site = %(site)s
      AND CASE %(state)s WHEN 'read' THEN deliveries.state <> 'read'
               WHEN 'delivered' THEN deliveries.state NOT IN ('delivered', 'read')
               ELSE deliveries.state IN ('sending', 'sent', 'unknown', 'delivered')
                    OR deliveries.state = 'queued' AND deliveries.attempts > deliveries.attempts_before END
    RETURNING deliveries.*
), t AS (
    UPDATE messages
    SET delivered_at = CASE WHEN %(state)s <> 'failed' THEN coalesce(delivered_at, %(now)s) END,
        read_at = CASE WHEN %(state)s = 'read' THEN %(now)s END
    FROM d WHERE messages.id = d.message_id
), {_SHOWN}
SELECT id FROM d
"""

_AGAIN = f"""
WITH d AS (
    UPDATE deliveries
    SET state = 'queued', attempts_before = attempts, reason = NULL, next_at = clock_timestamp(),
        waiting_since = clock_timestamp(), decided_by = %(actor)s, changed_at = clock_timestamp()
    WHERE token = %(token)s AND workspace_id = %(workspace)s AND state IN ('failed', 'unknown')
    RETURNING *
), {_SHOWN}
SELECT id FROM d
"""

_ARRIVED = _AGAIN.replace("state = 'queued', attempts_before = attempts,", "state = 'sent',").replace(
    "state IN ('failed', 'unknown')\n    RETURNING", "state = 'unknown'\n    RETURNING"
)

_BY = """
SELECT d.id, d.token, d.state, d.channel, d.reason, d.decided_by, m.text, m.case_id, e.title, k.owner
FROM deliveries d JOIN messages m ON m.id = d.message_id JOIN cases k ON k.id = m.case_id
LEFT JOIN entrances e ON e.workspace_id = d.workspace_id AND e.channel = d.channel AND e.site = d.site
WHERE """


async def claim(
    db: Database, channels: Sequence[str], limit: int, each: int, busy: Sequence[Place] = ()
) -> list[Row]:
    """Take replies of these channels that are due, the first of each exchange; their attempt begins now.

    At most ``each`` of one channel and site, together with those that are under way at ``busy``, so that
    a system that hangs holds up its own replies only.
    """
    params = {
        "channels": list(channels),
        "limit": limit,
        "each": each,
        "busy_channels": [channel for channel, _site in busy],
        "busy_sites": [site for _channel, site in busy],
        "lease": LEASE_SECONDS,
    }
    return await db.fetch(_CLAIM, params)


async def lost(db: Database, channels: Sequence[str]) -> list[Row]:
    """Attempts whose sender is gone: nobody knows how they ended."""
    return await db.fetch(_LOST, {"channels": list(channels)})


async def reply(db: Database, delivery: int) -> Row:
    """What is to be handed over, to whom."""
    (row,) = await db.fetch(_REPLY, {"id": delivery})
    return row


async def finish(
    db: Database,
    delivery: int,
    attempt: int,
    state: str,
    now: datetime,
    *,
    reason: str | None = None,
    provider_id: str | None = None,
    wait: timedelta = timedelta(),
) -> bool:
    """Note how an attempt ended; ``queued`` = to be tried again after ``wait``.

    False when somebody noted that before, or a report about it was faster.
    """
    params = {
        "id": delivery,
        "attempt": attempt,
        "state": state,
        "reason": reason,
        "provider_id": provider_id,
        "wait": wait.total_seconds(),
        "actor": "app",
        "now": now,
    }
    return await db.one(_FINISH, params) is not None


async def report(
    db: Database,
    workspace: int,
    channel: str,
    site: str,
    message: UUID,
    state: str,
    now: datetime,
    reason: str | None = None,
) -> bool:
    """Note what the other system says of a reply: ``delivered``, ``read`` or ``failed``.

    False where that is no news, or no reply of that site.
    """
    params = {
        "workspace": workspace,
        "channel": channel,
        "site": site,
        "message": message,
        "state": state,
        "reason": reason,
        "actor": "app",
        "now": now,
    }
    return await db.one(_REPORT, params) is not None


async def exists(db: Database, workspace: int, channel: str, site: str, message: UUID) -> bool:
    """Whether a reply of that site is known by that uuid."""
    row = await db.one(
        """SELECT FROM deliveries d JOIN messages m ON m.id = d.message_id
           WHERE m.uuid = %(message)s AND d.workspace_id = %(workspace)s AND d.channel = %(channel)s
             AND d.site = %(site)s""",
        {"workspace": workspace, "channel": channel, "site": site, "message": message},
    )
    return row is not None


async def again(tx: Connection, workspace: int, token: UUID, actor: str, now: datetime) -> bool:
    """Have a reply handed over once more that failed, or may have; whether that was to be decided."""
    params = {"workspace": workspace, "token": token, "actor": actor, "now": now}
    return await (await tx.execute(_AGAIN.encode(), params)).fetchone() is not None


async def arrived(tx: Connection, workspace: int, token: UUID, actor: str, now: datetime) -> bool:
    """Note that a person says it reached the customer; whether that was unknown."""
    params = {"workspace": workspace, "token": token, "actor": actor, "now": now}
    return await (await tx.execute(_ARRIVED.encode(), params)).fetchone() is not None


async def by_id(db: Database, delivery: int) -> Row:
    """A reply and how far it has come."""
    (row,) = await db.fetch(f"{_BY} d.id = %(id)s", {"id": delivery})
    return row


async def by_token(db: Database, workspace: int, token: UUID) -> Row | None:
    """The reply that a button is about."""
    return await db.one(
        f"{_BY} d.token = %(token)s AND d.workspace_id = %(workspace)s",
        {"token": token, "workspace": workspace},
    )


async def counts(db: Database) -> dict[str, int]:
    """How many replies wait, and how many people must decide about, by state."""
    rows = await db.fetch(
        """SELECT state, count(*) AS many FROM deliveries
           WHERE state IN ('queued', 'sending', 'failed', 'unknown') GROUP BY state"""
    )
    return {row["state"]: row["many"] for row in rows}


async def stuck(db: Database, older_than: timedelta) -> list[Row]:
    """Channels and sites whose replies have waited for that long, with how many they are."""
    return await db.fetch(
        """SELECT channel, site, count(*) AS many FROM deliveries
           WHERE state IN ('queued', 'sending') AND next_at < clock_timestamp() - %(old)s::interval
           GROUP BY channel, site ORDER BY channel, site""",
        {"old": older_than},
    )
