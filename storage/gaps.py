"""What the knowledge base lacks: searches in vain, and cases in which no article helped, by what they share.

Two of them belong together when they share a rare word: one that several have, and at most a quarter of all.
Each goes with the rare word that most others have, so that everybody sees why it stands where it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.db import Database, Row

MOST_ITEMS = 500
"""The latest ones; that many are compared within a second."""
_MOST_GROUPS = 10
_CLOSED_TOGETHER = 3
"""So many cases that were closed without an article, and by nobody said to lack one, make a gap."""
MAX_WORDS = 300

_MISS = """
INSERT INTO knowledge_misses (workspace_id, case_id, words, asked_by, asked_at)
VALUES (%(workspace)s, %(case)s, %(words)s, %(by)s, %(now)s)
"""

_ITEMS = """
WITH marked AS (
    SELECT DISTINCT ON (m.case_id) m.case_id, m.said_by, m.said_at FROM article_marks m
    WHERE m.workspace_id = %(workspace)s AND m.article_id IS NULL AND m.said_at >= %(since)s
    ORDER BY m.case_id, m.said_at
), given AS (
    SELECT k.id AS case_id, NULL::text AS words, m.said_by, coalesce(m.said_at, k.closed_at) AS said_at
    FROM cases k LEFT JOIN marked m ON m.case_id = k.id
    WHERE k.workspace_id = %(workspace)s AND k.merged_into IS NULL
      AND (m.case_id IS NOT NULL OR (k.status = 'closed' AND k.closed_at >= %(since)s))
      AND NOT EXISTS (SELECT FROM article_marks h WHERE h.case_id = k.id AND h.article_id IS NOT NULL)
    UNION ALL
    SELECT case_id, words, asked_by, asked_at FROM knowledge_misses
    WHERE workspace_id = %(workspace)s AND asked_at >= %(since)s
), items AS (
    SELECT row_number() OVER (ORDER BY said_at DESC, case_id DESC) AS item, * FROM given
    ORDER BY said_at DESC, case_id DESC LIMIT %(most)s
), said AS (
    SELECT i.item, left(coalesce(c.language, 'en'), 2) AS language,
           coalesce(i.words, (SELECT string_agg(m.text, E'\\n') FROM messages m
                              WHERE m.case_id = i.case_id AND m.direction = 'in' AND m.deleted_at IS NULL))
           AS text
    FROM items i LEFT JOIN cases k ON k.id = i.case_id LEFT JOIN conversations c ON c.id = k.conversation_id
), terms AS MATERIALIZED (
    SELECT s.item, t.term FROM said s, LATERAL cx_terms(s.language, s.text) AS t
    WHERE length(t.term) >= 3 AND t.term !~ '[0-9]'
), rare AS (
    SELECT term, count(*)::float8 AS items FROM terms GROUP BY term
    HAVING count(*) BETWEEN 2 AND greatest(3, (SELECT count(*) FROM items) / 4)
), shared AS (
    SELECT t.item, t.term, r.items, r.items * ln(((SELECT count(*) FROM items) + 1) / r.items) AS weight
    FROM terms t JOIN rare r ON r.term = t.term
)
SELECT i.item, i.words, i.said_by, i.said_at, k.number, k.subject, k.slack_channel, k.thread_ts,
       (SELECT s.term FROM shared s WHERE s.item = i.item ORDER BY s.weight DESC, s.term LIMIT 1) AS term,
       ARRAY(SELECT s.term FROM shared s WHERE s.item = i.item ORDER BY s.items DESC, s.term) AS terms
FROM items i LEFT JOIN cases k ON k.id = i.case_id ORDER BY i.item
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that no article answers."""

    words: Sequence[str]
    """What those in it have in common, as the index writes it; none where it is one alone."""
    items: Sequence[Row]
    """Cases (``number``, ``subject``, …) and searches (``words``), the latest first; ``said_by`` is who
    missed an article, None where a case was closed without one."""


async def missed(
    db: Database, workspace: int, words: str, by: str, now: datetime, case: int | None = None
) -> None:
    """Note that somebody looked for something in vain."""
    kept = " ".join(words.replace("\0", "").split())[:MAX_WORDS]
    await db.fetch(_MISS, {"workspace": workspace, "case": case, "words": kept, "by": by, "now": now})


async def gaps(db: Database, workspace: int, since: datetime) -> list[Gap]:
    """What is missing, the latest first, of the last ``MOST_ITEMS`` searches and cases."""
    async with db.transaction() as tx:
        for way in ("hashjoin", "mergejoin", "seqscan"):
            await tx.execute(f"SET LOCAL enable_{way} = on".encode())
        cursor = await tx.execute(_ITEMS, {"workspace": workspace, "since": since, "most": MOST_ITEMS})
        items = await cursor.fetchall()
    together: dict[object, list[Row]] = {}
    for item in items:
        together.setdefault(item["term"] or item["item"], []).append(item)
    found = [Gap(_common(group), group) for group in together.values() if _counts(group)]
    return found[:_MOST_GROUPS]


def _counts(group: Sequence[Row]) -> bool:
    """Somebody missed an article, or so many cases did without one that it is no chance."""
    return any(item["said_by"] for item in group) or len(group) >= _CLOSED_TOGETHER


def _common(group: Sequence[Row]) -> list[str]:
    """The three words that most of a group have, and at least half of it."""
    if len(group) == 1:
        return []
    counts = Counter(term for item in group for term in item["terms"])
    return [term for term, count in counts.most_common(3) if count * 2 >= len(group)]
