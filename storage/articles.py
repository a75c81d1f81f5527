"""Articles of the knowledge base: importing a source, which replaces what it had before, and reading them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cases.articles import Article, passages
from storage.db import Connection, Database, Row

BATCH = 100


@dataclass(frozen=True, slots=True)
class Replaced:
    """What importing a source did."""

    added: int
    changed: int
    removed: int
    same: int


# An article of which nothing changed keeps its row and its passages.
_PUT = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::text[], %(titles)s::text[], %(bodies)s::text[], %(languages)s::text[],
                         %(urls)s::text[], %(public)s::boolean[])
        AS given (external_id, title, body, language, url, public)
)
INSERT INTO articles AS a
    (workspace_id, source, external_id, title, body, language, url, public, updated_at)
SELECT %(workspace)s, %(source)s, external_id, title, body, language, url, public, %(now)s FROM given
ON CONFLICT (workspace_id, source, external_id) DO UPDATE
SET title = excluded.title, body = excluded.body, language = excluded.language, url = excluded.url,
    public = excluded.public, updated_at = excluded.updated_at
WHERE (a.title, a.body, a.language, a.url, a.public)
    IS DISTINCT FROM (excluded.title, excluded.body, excluded.language, excluded.url, excluded.public)
RETURNING id, external_id, xmax = 0 AS added
"""

_FORGET_PASSAGES = "DELETE FROM passages WHERE article_id = ANY(%(articles)s)"

_CUT = """
INSERT INTO passages (workspace_id, article_id, number, language, text, length, title_length)
SELECT a.workspace_id, a.id, p.number, a.language, p.text,
       (SELECT coalesce(sum(found), 0) FROM cx_terms(a.language, a.title || E'\\n' || p.text)),
       (SELECT coalesce(sum(found), 0) FROM cx_terms(a.language, a.title))
FROM unnest(%(articles)s::bigint[], %(numbers)s::bigint[], %(texts)s::text[]) AS p (article, number, text)
JOIN articles a ON a.id = p.article
"""

_INDEX = """
INSERT INTO passage_terms (workspace_id, language, term, passage_id, found, found_in_title)
SELECT p.workspace_id, p.language, t.term, p.id, least(t.found, 32767), least(coalesce(h.found, 0), 32767)
FROM passages p JOIN articles a ON a.id = p.article_id,
     LATERAL cx_terms(a.language, a.title || E'\\n' || p.text) AS t
     LEFT JOIN LATERAL (SELECT found FROM cx_terms(a.language, a.title) WHERE term = t.term) AS h ON true
WHERE p.article_id = ANY(%(articles)s)
"""

_REMOVE = """
DELETE FROM articles
WHERE workspace_id = %(workspace)s AND source = %(source)s AND NOT external_id = ANY(%(ids)s)
RETURNING id
"""

_ONE = """
SELECT id, token, source, title, body, language, url, public, updated_at,
       (SELECT count(*) FROM article_answers n WHERE n.article_id = a.id) AS answered
FROM articles a
WHERE workspace_id = %(workspace)s AND token = %(token)s
"""

_ANSWERED = """
INSERT INTO article_answers (workspace_id, article_id, conversation_id, said_at)
SELECT a.workspace_id, a.id, v.id, %(now)s
FROM articles a JOIN conversations v ON v.workspace_id = a.workspace_id
WHERE a.token = %(token)s AND a.public AND v.id = %(conversation)s
ON CONFLICT (article_id, conversation_id) DO NOTHING
RETURNING id
"""


async def replace(
    db: Database,
    workspace: int,
    source: str,
    articles: Sequence[Article],
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
) -> Replaced:
    """Make a source's articles these: new ones in, changed ones anew, missing ones out; all or nothing.

    ``progress`` hears how many are done.
    """
    added = changed = 0
    async with db.transaction() as tx:
        await tx.execute("SET LOCAL enable_hashjoin = on")
        for start in range(0, len(articles), BATCH):
            batch = articles[start : start + BATCH]
            rows = await _put(tx, workspace, source, batch, now)
            await _cut(tx, rows, {article.external_id: article for article in batch})
            new = sum(row["added"] for row in rows)
            added, changed = added + new, changed + len(rows) - new
            progress(start + len(batch))
        ids = [article.external_id for article in articles]
        gone = await tx.execute(_REMOVE, {"workspace": workspace, "source": source, "ids": ids})
        removed = gone.rowcount
    return Replaced(added, changed, removed, len(articles) - added - changed)


async def _put(
    tx: Connection, workspace: int, source: str, batch: Sequence[Article], now: datetime
) -> list[Row]:
    cursor = await tx.execute(
        _PUT,
        {
            "workspace": workspace,
            "source": source,
            "ids": [article.external_id for article in batch],
            "titles": [article.title for article in batch],
            "bodies": [article.body for article in batch],
            "languages": [article.language for article in batch],
            "urls": [article.url for article in batch],
            "public": [article.public for article in batch],
            "now": now,
        },
    )
    return await cursor.fetchall()


async def _cut(tx: Connection, rows: Sequence[Row], articles: dict[str, Article]) -> None:
    """Cut new and changed articles into passages, and index those."""
    ids = [row["id"] for row in rows]
    cuts = [
        (row["id"], number, text)
        for row in rows
        # An article that is a title alone is found by it.
        for number, text in enumerate(passages(articles[row["external_id"]].body) or [""])
    ]
    await tx.execute(_FORGET_PASSAGES, {"articles": ids})
    await tx.execute(
        _CUT,
        {
            "articles": [cut[0] for cut in cuts],
            "numbers": [cut[1] for cut in cuts],
            "texts": [cut[2] for cut in cuts],
        },
    )
    await tx.execute(_INDEX, {"articles": ids})


async def one(db: Database, workspace: int, token: UUID) -> Row | None:
    """An article by its token, with how many customers say that it ``answered`` their question."""
    return await db.one(_ONE, {"workspace": workspace, "token": token})


async def count(db: Database, workspace: int) -> int:
    """How many articles there are."""
    row = await db.one("SELECT count(*) AS articles FROM articles WHERE workspace_id = %s", [workspace])
    assert row is not None
    return int(row["articles"])


async def any_public(db: Database, workspace: int) -> bool:
    """Whether there is an article that customers may read."""
    row = await db.one(
        "SELECT EXISTS (SELECT FROM articles WHERE workspace_id = %s AND public) AS found", [workspace]
    )
    assert row is not None
    return bool(row["found"])


async def answered(db: Database, token: UUID, conversation: int, now: datetime) -> bool:
    """Note that a customer's question was answered by a public article; whether that is news."""
    row = await db.one(_ANSWERED, {"token": token, "conversation": conversation, "now": now})
    return row is not None
