"""Questions to the app, in the agent pane or in a case's thread: each is answered once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from storage.db import Connection, Database, Row

CLAIM_SECONDS = 6
"""After so long without a step another process may take the question over: longer than any request."""

_CLAIM = f"""
INSERT INTO answers (workspace_id, channel, ts, thread_ts, post_id, claimed_at)
VALUES (%(workspace)s, %(channel)s, %(ts)s, %(thread)s, %(post)s, clock_timestamp())
ON CONFLICT (workspace_id, channel, ts) DO UPDATE SET claimed_at = clock_timestamp()
WHERE answers.done_at IS NULL
  AND (answers.claimed_at IS NULL
       OR answers.claimed_at < clock_timestamp() - interval '{CLAIM_SECONDS} seconds')
RETURNING tried, stopped_at IS NOT NULL AS stopped, claimed_at
"""

_ONCE = """
INSERT INTO answers (workspace_id, channel, ts, thread_ts, claimed_at, done_at)
VALUES (%(workspace)s, %(channel)s, %(ts)s, %(thread)s, clock_timestamp(), clock_timestamp())
ON CONFLICT (workspace_id, channel, ts) DO NOTHING
RETURNING id
"""

# The lock keeps it in order with a card that opens a new thread.
_SHOW = """
WITH k AS (
    SELECT id, workspace_id, slack_channel FROM cases WHERE id = %(case)s FOR NO KEY UPDATE
)
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
SELECT workspace_id, slack_channel, id, 'answer', 'app', %(payload)s FROM k
"""

_KEY = "workspace_id = %(workspace)s AND channel = %(channel)s AND ts = %(ts)s"


async def claim(db: Database, workspace: int, channel: str, ts: str, thread: str, post: UUID) -> Row | None:
    """Take a question to answer it with the post ``post``; None when it is answered, or somebody is at it.

    ``tried`` says that the answer may be in Slack already, ``stopped`` that it is not wanted any more,
    ``claimed_at`` whose the question is from now on.
    """
    params = {"workspace": workspace, "channel": channel, "ts": ts, "thread": thread, "post": post}
    return await db.one(_CLAIM, params)


async def trying(db: Database, workspace: int, channel: str, ts: str, claimed_at: datetime) -> bool | None:
    """Note that the answer is about to be posted; False when it was stopped meanwhile.

    None when ``claimed_at`` is so long ago that somebody else has taken the question over.
    """
    row = await db.one(
        f"""UPDATE answers SET tried = tried OR stopped_at IS NULL, claimed_at = clock_timestamp()
            WHERE {_KEY} AND claimed_at = %(mine)s AND done_at IS NULL
            RETURNING stopped_at IS NULL AS wanted""",
        {"workspace": workspace, "channel": channel, "ts": ts, "mine": claimed_at},
    )
    return row["wanted"] if row else None


async def let_go(db: Database, workspace: int, channel: str, ts: str) -> None:
    """Slack surely did not take the answer: anybody may try again at once."""
    await db.fetch(
        f"UPDATE answers SET claimed_at = NULL, tried = false WHERE {_KEY} AND done_at IS NULL",
        {"workspace": workspace, "channel": channel, "ts": ts},
    )


async def finish(tx: Connection, workspace: int, channel: str, ts: str) -> None:
    """Note that the question is answered, or stopped."""
    await tx.execute(
        f"UPDATE answers SET done_at = clock_timestamp() WHERE {_KEY}".encode(),
        {"workspace": workspace, "channel": channel, "ts": ts},
    )


async def stop(tx: Connection, workspace: int, channel: str, thread: str) -> None:
    """The person does not want what is being answered in a thread any more."""
    await tx.execute(
        """UPDATE answers SET stopped_at = clock_timestamp()
           WHERE workspace_id = %(workspace)s AND channel = %(channel)s AND thread_ts = %(thread)s
             AND done_at IS NULL""",
        {"workspace": workspace, "channel": channel, "thread": thread},
    )


async def is_done(db: Database, workspace: int, channel: str, ts: str) -> bool:
    """Whether the question is answered, or stopped."""
    row = await db.one(
        f"SELECT done_at IS NOT NULL AS done FROM answers WHERE {_KEY}",
        {"workspace": workspace, "channel": channel, "ts": ts},
    )
    return bool(row and row["done"])


async def once(tx: Connection, workspace: int, channel: str, ts: str, thread: str) -> bool:
    """Note that a question is answered by what ``tx`` writes; False when it was answered before."""
    params = {"workspace": workspace, "channel": channel, "ts": ts, "thread": thread}
    cursor = await tx.execute(_ONCE, params)
    return await cursor.fetchone() is not None


async def show(tx: Connection, case: int, text: str, blocks: list[dict[str, Any]]) -> None:
    """Have an answer posted in the thread of a case, after what waits there already."""
    await tx.execute(_SHOW, {"case": case, "payload": Jsonb({"text": text, "blocks": blocks})})
