"""Posts of the app that a person deleted in Slack: found again, and put back where they belong."""

from __future__ import annotations

from datetime import datetime

from storage.db import Connection, Row

_POST = """
SELECT p.id, p.case_id, p.workspace_id, p.slack_channel, p.is_root,
       p.ask_id IS NULL AND k.thread_ts = p.ts AS is_thread, k.conversation_id
FROM posts p JOIN cases k ON k.id = p.case_id
WHERE p.workspace_id = %(workspace)s AND p.slack_channel = %(channel)s AND p.ts = %(ts)s
FOR UPDATE OF p FOR NO KEY UPDATE OF k
"""

# Without its ts it is nobody's post any more: told again of the deletion, nothing is found.
_FORGET = "UPDATE posts SET ts = NULL, last_error = 'deleted by a person' WHERE id = %(post)s"

# A question that is posted again opens a new thread.
_AGAIN = """
WITH q AS (
    UPDATE asks SET ts = NULL FROM outbox o
    WHERE o.post_id = %(post)s AND o.kind = 'ask' AND asks.id = o.ask_id
)
UPDATE outbox SET post_id = NULL, payload = payload - 'burst' || '{"again": true}'
WHERE post_id = %(post)s AND kind IN ('message', 'sent', 'card', 'ask')
  AND (kind IN ('card', 'ask') OR payload ->> 'again' IS NULL)
RETURNING id
"""

_LEFT = """
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author, payload)
SELECT o.workspace_id, o.slack_channel, o.case_id, 'notice', 'app', '{"event": "left_deleted"}'
FROM outbox o WHERE o.post_id = %(post)s AND o.kind IN ('message', 'sent') LIMIT 1
"""

_CARD = """
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author)
SELECT workspace_id, slack_channel, id, 'card', 'app' FROM cases WHERE id = %(case)s
"""

_AUDIT = """
INSERT INTO audit (workspace_id, at, actor, action, case_id, detail)
VALUES (%(workspace)s, %(now)s, 'slack', 'post.deleted', %(case)s,
        jsonb_build_object('post', %(post)s::text, 'root', %(root)s::bool))
"""

_FREE_LANE = """
WITH p AS (
    UPDATE posts SET state = 'posted', last_error = 'its thread was deleted'
    WHERE lane = %(case)s AND state IN ('stamped', 'waiting')
    RETURNING id
)
UPDATE outbox SET post_id = NULL FROM p WHERE outbox.post_id = p.id
"""

_NEW_ROOT = """
WITH k AS (
    UPDATE cases SET thread_ts = NULL, card_ts = NULL WHERE id = %(case)s
    RETURNING id, workspace_id, slack_channel
)
INSERT INTO outbox (workspace_id, slack_channel, case_id, kind, author)
SELECT workspace_id, slack_channel, id, 'root', 'app' FROM k
RETURNING id
"""

# A claim of these rows that is under way is waited for: the lane is freed of its post as well. One that
# comes later waits for us, and finds them moved.
_LOCK_WAITING = """
SELECT FROM outbox WHERE lane = %(case)s AND post_id IS NULL ORDER BY id FOR NO KEY UPDATE
"""

# The new card must come first in its lane: what waits gets higher numbers, in the same order, and whoever
# knows it by its number learns the new one.
_BEHIND = """
WITH moved AS MATERIALIZED (
    SELECT w.*, nextval(pg_get_serial_sequence('outbox', 'id')) AS new_id
    FROM (SELECT * FROM outbox WHERE lane = %(case)s AND post_id IS NULL AND id < %(root)s ORDER BY id) w
), added AS (
    INSERT INTO outbox (id, workspace_id, slack_channel, case_id, kind, author, message_id, part, size,
                        payload, created_at)
    SELECT new_id, workspace_id, slack_channel, case_id, kind, author, message_id, part, size, payload,
           created_at
    FROM moved
), r AS (
    UPDATE reminders SET outbox_id = moved.new_id FROM moved WHERE reminders.outbox_id = moved.id
), c AS (
    UPDATE copilot_drafts SET outbox_id = moved.new_id FROM moved WHERE copilot_drafts.outbox_id = moved.id
)
DELETE FROM outbox USING moved WHERE outbox.id = moved.id
"""


async def post_at(tx: Connection, workspace: int, channel: str, ts: str) -> Row | None:
    """The post that stood at ``ts``, it and its case locked; None when it is none of ours (any more)."""
    cursor = await tx.execute(_POST, {"workspace": workspace, "channel": channel, "ts": ts})
    return await cursor.fetchone()


async def lock_case_at(tx: Connection, workspace: int, channel: str, ts: str) -> None:
    """Lock the conversation of the post at ``ts``, as everybody does first."""
    await tx.execute(
        """SELECT FROM conversations WHERE id = (
               SELECT k.conversation_id FROM posts p JOIN cases k ON k.id = p.case_id
               WHERE p.workspace_id = %(workspace)s AND p.slack_channel = %(channel)s AND p.ts = %(ts)s)
           FOR UPDATE""",
        {"workspace": workspace, "channel": channel, "ts": ts},
    )


async def note(tx: Connection, post: Row, now: datetime) -> None:
    """Write the deletion down; the post stands nowhere any more."""
    about = {"post": post["id"], "case": post["case_id"], "workspace": post["workspace_id"]}
    await tx.execute(_FORGET, about)
    await tx.execute(_AUDIT, about | {"root": post["is_root"], "now": now})


async def post_again(tx: Connection, post: Row) -> None:
    """Have what the post showed posted once more; at the second time only say that it is missing.

    A card comes back always, as does a question to a department; lines about the case (taken, closed, …)
    do not.
    """
    cursor = await tx.execute(_AGAIN, {"post": post["id"]})
    if await cursor.fetchone() is None:
        await tx.execute(_LEFT, {"post": post["id"]})


async def card_in_thread(tx: Connection, case: int) -> None:
    """Have the card posted in the thread that it used to open."""
    await tx.execute(_CARD, {"case": case})


async def new_thread(tx: Connection, case: int) -> None:
    """Have the card open a new thread, before everything that waits for being posted."""
    await tx.execute(_LOCK_WAITING, {"case": case})
    await tx.execute(_FREE_LANE, {"case": case})
    cursor = await tx.execute(_NEW_ROOT, {"case": case})
    row = await cursor.fetchone()
    assert row is not None
    await tx.execute(_BEHIND, {"case": case, "root": row["id"]})
