"""Do questions find their articles? Recall among the first 5 and 10, and the mean reciprocal rank."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import track

from benchmarks import postgres
from benchmarks.eval.figures import BrokenTask, Figure, read_lines
from benchmarks.eval.local_model import LocalModel
from benchmarks.rig import workplace
from cases.articles import Article
from storage import articles as shelf
from storage import knowledge, migrate, vectors, workspaces
from storage.db import Database

AIM = 1.5
"""Our recall@10 without a model, as a multiple of BM25's in the same run."""
_DEPTH = 50
"""How far down a ranking is read for the reciprocal rank."""

Ranking = Callable[[str], Awaitable[Sequence[str]]]
"""From a situation to article ids, the best first."""
Scores = tuple[float, float, float]

_TS_RANK = """
SELECT external_id FROM articles, to_tsquery('english', %(query)s) AS asked
WHERE to_tsvector('english', title || ' ' || body) @@ asked
ORDER BY ts_rank(to_tsvector('english', title || ' ' || body), asked) DESC, id LIMIT %(limit)s
"""


def measure(articles: Path, queries: Path, database_url: str | None, *, local: bool = False) -> list[Figure]:
    """The figures of each way of ranking; ``local`` adds a model that runs here. Raises BrokenTask."""
    given = read_lines(articles, ("article_id", "title", "body"))
    asked = read_lines(queries, ("query_id", "situation", "relevant"))
    known = {article["article_id"] for article in given}
    for query in asked:
        if not query["relevant"] or not set(query["relevant"]) <= known:
            raise BrokenTask(f"{queries}: {query['query_id']} names no articles, or some that are not there")
    model = LocalModel() if local else None
    with (
        workplace() as folder,
        postgres.server(folder, database_url) as server,
        postgres.database(server) as url,
    ):
        migrate.upgrade(url)
        return asyncio.run(_measure(url, given, asked, model))


async def _measure(
    url: str, given: list[dict[str, Any]], asked: list[dict[str, Any]], model: LocalModel | None
) -> list[Figure]:
    db = Database(url, pool_size=2)
    await db.open()
    try:
        now = datetime.now(UTC)
        workspace = await workspaces.register(
            db, team="T1", name="eval", url="", bot_user="U1", bot="B1", now=now
        )
        found = [Article(each["article_id"], each["title"], each["body"]) for each in given]
        await shelf.replace(db, workspace, "eval", found, now)

        async def ours(situation: str) -> list[str]:
            rows = await knowledge.search(db, workspace, situation, limit=_DEPTH)
            return [row["external_id"] for row in rows]

        async def ts_rank(situation: str) -> list[str]:
            words = sorted(set(re.findall(r"[a-z0-9]+", situation.lower())))
            rows = await db.fetch(_TS_RANK, {"query": " | ".join(words), "limit": _DEPTH})
            return [row["external_id"] for row in rows]

        async def fused(situation: str) -> list[str]:
            embed = model.of_question if model else None
            rows = await knowledge.search(db, workspace, situation, limit=_DEPTH, embed=embed)
            return [row["external_id"] for row in rows]

        async def nearest(situation: str) -> list[str]:
            asked = await model.of_question(situation) if model else []
            return [row["external_id"] for row in await vectors.nearest(db, workspace, asked, limit=_DEPTH)]

        scores = {
            "ours, without a model": await _scores(ours, asked, "ours"),
            "BM25 (rank-bm25)": await _scores(_bm25(given), asked, "BM25"),
            "ts_rank": await _scores(ts_rank, asked, "ts_rank"),
        }
        if model:
            await model.embed(db)
            scores[f"ours, fused with {model.name}"] = await _scores(fused, asked, "fused")
            scores[f"{model.name} alone"] = await _scores(nearest, asked, "meaning")
    finally:
        await db.close()
    return _figures(scores)


def _bm25(given: list[dict[str, Any]]) -> Ranking:
    """rank-bm25 as it comes, over title and body, with the whole situation as the query."""
    from rank_bm25 import BM25Okapi

    def words(text: str) -> list[str]:
        return re.findall(r"[a-z0-9]+", text.lower())

    index = BM25Okapi([words(f"{each['title']} {each['body']}") for each in given])

    async def rank(situation: str) -> list[str]:
        scored = sorted(zip(-index.get_scores(words(situation)), range(len(given)), strict=True))
        return [given[place]["article_id"] for _score, place in scored[:_DEPTH]]

    return rank


async def _scores(rank: Ranking, asked: list[dict[str, Any]], name: str) -> Scores:
    five = ten = reciprocal = 0.0
    for query in track(asked, name, transient=True):
        found, relevant = await rank(query["situation"]), set(query["relevant"])
        five += len(relevant & set(found[:5])) / len(relevant)
        ten += len(relevant & set(found[:10])) / len(relevant)
        reciprocal += next((1 / place for place, each in enumerate(found, 1) if each in relevant), 0.0)
    return five / len(asked), ten / len(asked), reciprocal / len(asked)


def _figures(scores: dict[str, Scores]) -> list[Figure]:
    figures = []
    for way, (five, ten, reciprocal) in scores.items():
        figures += [
            Figure(way, "recall@5", five),
            Figure(way, "recall@10", ten),
            Figure(way, "MRR", reciprocal),
        ]
    ratio = scores["ours, without a model"][1] / max(scores["BM25 (rank-bm25)"][1], 1e-9)
    figures.append(Figure("ours / BM25", "recall@10", ratio, aim=f"≥ {AIM}", held=ratio >= AIM, must=True))
    return figures
