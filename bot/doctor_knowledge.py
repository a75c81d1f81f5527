"""What `cx doctor` says of the knowledge base."""

from __future__ import annotations

from bot.finding import Finding, State
from storage import vectors
from storage.db import Database


async def meaning(db: Database, model: str) -> Finding:
    """Whether articles are found by what they mean, as OPENAI_EMBEDDING_MODEL asks for."""
    there = await vectors.available(db)
    if there is None:
        what = "PostgreSQL lacks the extension vector (pgvector): articles are found by their words alone."
        return Finding(
            "embeddings", State.NOTE, what, "Install pgvector on the server, then restart workers."
        )
    if not there:
        what = "The extension vector is not made in this database: articles are found by their words alone."
        mend = "A worker makes it if it may; else run CREATE EXTENSION vector as an administrator."
        return Finding("embeddings", State.NOTE, what, mend)
    state = await vectors.state(db, model)
    what = f"{state['ready']:,} of {state['passages']:,} passages have a vector of {model}."
    if state["refused"]:
        return Finding("embeddings", State.NOTE, f"{what} It refuses {state['refused']:,}.")
    return Finding("embeddings", State.GOOD, what)
