"""What a model is shown of a case: its own messages, from where its summary ends."""

from __future__ import annotations

from storage.db import Database, Row
from storage.merged import WITH_MERGED

_CASE = """
SELECT k.id, k.number, k.workspace_id, k.customer_id, k.token, k.status, k.priority, k.owner, k.opened_at,
       k.slack_channel, k.thread_ts, v.channel, v.language, v.last_in_seq, u.name AS customer, w.masks
FROM cases k JOIN conversations v ON v.id = k.conversation_id JOIN customers u ON u.id = k.customer_id
JOIN workspaces w ON w.id = k.workspace_id
WHERE k.id = %(case)s
"""

_LINES = f"""
SELECT id, direction, author_name, author_slack, text, created_at, edited_at FROM messages
WHERE case_id = {WITH_MERGED}
  AND deleted_at IS NULL AND id > %(after)s
ORDER BY id
"""

# What departments asked back is answered in their channel, so it is no answer to build on.
_ANSWERS = f"""
SELECT w.id, a.department_name, w.text, w.created_at FROM ask_answers w JOIN asks a ON a.id = w.ask_id
WHERE a.case_id = {WITH_MERGED} AND w.kind = 'answer'
ORDER BY w.id
"""

# A summary that knows words which were changed or taken back since begins anew, and so does one that knows of
# what was split off since, or nothing of what was merged.
_BASE = f"""
SELECT s.base, s.base_id, s.language FROM summaries s JOIN cases k ON k.id = s.case_id
WHERE s.case_id = %(case)s AND s.base IS NOT NULL
  AND (k.regrouped_at IS NULL OR s.made_at > k.regrouped_at)
  AND NOT EXISTS (SELECT FROM messages m
                  WHERE m.case_id = {WITH_MERGED}
                    AND m.id <= s.through_id AND (m.edited_at > s.made_at OR m.deleted_at > s.made_at))
ORDER BY s.base_id DESC LIMIT 1
"""

_IDS = f"""
SELECT id FROM messages
WHERE case_id = {WITH_MERGED} AND deleted_at IS NULL
"""


async def head(db: Database, case: int) -> Row | None:
    """The case and its customer."""
    return await db.one(_CASE, {"case": case})


async def base(db: Database, case: int) -> Row | None:
    """The summary that stands for the messages up to ``base_id``, and its ``language``; None while all are
    shown."""
    return await db.one(_BASE, {"case": case})


async def lines(db: Database, case: int, after: int) -> list[Row]:
    """The messages of a case, and the talk of the team about it, after message ``after``, in order."""
    return await db.fetch(_LINES, {"case": case, "after": after})


async def answers(db: Database, case: int) -> list[Row]:
    """What departments answered about a case, in order."""
    return await db.fetch(_ANSWERS, {"case": case})


async def message_ids(db: Database, case: int) -> set[int]:
    """All messages that may be cited in a case."""
    return {row["id"] for row in await db.fetch(_IDS, {"case": case})}


async def newest(db: Database, case: int) -> int:
    """The id of the case's newest message; 0 when nothing was said."""
    return max(await message_ids(db, case), default=0)
