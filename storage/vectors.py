"""Vectors of passages: which of them lack one, and which are nearest to a question.

They are kept as plain numbers and cast to pgvector's types where they are compared: so the tables are the
same on a server without that extension, where everything works by words alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import psycopg
from psycopg import sql

from cases.articles import Vector
from storage.db import Connection, Database, Row

BATCH = 64
EXACT = 10_000
"""Up to so many vectors all are compared, which takes up to half a second; for more there is an index."""
_NEAREST = 200
"""Passages that are looked at for each piece of a question: an article has several."""
SECONDS = 2.0
"""After which nobody waits for a comparison any longer."""
_MOST = 2_000, 4_000
"""Dimensions that HNSW takes in pgvector's types vector and halfvec."""

# A claim of a process that died is free again after two minutes.
_CLAIM = """
WITH due AS (
    SELECT p.id, p.workspace_id FROM passages p
    WHERE NOT EXISTS (
        SELECT FROM passage_vectors v WHERE v.passage_id = p.id AND v.model = %(model)s
          AND (v.dimensions > 0 OR v.refused OR v.claimed_at > clock_timestamp() - interval '2 minutes'))
    ORDER BY p.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), claimed AS (
    INSERT INTO passage_vectors (passage_id, model, workspace_id) SELECT id, %(model)s, workspace_id FROM due
    ON CONFLICT (passage_id, model) DO UPDATE SET claimed_at = clock_timestamp()
    WHERE passage_vectors.dimensions = 0 AND NOT passage_vectors.refused
      AND passage_vectors.claimed_at <= clock_timestamp() - interval '2 minutes'
    RETURNING passage_id
)
SELECT p.id, a.title || E'\\n' || p.text AS text
FROM claimed c JOIN passages p ON p.id = c.passage_id JOIN articles a ON a.id = p.article_id ORDER BY p.id
"""

_STORE = """
UPDATE passage_vectors SET embedding = %(values)s, dimensions = %(dimensions)s, refused = false
WHERE passage_id = %(passage)s AND model = %(model)s
"""
_REFUSE = "UPDATE passage_vectors SET refused = true WHERE passage_id = %(passage)s AND model = %(model)s"
_GIVE_BACK = """
DELETE FROM passage_vectors WHERE model = %(model)s AND passage_id = ANY(%(passages)s) AND dimensions = 0
"""
_FORGET = """
DELETE FROM passage_vectors WHERE model <> %(model)s AND claimed_at < clock_timestamp() - interval '1 day'
"""
_HOW_MANY = """
SELECT dimensions, count(*) AS vectors FROM passage_vectors
WHERE model = %(model)s AND dimensions > 0 GROUP BY dimensions ORDER BY count(*) DESC LIMIT 1
"""
_STATE = """
SELECT (SELECT count(*) FROM passages) AS passages,
       (SELECT count(*) FROM passage_vectors WHERE model = %(model)s AND dimensions > 0) AS ready,
       (SELECT count(*) FROM passage_vectors WHERE model = %(model)s AND refused) AS refused
"""

_ALONE = "SELECT pg_try_advisory_lock(hashtext('cx_vectors')) AS alone"
# What is left of an index whose building was cut off.
_BROKEN = "SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"

# A piece that is about nothing is about as near to all: what counts is how much nearer than the last one.
_NEAR = sql.SQL("""
WITH asked (piece, wanted) AS (VALUES {pieces}), known AS {once} (
    SELECT p.id, p.article_id, {cast} AS vector
    FROM passage_vectors v JOIN passages p ON p.id = v.passage_id JOIN articles a ON a.id = p.article_id
    WHERE v.model = {model} AND v.dimensions = {dimensions} AND v.workspace_id = {workspace}
      AND (a.public OR NOT {public_only})
), near AS MATERIALIZED (
    SELECT n.id, n.article_id, max(n.distance) OVER (PARTITION BY q.piece) - n.distance AS near
    FROM asked q CROSS JOIN LATERAL (
        SELECT id, article_id, vector <=> q.wanted AS distance FROM known
        ORDER BY vector <=> q.wanted LIMIT {nearest}
    ) n
), best AS (
    SELECT DISTINCT ON (article_id) article_id, id, near FROM near ORDER BY article_id, near DESC, id
)
SELECT a.id, a.token, a.external_id, a.source, a.title, a.url, a.public, a.language, b.id AS passage,
       p.text AS passage_text, b.near
FROM best b JOIN articles a ON a.id = b.article_id JOIN passages p ON p.id = b.id
ORDER BY b.near DESC, a.id LIMIT {limit}
""")
_READY = """
SELECT to_regtype('vector') IS NOT NULL AS there,
       EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND indisvalid) AS indexed
"""


async def available(db: Database) -> bool | None:
    """Whether the server compares vectors: yes, not yet but it could (False), or it cannot (None)."""
    row = await db.one(
        "SELECT to_regtype('vector') IS NOT NULL AS there,"
        " EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS possible"
    )
    assert row is not None
    return True if row["there"] else False if row["possible"] else None


async def prepare(db: Database) -> bool:
    """Make the server compare vectors; whether it does now. Our role may not be allowed to."""
    if not await available(db):
        try:
            await db.fetch("CREATE EXTENSION IF NOT EXISTS vector")
        except psycopg.Error:
            return bool(await available(db))
    return True


async def claim(db: Database, model: str, limit: int = BATCH) -> list[Row]:
    """Passages without a vector of this model, with the ``text`` to give to it; nobody else gets them now."""
    return await db.fetch(_CLAIM, {"model": model, "limit": limit})


async def store(db: Database, model: str, vectors: Sequence[tuple[int, Sequence[float] | None]]) -> None:
    """Keep the vectors of passages; None = the model does not take that one."""
    async with db.transaction() as tx:
        for passage, values in vectors:
            await _store(tx, model, passage, values)


async def _store(tx: Connection, model: str, passage: int, values: Sequence[float] | None) -> None:
    if not values:
        await tx.execute(_REFUSE, {"passage": passage, "model": model})
        return
    given = {"passage": passage, "model": model, "values": list(values), "dimensions": len(values)}
    await tx.execute(_STORE, given)


async def give_back(db: Database, model: str, passages: Sequence[int]) -> None:
    """Let others, or the next try, have these passages."""
    await db.fetch(_GIVE_BACK, {"model": model, "passages": list(passages)})


async def forget_others(db: Database, model: str) -> None:
    """Drop what models made that are no longer in use."""
    await db.fetch(_FORGET, {"model": model})


async def state(db: Database, model: str) -> Row:
    """How many ``passages`` there are, have a vector (``ready``), and were ``refused``."""
    row = await db.one(_STATE, {"model": model})
    assert row is not None
    return row


async def index(db: Database, model: str) -> bool:
    """Build the index of a model's vectors where there are more than ``EXACT``; whether there is one."""
    row = await db.one(_HOW_MANY, {"model": model})
    if row is None or row["vectors"] <= EXACT or row["dimensions"] > _MOST[1]:
        return False
    kind, operators = _type(row["dimensions"])
    name = _index_name(model, row["dimensions"])
    statement = sql.SQL(
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON passage_vectors USING hnsw ({cast} {operators})"
        " WHERE model = {model} AND dimensions = {dimensions}"
    ).format(
        name=sql.Identifier(name),
        cast=sql.SQL("(embedding::{})").format(kind),
        operators=operators,
        model=sql.Literal(model),
        dimensions=sql.Literal(row["dimensions"]),
    )
    connection = await db.dedicated()
    async with connection:
        # One that another process builds at this moment is waited for by nobody.
        got = await (await connection.execute(_ALONE)).fetchone()
        if not got or not got["alone"]:
            return False
        broken = await (await connection.execute(_BROKEN, [name])).fetchone()
        if broken:
            await connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        await connection.execute(statement)
    return True


def _index_name(model: str, dimensions: int) -> str:
    return f"ix_passage_vectors_{sha256(model.encode()).hexdigest()[:12]}_{dimensions}"


def _type(dimensions: int) -> tuple[sql.Composable, sql.Composable]:
    """pgvector's type for so many numbers, and its operators for HNSW."""
    if _MOST[0] < dimensions <= _MOST[1]:
        return sql.SQL("halfvec({})").format(sql.Literal(dimensions)), sql.SQL("halfvec_cosine_ops")
    return sql.SQL("vector({})").format(sql.Literal(dimensions)), sql.SQL("vector_cosine_ops")


async def nearest(
    db: Database, workspace: int, asked: Sequence[Vector], *, limit: int, public_only: bool = False
) -> list[Row]:
    """The articles nearest to any piece of a question, each with that passage; empty where the server does
    not compare vectors.

    ``near`` is how much nearer to that piece than the last of the passages that were looked at for it: the
    difference of their cosines. Raises Unavailable after ``SECONDS``.
    """
    if not asked:
        return []
    model, dimensions = asked[0].model, len(asked[0].values)
    async with db.transaction() as tx:
        ready = await (await tx.execute(_READY, [_index_name(model, dimensions)])).fetchone()
        if not ready or not ready["there"]:
            return []
        for setting in (*_FOR_NEAR, f"SET LOCAL statement_timeout = {int(SECONDS * 1000)}"):
            await tx.execute(setting.encode())
        pieces = [piece.values for piece in asked if len(piece.values) == dimensions]
        statement = _near(pieces, model, workspace, limit, public_only, indexed=ready["indexed"])
        return await (await tx.execute(statement, prepare=False)).fetchall()


# Hot connections plan for single rows; the index looks further when its first finds are not ours. Without
# it all vectors are compared with each piece: they are read once, and fit in memory.
_FOR_NEAR = (
    "SET LOCAL enable_hashjoin = on",
    "SET LOCAL enable_seqscan = on",
    "SET LOCAL work_mem = '128MB'",
    "SET LOCAL hnsw.ef_search = 200",
    "SET LOCAL hnsw.iterative_scan = relaxed_order",
)


def _near(
    pieces: Sequence[Sequence[float]],
    model: str,
    workspace: int,
    limit: int,
    public_only: bool,
    *,
    indexed: bool,
) -> sql.Composed:
    """The statement with literals, not parameters: only so does the planner see which index fits."""
    dimensions = len(pieces[0])
    kind, _operators = _type(dimensions)
    wanted = [
        sql.SQL("({}, {}::real[]::{})").format(sql.Literal(number), sql.Literal(list(values)), kind)
        for number, values in enumerate(pieces)
    ]
    return _NEAR.format(
        pieces=sql.SQL(", ").join(wanted),
        once=sql.SQL("NOT MATERIALIZED" if indexed else "MATERIALIZED"),
        cast=sql.SQL("(v.embedding::{})").format(kind),
        model=sql.Literal(model),
        dimensions=sql.Literal(dimensions),
        workspace=sql.Literal(workspace),
        public_only=sql.Literal(public_only),
        nearest=sql.Literal(_NEAREST),
        limit=sql.Literal(limit),
    )
