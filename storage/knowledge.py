"""Ranking the knowledge base for a question, without a model.

Each sentence of the question is weighed against each passage by BM25 (Robertson and Zaragoza, "The
Probabilistic Relevance Framework", 2009), over the passage and once more over its title. A passage's
score is the sum of the squares: a long story has many sentences that fit everything a little, and what
one sentence hits squarely must win. `cx eval knowledge` shows what each part of this is worth.

Where an embedding model is set, a second ranking by meaning is fused with it (``storage.vectors``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import text

from cases.articles import Embed, Vector, fused, sentences
from cases.errors import Unavailable
from storage.db import Database, Row
from storage.merged import WITH_MERGED
from storage.vectors import nearest

log = structlog.get_logger(__name__)

_K1, _B = 1.5, 0.75
"""BM25's usual saturation and length normalisation."""
_TITLE_B = 0.3
"""Titles are all about as long."""

_RANK = """
WITH asked AS (
    SELECT DISTINCT s.number, l.language, t.term
    FROM unnest(CAST(:sentences AS text[])) WITH ORDINALITY AS s (said, number),
         (SELECT DISTINCT language FROM passages WHERE workspace_id = :workspace) AS l,
         LATERAL cx_terms(l.language, s.said) AS t
), sizes AS (
    SELECT language, count(*)::float8 AS passages, greatest(avg(length), 1)::float8 AS length,
           greatest(avg(title_length), 1)::float8 AS title_length
    FROM passages WHERE workspace_id = :workspace GROUP BY language
), weighed AS MATERIALIZED (
    SELECT w.language, w.term, w.passage_id,
           ln(1 + (z.passages - count(*) OVER term + 0.5) / (count(*) OVER term + 0.5))
             * w.found * (:k1 + 1) / (w.found + :k1 * (1 - :b + :b * p.length / z.length))
           + ln(1 + (z.passages - sum(sign(w.found_in_title)) OVER term + 0.5)
                / (sum(sign(w.found_in_title)) OVER term + 0.5))
             * w.found_in_title * (:k1 + 1)
             / (w.found_in_title + :k1 * (1 - :title_b + :title_b * p.title_length / z.title_length))
           AS weight
    FROM passage_terms w JOIN passages p ON p.id = w.passage_id JOIN sizes z ON z.language = w.language
    WHERE w.workspace_id = :workspace
      AND (w.language, w.term) IN (SELECT language, term FROM asked)
    WINDOW term AS (PARTITION BY w.language, w.term)
), hits AS (
    SELECT w.passage_id, a.number, sum(w.weight) AS score
    FROM weighed w JOIN asked a ON a.language = w.language AND a.term = w.term
    GROUP BY w.passage_id, a.number
), scored AS (
    SELECT passage_id, sum(score * score) AS score FROM hits GROUP BY passage_id
), best AS (
    SELECT DISTINCT ON (p.article_id) p.article_id, p.id, p.text, s.score
    FROM scored s JOIN passages p ON p.id = s.passage_id
    ORDER BY p.article_id, s.score DESC, p.number
)
SELECT a.id, a.token, a.external_id, a.source, a.title, a.url, a.public, a.language, b.id AS passage,
       b.text AS passage_text, b.score
FROM best b JOIN articles a ON a.id = b.article_id
WHERE a.public OR NOT :public_only
ORDER BY b.score DESC, a.id LIMIT :limit
"""


FUSED = 50
"""How far down each of two rankings is read that become one."""


async def search(
    db: Database,
    workspace: int,
    question: str,
    *,
    limit: int = 5,
    public_only: bool = False,
    embed: Embed | None = None,
) -> list[Row]:
    """The articles that answer ``question`` best, each with the passage that does (``passage_text``).

    A question may be a word or a whole conversation. With ``embed`` meaning counts beside words; while
    that is late or broken, words alone do. Without it: empty when no word stands in any article.
    """
    if embed is None or not question.strip():
        return await _by_words(db, workspace, question, limit, public_only)
    by_words, vectors = await asyncio.gather(
        _by_words(db, workspace, question, max(limit, FUSED), public_only), embed(question, workspace)
    )
    near = await _by_meaning(db, workspace, vectors, public_only)
    found = {row["id"]: row for row in near} | {row["id"]: row for row in by_words}
    ranked = fused({row["id"]: row["score"] for row in by_words}, {row["id"]: row["near"] for row in near})
    return [found[article] for article in ranked[:limit]]


async def _by_meaning(db: Database, workspace: int, asked: Sequence[Vector], public_only: bool) -> list[Row]:
    try:
        return await nearest(db, workspace, asked, limit=FUSED, public_only=public_only)
    except Unavailable as error:
        log.warning("knowledge.late", error=str(error.__cause__))
        return []


async def _by_words(db: Database, workspace: int, question: str, limit: int, public_only: bool) -> list[Row]:
    asked = sentences(question)
    if not asked:
        return []
    # Not a hot statement: it needs a plan for the words at hand, which the ORM's connections may make.
    async with db.session() as session:
        rows = await session.execute(
            text(_RANK),
            {
                "sentences": asked,
                "workspace": workspace,
                "k1": _K1,
                "b": _B,
                "title_b": _TITLE_B,
                "public_only": public_only,
                "limit": limit,
            },
        )
        return [dict(row) for row in rows.mappings()]


_QUESTION = f"""
SELECT text FROM messages
WHERE case_id = {WITH_MERGED}
  AND direction = 'in' AND deleted_at IS NULL
ORDER BY id
"""

_MARK = """
INSERT INTO article_marks (workspace_id, case_id, article_id, said_by, said_at)
SELECT workspace_id, id, %(article)s, %(by)s, %(now)s FROM cases WHERE id = %(case)s
ON CONFLICT (case_id, article_id) DO NOTHING
"""


async def question_of(db: Database, case: int) -> str:
    """What the customer of a case wrote in it, a message after the other."""
    return "\n".join(row["text"] for row in await db.fetch(_QUESTION, {"case": case}))


async def mark(db: Database, case: int, article: int | None, by: str, now: datetime) -> None:
    """Note that an article helped in a case, or, with None, that none did; the first word counts."""
    await db.fetch(_MARK, {"case": case, "article": article, "by": by, "now": now})


async def marks_of(db: Database, case: int) -> dict[int | None, str]:
    """Who said which article helped in a case; None is the article that is missing."""
    rows = await db.fetch("SELECT article_id, said_by FROM article_marks WHERE case_id = %s", [case])
    return {row["article_id"]: row["said_by"] for row in rows}


def in_vain(found: Sequence[Row]) -> bool:
    """Whether no article has the words that were looked for: what is only near in meaning is near to all."""
    return not any("score" in row for row in found)
