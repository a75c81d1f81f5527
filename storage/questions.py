"""Questions that a model answers: asked, begun in Slack, answered, done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from storage.db import Connection, Database, Row

_ADD = """
INSERT INTO questions (workspace_id, case_id, asker, channel, thread_ts, ts, words, asked_at)
VALUES (%(workspace)s, %(case)s, %(asker)s, %(channel)s, %(thread)s, %(ts)s, %(words)s, %(now)s)
ON CONFLICT (workspace_id, channel, ts) DO NOTHING
RETURNING id
"""

_OPEN = """
SELECT q.*, w.url FROM questions q JOIN workspaces w ON w.id = q.workspace_id
WHERE q.id = %(id)s AND q.done_at IS NULL
"""

_ANSWERED = """
UPDATE questions SET answer = %(answer)s, prompt = %(prompt)s, model = %(model)s, post_ts = %(post_ts)s,
                     done_at = CASE WHEN %(done)s THEN clock_timestamp() END
WHERE id = %(id)s AND answer IS NULL
RETURNING id
"""


async def add(
    tx: Connection,
    workspace: int,
    case: int | None,
    asker: str,
    place: tuple[str, str, str],
    words: str,
    now: datetime,
) -> int | None:
    """Keep a question, asked at ``place`` (channel, its ts, its thread's); None for one that is kept."""
    channel, ts, thread = place
    params = {"workspace": workspace, "case": case, "asker": asker, "words": words, "now": now}
    cursor = await tx.execute(_ADD, params | {"channel": channel, "ts": ts, "thread": thread})
    row = await cursor.fetchone()
    return row["id"] if row else None


async def unanswered(db: Database, question: int) -> Row | None:
    """A question that is not done with, with its workspace's ``url``."""
    return await db.one(_OPEN, {"id": question})


async def begin(db: Database, question: int) -> bool:
    """Note that the first words are about to go to Slack; False when nobody wants them any more."""
    row = await db.one(
        """UPDATE questions SET begun_at = clock_timestamp() WHERE id = %(id)s AND stopped_at IS NULL
           RETURNING id""",
        {"id": question},
    )
    return row is not None


async def stands(db: Database, question: int, post_ts: str) -> None:
    """Note where the answer stands in Slack."""
    await db.fetch("UPDATE questions SET post_ts = %(ts)s WHERE id = %(id)s", {"id": question, "ts": post_ts})


async def answered(
    tx: Connection,
    question: int,
    answer: dict[str, Any],
    prompt: str,
    model: str,
    post_ts: str | None,
    *,
    done: bool,
) -> bool:
    """Keep the whole answer; ``done`` when somebody else posts it. False when there is one already."""
    cursor = await tx.execute(
        _ANSWERED,
        {
            "id": question,
            "answer": Jsonb(answer),
            "prompt": prompt,
            "model": model,
            "post_ts": post_ts,
            "done": done,
        },
    )
    return await cursor.fetchone() is not None


async def finish(db: Database, question: int) -> None:
    """Note that nothing is left to do."""
    await db.fetch("UPDATE questions SET done_at = clock_timestamp() WHERE id = %(id)s", {"id": question})


async def stop(tx: Connection, workspace: int, channel: str, thread: str) -> None:
    """The person does not want what is being answered in a thread any more."""
    await tx.execute(
        """UPDATE questions SET stopped_at = clock_timestamp()
           WHERE workspace_id = %(workspace)s AND channel = %(channel)s AND thread_ts = %(thread)s
             AND done_at IS NULL""",
        {"workspace": workspace, "channel": channel, "thread": thread},
    )
