"""Questions that a model answers: asked, begun in Slack, answered, done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from storage.db import Connection, Database, Row

_ADD = """
INSERT INTO questions (workspace_id, case_id, asker, channel, thread_ts, ts, words, may, asked_at)
VALUES (%(workspace)s, %(case)s, %(asker)s, %(channel)s, %(thread)s, %(ts)s, %(words)s,
        %(may)s::text[], %(now)s)
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
WHERE id = %(id)s AND answer IS NULL AND stopped_at IS NULL
RETURNING id
"""

_BEGIN = """
UPDATE questions SET begun_at = clock_timestamp()
WHERE id = %(id)s AND stopped_at IS NULL AND done_at IS NULL AND (answer IS NOT NULL) = %(kept)s
  AND begun_at IS NOT DISTINCT FROM %(seen)s::timestamptz
RETURNING begun_at
"""


async def add(
    tx: Connection,
    workspace: int,
    case: int | None,
    asker: str,
    place: tuple[str, str, str],
    words: str,
    now: datetime,
    may: Sequence[str] = (),
) -> int | None:
    """Keep a question, asked at ``place`` (channel, its ts, its thread's); None for one that is kept.

    ``may`` are the acts that the asker may do, and the copilot may propose to them.
    """
    channel, ts, thread = place
    params: dict[str, object] = {"workspace": workspace, "case": case, "asker": asker, "words": words}
    params |= {"channel": channel, "ts": ts, "thread": thread, "may": list(may), "now": now}
    cursor = await tx.execute(_ADD, params)
    row = await cursor.fetchone()
    return row["id"] if row else None


async def unanswered(db: Database, question: int) -> Row | None:
    """A question that is not done with, with its workspace's ``url``."""
    return await db.one(_OPEN, {"id": question})


async def begin(db: Database, question: int, seen: datetime | None, *, kept: bool = False) -> datetime | None:
    """Note that words are about to go to Slack, the first ones or, when the answer is ``kept``, all of it.

    None when nobody wants them any more, or somebody else is at it: then that was begun at another time than
    was ``seen``.
    """
    row = await db.one(_BEGIN, {"id": question, "seen": seen, "kept": kept})
    return row["begun_at"] if row else None


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
    """Keep the whole answer; ``done`` when the outbox posts it. False: there is one, or none is wanted."""
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
    async with db.transaction() as tx:
        await finish_in(tx, question)


async def finish_in(tx: Connection, question: int) -> bool:
    """``finish`` as a part of the caller's commit; False when somebody else did."""
    cursor = await tx.execute(
        "UPDATE questions SET done_at = clock_timestamp() WHERE id = %(id)s AND done_at IS NULL RETURNING id",
        {"id": question},
    )
    return await cursor.fetchone() is not None


async def stop(tx: Connection, workspace: int, channel: str, thread: str) -> None:
    """The person does not want what is being answered in a thread any more."""
    await tx.execute(
        """UPDATE questions SET stopped_at = clock_timestamp()
           WHERE workspace_id = %(workspace)s AND channel = %(channel)s AND thread_ts = %(thread)s
             AND done_at IS NULL""",
        {"workspace": workspace, "channel": channel, "thread": thread},
    )
