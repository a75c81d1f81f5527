"""What must appear in Slack: claiming, stamping, holding and completing posts.

``claim`` and ``restamp`` run on the poster's own connection, which holds the leases of its
channels: a poster that has lost its connection has lost its leases, and cannot claim any more. A first
attempt may also be stamped by ``intake.append``, with leave of the poster (``Stamp``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from storage.db import Connection, Database, Row, array

MAX_BLOCKS = 16
"""Rows that one post may hold (Slack: 50 blocks in a message; a row takes up to three)."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A channel's poster lets one post be stamped by the commit that writes its message down."""

    post: UUID
    channel: str


_COLUMNS = """
    p.id AS post_id, p.workspace_id, p.slack_channel, p.case_id, p.ask_id, p.digest_id, p.is_root, p.attempts,
    extract(epoch FROM clock_timestamp() - p.stamped_at)::float8 AS age,
    CASE WHEN p.ask_id IS NULL THEN k.thread_ts ELSE q.ts END AS thread_ts,
    k.number, o.id AS outbox_id, o.kind, o.message_id, o.part, o.payload,
    o.created_at AS queued_at,
    m.uuid AS message_uuid, m.text, m.author_name, m.created_at AS said_at, m.edited_at, m.deleted_at,
    m.delivered_at, m.read_at,
    v.channel,
    CASE WHEN v.channel IN ('mail', 'api') THEN
        (SELECT jsonb_build_object('title', e.title, 'icon', e.icon, 'public', e.public) FROM entrances e
         WHERE e.workspace_id = v.workspace_id AND e.channel = v.channel AND e.site = v.site) END AS place,
    CASE WHEN v.channel IN ('mail', 'api') AND m.direction = 'in' THEN
        (SELECT a.warnings FROM arrivals a WHERE a.message_id = m.id) END AS warnings,
    CASE WHEN v.channel IN ('mail', 'api') AND m.direction = 'out' THEN
        (SELECT jsonb_build_object('state', y.state, 'reason', y.reason) FROM deliveries y
         WHERE y.message_id = m.id) END AS delivery,
    (SELECT jsonb_agg(jsonb_build_object('name', a.name, 'size', a.size) ORDER BY a.id)
     FROM attachments a WHERE a.message_id = m.id) AS files
"""

_JOINS = """
    JOIN cases k ON k.id = p.case_id
    LEFT JOIN asks q ON q.id = p.ask_id
    LEFT JOIN messages m ON m.id = o.message_id
    LEFT JOIN conversations v ON v.id = m.conversation_id
"""

_CLAIM = f"""
WITH quota AS (
    SELECT * FROM unnest(%(channels)s::text[], %(room)s::bigint[]) AS q (slack_channel, room)
    WHERE NOT EXISTS (SELECT FROM channel_holds h
                      WHERE h.workspace_id = %(workspace)s AND h.slack_channel IN (q.slack_channel, ''))
), lane AS (
    SELECT q.slack_channel, l.lane
    FROM quota q CROSS JOIN LATERAL (
        -- One index probe per lane with something to post, however much that is.
        WITH RECURSIVE heads AS (
            (SELECT lane, id FROM outbox
             WHERE workspace_id = %(workspace)s AND slack_channel = q.slack_channel AND post_id IS NULL
             ORDER BY lane, id LIMIT 1)
            UNION ALL
            SELECT n.lane, n.id
            FROM heads h CROSS JOIN LATERAL (
                SELECT o.lane, o.id FROM outbox o
                WHERE o.workspace_id = %(workspace)s AND o.slack_channel = q.slack_channel
                  AND o.post_id IS NULL AND o.lane > h.lane
                ORDER BY o.lane, o.id LIMIT 1
            ) n
        )
        SELECT h.lane FROM heads h
        WHERE NOT EXISTS (SELECT FROM posts b
                          WHERE b.lane = h.lane AND b.state IN ('stamped', 'waiting'))
        ORDER BY h.id
        LIMIT q.room
    ) l
), waiting AS (
    SELECT o.*, row_number() OVER lane AS place, sum(o.size) OVER lane AS total,
           o.author = first_value(o.author) OVER lane AS same_author
    FROM lane CROSS JOIN LATERAL (
        SELECT id, lane, case_id, ask_id, digest_id, workspace_id, slack_channel, kind, author, size
        FROM outbox
        WHERE workspace_id = %(workspace)s AND slack_channel = lane.slack_channel
          AND outbox.lane = lane.lane AND post_id IS NULL
        ORDER BY id LIMIT {MAX_BLOCKS}
    ) o
    WINDOW lane AS (PARTITION BY o.lane ORDER BY o.id)
), fitting AS (
    SELECT *, bool_and(same_author AND kind IN ('message', 'quote') AND total <= %(limit)s)
              OVER (PARTITION BY lane ORDER BY place) AS fits
    FROM waiting
), batch AS (
    -- Locked before a post is made of them: rows that somebody moves at this moment are waited for, and
    -- left out when they are gone. A post without rows would shut its lane for ever.
    SELECT f.id, f.lane, f.workspace_id, f.slack_channel, f.case_id, f.ask_id, f.digest_id, f.kind, f.place
    FROM fitting f JOIN outbox ON outbox.id = f.id
    WHERE f.place = 1 OR (%(merge)s AND f.fits)
    ORDER BY f.id
    FOR NO KEY UPDATE OF outbox
), p AS (
    INSERT INTO posts (workspace_id, slack_channel, case_id, ask_id, digest_id, is_root, state, attempts,
                       stamped_at)
    SELECT workspace_id, slack_channel, case_id, ask_id, digest_id,
           kind IN ('root', 'ask', 'digest', 'roundup'), 'stamped', 1, clock_timestamp()
    FROM batch WHERE place = 1
    RETURNING *
), o AS (
    UPDATE outbox SET post_id = p.id
    FROM batch JOIN p ON p.lane = batch.lane
    WHERE outbox.id = batch.id
    RETURNING outbox.*
)
SELECT {_COLUMNS} FROM p JOIN o ON o.post_id = p.id {_JOINS} ORDER BY o.id
"""

_OPEN = f"""
SELECT {_COLUMNS}, p.state
FROM posts p JOIN outbox o ON o.post_id = p.id {_JOINS}
WHERE p.workspace_id = %(workspace)s AND p.slack_channel = ANY(%(channels)s)
  AND p.state IN ('stamped', 'waiting')
  AND p.id <> ALL(%(known)s::uuid[])
  AND (p.retry_at IS NULL OR p.retry_at <= clock_timestamp())
ORDER BY o.id
"""

_POSTED = f"""
SELECT {_COLUMNS}, p.ts
FROM posts p JOIN outbox o ON o.post_id = p.id {_JOINS}
WHERE p.id IN (SELECT post_id FROM outbox WHERE message_id = %(message)s) AND p.ts IS NOT NULL
ORDER BY o.id
"""

_RESTAMP = """
UPDATE posts SET state = 'stamped', attempts = attempts + 1, stamped_at = clock_timestamp(), retry_at = NULL
WHERE id = %(post)s AND state IN ('stamped', 'waiting') AND attempts = %(attempt)s
RETURNING attempts
"""

_HOLD = """
UPDATE posts SET state = 'waiting', retry_at = clock_timestamp() + make_interval(secs => %(seconds)s),
                 last_error = %(error)s
WHERE id = %(post)s AND state = 'stamped' AND attempts = %(attempt)s
"""

COMPLETE = """
WITH p AS (
    UPDATE posts SET state = 'posted', ts = %(ts)s, last_error = NULL, retry_at = NULL
    WHERE id = %(post)s AND state <> 'posted'
    RETURNING case_id, ask_id, digest_id, is_root, slack_channel
), k AS (
    UPDATE cases SET thread_ts = %(ts)s FROM p
    WHERE cases.id = p.case_id AND p.is_root AND p.ask_id IS NULL AND p.digest_id IS NULL
      AND cases.thread_ts IS NULL
), q AS (
    UPDATE asks SET ts = %(ts)s FROM p WHERE asks.id = p.ask_id AND p.is_root AND asks.ts IS NULL
), c AS (
    UPDATE cases SET card_ts = %(ts)s FROM p
    WHERE cases.id = p.case_id AND NOT p.is_root
      AND EXISTS (SELECT FROM outbox o WHERE o.post_id = %(post)s AND o.kind = 'card')
)
SELECT slack_channel FROM p
"""

_COMPLETE_PLAIN = """
WITH p AS (
    UPDATE posts SET state = 'posted', ts = d.ts, last_error = NULL, retry_at = NULL
    FROM unnest(%(posts)s::text::uuid[], %(ts)s::text::text[]) AS d (id, ts)
    WHERE posts.id = d.id AND state <> 'posted'
    RETURNING posts.workspace_id, posts.slack_channel, posts.lane
)
SELECT EXISTS (SELECT FROM p JOIN outbox w ON w.workspace_id = p.workspace_id
                                          AND w.slack_channel = p.slack_channel AND w.lane = p.lane
               WHERE w.post_id IS NULL) AS more
"""

_BUSY = """
SELECT DISTINCT slack_channel FROM (
    SELECT slack_channel FROM outbox WHERE post_id IS NULL AND workspace_id = %(workspace)s
    UNION ALL
    SELECT slack_channel FROM posts WHERE state IN ('stamped', 'waiting') AND workspace_id = %(workspace)s
) waiting
WHERE slack_channel <> ALL(%(known)s::text[])
  AND NOT EXISTS (SELECT FROM channel_holds h
                  WHERE h.workspace_id = %(workspace)s AND h.slack_channel IN (waiting.slack_channel, ''))
"""


def said_by(who: str) -> str:
    """SQL that shows a message which the app sent as ``who``, with its parts of ``%(sizes)s`` bytes.

    It stands in a statement whose ``m`` is that message.
    """
    return f"""
    INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, message_id, part, size, payload)
    SELECT m.workspace_id, k.slack_channel, k.id, 'sent', 'app', m.id, p.part - 1, p.size,
           '{{"by": "{who}", "closing": false, "closes": false}}'
    FROM m JOIN cases k ON k.id = m.case_id,
         unnest(%(sizes)s::text::bigint[]) WITH ORDINALITY AS p (size, part)
    ORDER BY p.part"""


async def claim(
    lease: Connection, workspace: int, room: Mapping[str, int], *, merge: bool, limit: int
) -> list[Row]:
    """Take the next posts of the leased channels, but for held ones, and stamp their first attempt.

    ``room`` says how many posts each channel may take now. A lane is a case, or a question to a
    department, with its thread, or a digest for one. A post holds the waiting rows of one lane and
    author, up to ``limit`` escaped bytes (the first always). One row per outbox row comes back, in order,
    with everything that rendering needs.
    """
    cursor = await lease.execute(
        _CLAIM.encode(),
        {
            "workspace": workspace,
            "channels": list(room),
            "room": list(room.values()),
            "merge": merge,
            "limit": limit,
        },
    )
    return await cursor.fetchall()


async def unfinished(
    db: Database, workspace: int, channels: Sequence[str], known: Sequence[UUID]
) -> list[Row]:
    """Posts of ``channels`` that were stamped, not completed and are due, but for the ``known`` ones."""
    return await db.fetch(_OPEN, {"workspace": workspace, "channels": list(channels), "known": list(known)})


async def posts_of(db: Database, message: int) -> list[Row]:
    """The rows of the posts that show a message, as ``claim`` gives them, with the posts' ``ts``."""
    return await db.fetch(_POSTED, {"message": message})


async def restamp(lease: Connection, post: UUID, attempt: int) -> bool:
    """Stamp the attempt after ``attempt``; False when the post is done, or somebody else's turn came."""
    cursor = await lease.execute(_RESTAMP, {"post": post, "attempt": attempt})
    return await cursor.fetchone() is not None


async def hold(db: Database, post: UUID, attempt: int, seconds: float, error: str) -> None:
    """Note that ``attempt`` was refused, why, and when (in ``seconds``) to try again."""
    await db.fetch(_HOLD, {"post": post, "attempt": attempt, "seconds": seconds, "error": error})


async def complete(db: Database, post: UUID, ts: str) -> bool:
    """Note where the post stands in Slack; False when that was known already."""
    return await db.one(COMPLETE, {"post": post, "ts": ts}) is not None


def plain(rows: Sequence[Row]) -> bool:
    """Whether nothing but the post itself must know where it stands: it is neither a thread's nor a card."""
    return not rows[0]["is_root"] and all(row["kind"] != "card" for row in rows)


async def complete_plain(lease: Connection, posts: Mapping[UUID, str]) -> bool:
    """``complete`` for several ``plain`` posts (post → ts); whether more waits in one of their lanes."""
    cursor = await lease.execute(
        _COMPLETE_PLAIN.encode(), {"posts": array(list(posts)), "ts": array(list(posts.values()))}
    )
    row = await cursor.fetchone()
    return bool(row and row["more"])


_GIVE_UP_FILES = """
WITH p AS (
    UPDATE posts SET state = 'posted', ts = NULL, retry_at = NULL, last_error = %(error)s
    WHERE id = %(post)s AND state <> 'posted' RETURNING id
)
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, message_id, payload)
SELECT o.workspace_id, o.slack_channel, o.case_id, 'files_failed', 'app', o.message_id,
       jsonb_build_object('error', %(error)s::text)
FROM p JOIN outbox o ON o.post_id = p.id
WHERE %(error)s::text IS NOT NULL
"""


async def give_up_files(db: Database, post: UUID, error: str | None) -> None:
    """End a post of files that Slack will not take; with an ``error`` the thread is told."""
    await db.fetch(_GIVE_UP_FILES, {"post": post, "error": error})


_FILES = """
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, message_id)
SELECT m.workspace_id, k.slack_channel, k.id, 'files', 'app', m.id
FROM messages m JOIN cases k ON k.id = m.case_id
WHERE m.id = %(message)s AND m.deleted_at IS NULL
  AND NOT EXISTS (SELECT FROM outbox o LEFT JOIN posts p ON p.id = o.post_id
                  WHERE o.message_id = m.id AND o.kind = 'files'
                    AND (o.post_id IS NULL OR p.state <> 'posted' OR p.ts IS NOT NULL))
RETURNING slack_channel
"""


async def add_files(tx: Connection, message: int) -> None:
    """Have the files of a message shared in its thread, after what waits there already."""
    await tx.execute(_FILES, {"message": message})


async def retry_files(db: Database, message: UUID) -> str | None:
    """Try once more to share a message's files; its channel, None when they are there or under way."""
    async with db.transaction() as tx:
        cursor = await tx.execute(
            """SELECT m.id FROM messages m JOIN cases k ON k.id = m.case_id
               WHERE m.uuid = %(uuid)s FOR NO KEY UPDATE OF k""",
            {"uuid": message},
        )
        row = await cursor.fetchone()
        if row is None:
            return None
        cursor = await tx.execute(_FILES, {"message": row["id"]})
        added = await cursor.fetchone()
        return added["slack_channel"] if added else None


async def busy_channels(db: Database, workspace: int, known: Sequence[str]) -> list[str]:
    """Slack channels of ``workspace`` in which something waits, but for the ``known`` and the held ones."""
    rows = await db.fetch(_BUSY, {"workspace": workspace, "known": list(known)})
    return [row["slack_channel"] for row in rows]


async def lease(connection: Connection, workspace: int, channel: str) -> bool:
    """Try to become the only poster of ``channel``; held until the connection ends."""
    cursor = await connection.execute(
        "SELECT pg_try_advisory_lock(hashtextextended(%(key)s, 0)) AS got",
        {"key": f"cx-poster:{workspace}:{channel}"},
    )
    row = await cursor.fetchone()
    return bool(row and row["got"])


async def posted_ts(db: Database, post: UUID) -> str | None:
    """Where the post stands in Slack, if any process has learnt it."""
    row = await db.one("SELECT ts FROM posts WHERE id = %(post)s", {"post": post})
    return row["ts"] if row else None


async def announce(db: Database, channel: str) -> None:
    """Tell the posters of other replicas that something waits in ``channel``."""
    await db.fetch("SELECT pg_notify('cx_outbox', %(channel)s)", {"channel": channel})


async def idle_seconds(db: Database, workspace: int, channel: str) -> float:
    """Seconds since the newest post of ``channel`` was stamped; infinite when there is none."""
    row = await db.one(
        """SELECT extract(epoch FROM clock_timestamp() - max(stamped_at))::float8 AS idle
           FROM posts WHERE workspace_id = %(workspace)s AND slack_channel = %(channel)s""",
        {"workspace": workspace, "channel": channel},
    )
    return row["idle"] if row and row["idle"] is not None else float("inf")


async def note_error(db: Database, post: UUID, error: str) -> None:
    """Note why a post is stuck, for `cx doctor`; it stays as it is otherwise."""
    await db.fetch(
        "UPDATE posts SET last_error = %(error)s WHERE id = %(post)s AND state <> 'posted'",
        {"post": post, "error": error},
    )
