"""What is done once an hour, so that neither tables nor the disk grow without need."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

import structlog

from bot.web.uploads import FileStore
from storage import files, housekeeping
from storage.db import Database

ORPHAN_SECONDS = 3_600.0
"""A file gets its row within seconds; after this long it gets none any more."""

log = structlog.get_logger(__name__)


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


async def take_files(db: Database, store: FileStore) -> bool:
    """Take the store for this database, unless another has it; whether it is this one's.

    What another database knows of looks like an orphan here, and must stay.
    """
    own = await files.database_id(db)
    owner: UUID | None = None
    with suppress(OSError):
        owner = await store.take(own)
    if owner != own:
        log.error(
            "files.not_of_this_database",
            folder=str(store.folder),
            hint="Nothing is cleared up there. `cx doctor` says how to mend it.",  # not translated
        )
    return owner == own


async def forget_orphans(db: Database, store: FileStore) -> None:
    """Remove files that no row knows: a process was killed between the two."""
    if not await take_files(db, store):
        return
    there = await store.names(ORPHAN_SECONDS)
    for start in range(0, len(there), 1_000):
        some = there[start : start + 1_000]
        for uuid in set(some) - await files.known(db, some):
            await store.discard(uuid)
