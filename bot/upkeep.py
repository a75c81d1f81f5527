"""What is done once an hour, so that neither tables nor the disk grow without need."""

from __future__ import annotations

from bot.web.uploads import FileStore
from storage import housekeeping
from storage.db import Database


async def keep_house(db: Database, store: FileStore) -> None:
    """Forget what is done, half files, and files that were uploaded but never sent.

    The row of a file goes first: then no message can take it along any more.
    """
    await housekeeping.forget_the_done(db)
    await store.sweep()
    while unsent := await housekeeping.forget_unsent_files(db):
        for uuid in unsent:
            await store.discard(uuid)
