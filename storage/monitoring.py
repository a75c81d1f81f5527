"""What operators ask the database: is it there, what waits, what is stuck."""

from __future__ import annotations

from storage.db import Database, Row

WORKER_STALLED_SECONDS = 9.0
"""A worker that has given no sign of life for so long is taken for dead: its jobs go to another."""

_BACKLOG = """
SELECT (SELECT count(*) FROM outbox WHERE post_id IS NULL)
       + (SELECT count(*) FROM posts WHERE state IN ('stamped', 'waiting')) AS outbox,
       (SELECT count(*) FROM inbox WHERE done_at IS NULL AND dead_at IS NULL) AS inbox
"""

_STUCK = """
SELECT 'post' AS what, slack_channel AS place, last_error AS error, count(*) AS count FROM posts
WHERE state IN ('stamped', 'waiting') AND last_error <> 'ratelimited' GROUP BY 2, 3
UNION ALL
SELECT 'event', kind, last_error, count(*) FROM inbox
WHERE dead_at > clock_timestamp() - interval '7 days'
   OR done_at IS NULL AND dead_at IS NULL AND last_error IS NOT NULL
      AND received_at < clock_timestamp() - interval '10 minutes'
GROUP BY 2, 3
UNION ALL
SELECT kind, slack_channel, last_error, count(*) FROM slack_calls
WHERE done_at IS NULL AND last_error <> 'ratelimited'
   OR done_at > clock_timestamp() - interval '1 day' AND last_error IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY 4 DESC LIMIT 20
"""

_DELIVERIES = """
SELECT channel, state, count(*) AS many,
       extract(epoch FROM clock_timestamp() - min(waiting_since))::float8 AS seconds
FROM deliveries WHERE state IN ('queued', 'sending') GROUP BY channel, state
UNION ALL
SELECT channel, state, count(*), NULL FROM deliveries
WHERE changed_at > clock_timestamp() - interval '1 day' AND state NOT IN ('queued', 'sending')
GROUP BY channel, state
"""


async def ping(db: Database) -> None:
    """Answer, or raise."""
    await db.one("SELECT 1 AS here")


async def backlog(db: Database) -> Row:
    """How many rows wait for Slack (``outbox``) and how many Slack events wait for us (``inbox``)."""
    row = await db.one(_BACKLOG)
    assert row is not None
    return row


async def deliveries(db: Database) -> list[Row]:
    """Replies over outside channels by channel and state: ``many`` that wait, or ended so in the last day.

    Of those that wait also for how many ``seconds`` the oldest does.
    """
    return await db.fetch(_DELIVERIES)


async def stuck(db: Database) -> list[Row]:
    """What Slack refused or what could not be handled: what, place, error, count.

    Waiting for a rate limit is not being stuck, nor is an event that failed a moment ago; one that was set
    aside more than a week ago is history.
    """
    return await db.fetch(_STUCK)


async def live_workers(db: Database, within: float = WORKER_STALLED_SECONDS) -> int:
    """How many workers have given a sign of life in the last ``within`` seconds."""
    row = await db.one(
        """SELECT count(*) AS workers FROM procrastinate_workers
           WHERE last_heartbeat > clock_timestamp() - make_interval(secs => %(within)s)""",
        {"within": within},
    )
    assert row is not None
    return int(row["workers"])
