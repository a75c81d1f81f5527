"""What supervisors changed of the company's files in one workspace, as it is now in every process."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import structlog

from cases.settings import Change, Setting
from storage import settings
from storage.db import Database

_SECONDS = 15.0
"""How old they may become when no announcement comes: one may be lost while the database restarts."""

log = structlog.get_logger(__name__)


class Amendments:
    """The changes in force, read again when some process announces another one."""

    def __init__(self, db: Database, workspace_id: int) -> None:
        self._db = db
        self._workspace_id = workspace_id
        self._stirred = True
        self._read_at = float("-inf")
        self._now: tuple[Change, ...] = ()
        self.versions: Mapping[Setting, int] = {}
        """How often each setting was changed, as last read."""

    def now(self) -> Sequence[Change]:
        """Those in force, oldest first; the same object until one is made or taken back."""
        return self._now

    def stir(self) -> None:
        """Some process has announced that there is another one."""
        self._stirred = True

    async def look(self) -> None:
        """Read them where that is due: a tick."""
        if self._stirred or time.monotonic() - self._read_at > _SECONDS:
            await self.refresh()

    async def refresh(self) -> None:
        """Read them now."""
        self._stirred = False
        rows = await settings.newest(self._db, self._workspace_id)
        self._read_at = time.monotonic()
        self.versions = settings.versions(rows)
        found = settings.in_force(rows)
        if found != self._now:
            self._now = found
            log.info("settings.read", workspace=self._workspace_id, changes=len(found))
