"""Passages get their vectors: in workers, in batches, while nobody waits."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from bot.settings import Settings
from cases.errors import Unavailable
from copilot.embeddings import Embeddings, TextRefused
from storage import vectors, workspaces
from storage.db import Database, DatabaseError, Row

IDLE_SECONDS = 10.0
_LONGEST_SECONDS = 300.0
"""Between two tries at a model that is away."""

log = structlog.get_logger(__name__)


def embeddings_of(settings: Settings, db: Database) -> Embeddings | None:
    """The embedding model that the settings name; None without one.

    ``db`` says, question by question, whether the workspace wants personal data hidden from it.
    """
    if not settings.embedding_model:
        return None
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    base = settings.embedding_base_url or settings.openai_base_url
    masked = partial(workspaces.masked, db, settings.masks)
    return Embeddings(settings.embedding_model, base, key, masked)


async def keep_embedding(db: Database, embeddings: Embeddings) -> None:
    """Give vectors to passages that lack one, until cancelled; a model that is away is asked more seldom."""
    wait = IDLE_SECONDS
    while True:
        try:
            wait = 0.0 if await embed_some(db, embeddings) else IDLE_SECONDS
            if wait:
                await vectors.index(db, embeddings.model)
        except (Unavailable, DatabaseError, OSError) as error:
            wait = min(max(wait, IDLE_SECONDS) * 2, _LONGEST_SECONDS)
            log.warning("embedding.failed", error=f"{type(error).__name__}: {error}")
        await asyncio.sleep(wait)


async def embed_some(db: Database, embeddings: Embeddings) -> int:
    """One batch; how many passages it had. Raises Unavailable, and then the batch is anybody's again.

    Where the server cannot compare vectors nothing is asked.
    """
    if not await vectors.prepare(db):
        return 0
    claimed = await vectors.claim(db, embeddings.model)
    if not claimed:
        await vectors.forget_others(db, embeddings.model)
        return 0
    try:
        await vectors.store(db, embeddings.model, await _vectors(embeddings, claimed))
    except BaseException:
        await vectors.give_back(db, embeddings.model, [row["id"] for row in claimed])
        raise
    return len(claimed)


async def _vectors(embeddings: Embeddings, claimed: list[Row]) -> list[tuple[int, list[float] | None]]:
    """The vector of each passage; where the model refuses the batch, those of which it takes alone."""
    try:
        found = await embeddings.of_passages([row["text"] for row in claimed])
    except TextRefused:
        if len(claimed) == 1:
            return [(claimed[0]["id"], None)]
        half = len(claimed) // 2
        return await _vectors(embeddings, claimed[:half]) + await _vectors(embeddings, claimed[half:])
    return [(row["id"], list(values)) for row, values in zip(claimed, found, strict=True)]
