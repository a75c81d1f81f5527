"""A person deleted a post of the app in Slack: the case keeps its card, its thread and what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage import deletions, inbox
from storage.db import Database


@dataclass(frozen=True, slots=True)
class Gone:
    """What was deleted."""

    workspace: int
    channel: str
    ts: str
    tombstone: bool
    """Slack keeps a line in its place, and the thread under it."""


async def restore(db: Database, inbox_id: int, gone: Gone, now: datetime) -> None:
    """Put back what a person deleted; Slack does not say who it was.

    A card whose thread is still there comes back inside it and is shown in the channel; one that
    had no replies yet opens a new thread. What the customer said or was sent is posted again, once.
    """
    async with db.transaction() as tx:
        if not await inbox.take(tx, inbox_id):
            return
        await deletions.lock_case_at(tx, gone.workspace, gone.channel, gone.ts)
        post = await deletions.post_at(tx, gone.workspace, gone.channel, gone.ts)
        if post is not None:
            await deletions.note(tx, post, now)
            if not post["is_thread"]:
                await deletions.post_again(tx, post)
            elif gone.tombstone:
                await deletions.card_in_thread(tx, post["case_id"])
            else:
                await deletions.new_thread(tx, post["case_id"])
        await inbox.finish(tx, inbox_id)
