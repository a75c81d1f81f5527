"""Summaries of cases, kept to be extended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from storage.db import Database, Row
from storage.merged import WITH_MERGED

_SAVE = """
INSERT INTO summaries (workspace_id, case_id, language, body, through_id, base, base_id, prompt, model,
                       dropped, made_at)
SELECT workspace_id, id, %(language)s, %(body)s, %(through)s,
       CASE WHEN %(fold)s > 0 THEN %(body)s::jsonb END, %(fold)s,
       %(prompt)s, %(model)s, %(dropped)s, %(now)s
FROM cases WHERE id = %(case)s
ON CONFLICT (case_id, language) DO UPDATE
SET body = excluded.body, through_id = excluded.through_id, prompt = excluded.prompt, model = excluded.model,
    dropped = excluded.dropped, made_at = excluded.made_at,
    base = CASE WHEN %(keep)s THEN summaries.base ELSE excluded.base END,
    base_id = CASE WHEN %(keep)s THEN summaries.base_id ELSE excluded.base_id END
WHERE summaries.through_id <= excluded.through_id
   OR summaries.made_at <= (SELECT k.regrouped_at FROM cases k WHERE k.id = summaries.case_id)
"""

_NEWEST = f"""
SELECT s.body, s.through_id, s.made_at FROM summaries s JOIN cases k ON k.id = s.case_id
WHERE s.case_id = %(case)s AND s.language = %(language)s
  AND (k.regrouped_at IS NULL OR s.made_at > k.regrouped_at)
  AND NOT EXISTS (SELECT FROM messages m
                  WHERE m.case_id = {WITH_MERGED}
                    AND (m.id > s.through_id OR m.edited_at > s.made_at OR m.deleted_at > s.made_at))
  AND NOT EXISTS (SELECT FROM asks a JOIN ask_answers w ON w.ask_id = a.id
                  WHERE a.case_id = {WITH_MERGED}
                    AND w.kind = 'answer' AND w.created_at > s.made_at)
"""


async def current(db: Database, case: int, language: str) -> Row | None:
    """The stored summary in ``language``; None when something was said, changed, taken back, merged or split
    since."""
    return await db.one(_NEWEST, {"case": case, "language": language})


async def newest(db: Database, case: int, language: str) -> Row | None:
    """Which summary is stored in ``language``, whatever was said since: id, through_id, prompt, model."""
    return await db.one(
        """SELECT id, through_id, prompt, model FROM summaries
           WHERE case_id = %(case)s AND language = %(language)s""",
        {"case": case, "language": language},
    )


async def save(
    db: Database,
    case: int,
    language: str,
    body: dict[str, Any],
    through: int,
    *,
    fold: int,
    summed: str | None,
    prompt: str,
    model: str,
    dropped: int,
    now: datetime,
) -> None:
    """Keep a summary of the messages up to ``through``; it stands for those up to ``fold`` in the case file.

    With ``fold`` 0 the file begins as it did when this was made: with none, or with an earlier one in the
    language ``summed``.
    """
    await db.fetch(
        _SAVE,
        {
            "case": case,
            "language": language,
            "body": Jsonb(body),
            "through": through,
            "fold": fold,
            "keep": summed == language and not fold,
            "prompt": prompt,
            "model": model,
            "dropped": dropped,
            "now": now,
        },
    )
