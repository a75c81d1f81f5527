"""The ways in that other systems carry: mailboxes and sources of the channel API, as their files say now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.ending import end
from bot.mail.office import Boxes, check, entrances_of
from bot.settings import Settings
from cases.arrivals import Entrance
from cases.enums import Channel
from cases.errors import Unavailable
from cases.mailboxes import Mailbox
from storage import installations
from storage.db import Database, DatabaseError, Row
from storage.sources import Source, read_sources
from storage.watched import Watched

LOOK_SECONDS = 0.5
"""A reply to what just came over a new way must find it."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entrances:
    """What the two files say."""

    sources: Mapping[str, Source]
    """By key."""
    boxes: Boxes
    all: Sequence[Entrance]
    """Those of mailboxes, too."""

    @property
    def mailboxes(self) -> list[Mailbox]:
        """Without their secrets."""
        return [mailbox for mailbox, _ in self.boxes]

    def where(self, chosen: Callable[[Entrance], bool]) -> Entrances:
        """Those of them that are ``chosen``."""
        ways = [each for each in self.all if chosen(each)]
        keys = {(each.channel, each.key) for each in ways}
        sources = {key: each for key, each in self.sources.items() if (Channel.API, key) in keys}
        boxes = tuple(each for each in self.boxes if (Channel.MAIL, each[0].key) in keys)
        return Entrances(sources, boxes, ways)


def watch_entrances(settings: Settings) -> Watched[Entrances]:
    """Read both files, and again when one changes; raises ConfigError for a mistake, or a missing secret."""
    return Watched((settings.sources_file, settings.mailboxes_file), lambda: _read(settings), settled=True)


def _read(settings: Settings) -> Entrances:
    sources = read_sources(settings.sources_file)
    boxes = check(settings)
    ways = [source.entrance for source in sources.values()]
    ways += entrances_of(boxes, settings.mailboxes_file.name)
    return Entrances(sources, boxes, ways)


class Served:
    """What of the files counts in a worker: what they said when it began, then what the bot serves.

    The bot notes the Slack channels of all that it takes. What names another one it has refused, or not
    read yet; then a mailbox must not be left unread, nor a reply fail.
    """

    def __init__(self, db: Database, watched: Watched[Entrances], *, oauth: bool) -> None:
        """``oauth`` = workspaces may come later."""
        self._db = db
        self._watched = watched
        self._oauth = oauth
        self._entrances = watched.now()

    def now(self) -> Entrances:
        """The same object until others are served."""
        return self._entrances

    async def look(self) -> None:
        """Take what the files say now, if all of it is served."""
        others = self._watched.now()
        if others != self._entrances:
            rows = await installations.listed(self._db)
            if all(self._is_served(each, rows) for each in others.all):
                self._entrances = others

    def _is_served(self, entrance: Entrance, rows: Sequence[Row]) -> bool:
        if entrance.workspace is None and len(rows) > 1:
            return False
        row = installations.row_of(entrance.workspace, rows)
        if row is None:
            return self._oauth
        # A workspace that took the app out holds up none of the others.
        return row["revoked_at"] is not None or entrance.slack_channel in row["channels"]

    async def run(self) -> None:
        """Look every LOOK_SECONDS until cancelled."""
        while True:
            try:
                await self.look()
            except (DatabaseError, Unavailable, OSError) as error:
                log.warning("entrances.not_looked", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def serving(settings: Settings, db: Database) -> AsyncIterator[Callable[[], Entrances]]:
    """What tells a worker which mailboxes and sources count now; raises ConfigError."""
    served = Served(db, watch_entrances(settings), oauth=settings.oauth)
    looking = asyncio.create_task(served.run())
    try:
        yield served.now
    finally:
        await end(looking)
