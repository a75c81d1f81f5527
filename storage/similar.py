"""Closed cases that look like another: facts about them, none of their words."""

from __future__ import annotations

from storage.db import Database, Row

_NEWEST = 5_000
"""Of the messages that share a word, so many of the newest are weighed."""

_CLOSED = f"""
WITH asked AS (
    SELECT string_agg(DISTINCT quote_literal(w.lexeme), ' | ')::tsquery AS words
    FROM messages m JOIN search_words s ON s.message_id = m.id, unnest(s.words) AS w
    WHERE m.case_id = %(case)s AND m.direction = 'in' AND length(w.lexeme) > 3
), hits AS (
    SELECT m.case_id, ts_rank(s.words, a.words) AS rank
    FROM asked a, search_words s JOIN messages m ON m.id = s.message_id
    WHERE s.words @@ a.words AND m.direction = 'in' AND m.deleted_at IS NULL
      AND s.workspace_id = (SELECT workspace_id FROM cases WHERE id = %(case)s)
    ORDER BY s.message_id DESC LIMIT {_NEWEST}
)
SELECT k.number, extract(epoch FROM k.closed_at - k.opened_at)::float8 / 3600 AS hours,
       ARRAY(SELECT DISTINCT a.department FROM asks a WHERE a.case_id = k.id ORDER BY 1) AS departments,
       (SELECT count(*) FROM messages x WHERE x.case_id = k.id AND x.seq IS NOT NULL) AS messages,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'title', r.title) ORDER BY r.id)
                 FROM article_marks g JOIN articles r ON r.id = g.article_id WHERE g.case_id = k.id),
                '[]') AS articles
FROM (SELECT case_id, sum(rank) AS score FROM hits GROUP BY case_id) h
JOIN cases k ON k.id = h.case_id
WHERE k.status = 'closed' AND k.id <> %(case)s AND k.merged_into IS NULL
ORDER BY h.score DESC, k.id DESC LIMIT %(limit)s
"""


async def closed(db: Database, case: int, limit: int) -> list[Row]:
    """Closed cases of the workspace whose customers wrote about the like, the likest first."""
    return await db.fetch(_CLOSED, {"case": case, "limit": limit})
