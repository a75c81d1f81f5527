"""What is done once an hour, so that neither tables nor the disk grow without need."""

from __future__ import annotations

from bot.web.uploads import FileStore
from storage import files, housekeeping
from storage.db import Database

ORPHAN_SECONDS = 3_600.0
"""A file gets its row within seconds; after this long it gets none any more."""


async def keep_house(db: Database, store: FileStore) -> None:
    """Forget what is done, half files, and files that were uploaded but never sent.

    The row of a file goes first: then no message can take it along any more.
    """
    await housekeeping.forget_the_done(db)
    await store.sweep()
    while unsent := await housekeeping.forget_unsent_files(db):
        for uuid in unsent:
            await store.discard(uuid)
    await forget_orphans(db, store)


async def forget_orphans(db: Database, store: FileStore) -> None:
    """Remove files that no row knows: a process was killed between the two."""
    there = await store.names(ORPHAN_SECONDS)
    for start in range(0, len(there), 1_000):
        some = there[start : start + 1_000]
        for uuid in set(some) - await files.known(db, some):
            await store.discard(uuid)
