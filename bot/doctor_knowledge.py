"""What `cx doctor` says of the knowledge base, and of where customers are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.finding import Finding, State
from bot.outside import base_of
from bot.settings import Settings
from cases.errors import ConfigError
from storage import vectors
from storage.crm import read_crm
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


def crm(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Whether ``crm.yml``, where there is one, can be used; nobody's data is asked for to see that."""
    try:
        found = read_crm(settings.crm_file)
        if found is None:
            return
        host = base_of(found.base_url, "`base_url` of crm.yml").host
    except ConfigError as error:
        yield Finding("CRM", State.BLOCKED, error.sentence, "Mend the file.")
        return
    if found.token_name and not environment.get(found.token_name):
        what = f"{found.token_name}, which crm.yml names, is not set."
        yield Finding("CRM", State.BLOCKED, what, "Set it, or take `token` out of crm.yml.")
        return
    yield Finding("CRM", State.GOOD, f"Orders and profiles come from {host}.")
