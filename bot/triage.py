"""New cases are looked at as they arrive: in workers, once each, after a moment of calm."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog
from procrastinate import App

from bot import steps
from cases.clock import Clock
from cases.errors import NotFound, Unavailable
from cases.triage import LOOKS_WITH_MODEL, LOOKS_WITHOUT_MODEL, Claim
from copilot.desks import Choices
from copilot.triage import Triager
from flows import triage as flow
from storage import triage
from storage.db import Connection, Database, DatabaseError
from storage.plans import Planned
from storage.watched import Watched

IDLE_SECONDS = 2.0
_AT_ONCE = 4
_LONGEST_SECONDS = 60.0
"""Between two tries at a database that is away."""

log = structlog.get_logger(__name__)


class Triage:
    """Looks at new cases."""

    def __init__(
        self,
        db: Database,
        triager: Triager,
        clock: Clock,
        jobs: App | None = None,
        planned: Watched[Planned] | None = None,
    ) -> None:
        """With ``jobs`` a draft is asked for, too, where a model could write it.

        With ``planned`` the processes follow their file.
        """
        self._db = db
        self._triager = triager
        self._clock = clock
        self._planned = planned
        self._jobs = jobs if triager.copilot.endpoint else None
        self._most = LOOKS_WITH_MODEL if triager.copilot.endpoint else LOOKS_WITHOUT_MODEL

    async def run(self) -> None:
        """Look until cancelled."""
        wait = IDLE_SECONDS
        while True:
            try:
                wait = 0.0 if await self.look() else IDLE_SECONDS
            except (Unavailable, DatabaseError, OSError) as error:
                wait = min(max(wait, IDLE_SECONDS) * 2, _LONGEST_SECONDS)
                log.warning("triage.failed", error=type(error).__name__)
            except Exception:
                wait = _LONGEST_SECONDS
                log.exception("triage.broken")
            await asyncio.sleep(wait)

    async def look(self) -> int:
        """Look at some of those that wait, side by side; how many they were."""
        self._follow()
        claimed = await triage.claim(self._db, self._clock.now(), self._most, limit=_AT_ONCE)
        await asyncio.gather(*(self._look_safely(each) for each in claimed))
        return len(claimed)

    def _follow(self) -> None:
        """Know the processes that there are now."""
        kinds = self._planned.now().processes if self._planned else self._triager.kinds
        if kinds is not self._triager.kinds:
            self._triager = replace(self._triager, processes=Choices(kinds), kinds=kinds)

    async def _look_safely(self, claim: Claim) -> None:
        """One that cannot be looked at is anybody's again when its lease ends, and holds up no other."""
        try:
            await self._look(claim)
        except NotFound:
            return
        except asyncio.CancelledError:
            await triage.give_back(self._db, claim)
            raise
        except (Unavailable, DatabaseError, OSError) as error:
            log.warning("triage.failed", case=claim.case_id, error=type(error).__name__)
        except Exception:
            log.exception("triage.broken", case=claim.case_id, tries=claim.tries)

    async def _look(self, claim: Claim) -> None:
        found = await self._triager.look(claim, self._clock.now())
        async with self._db.transaction() as tx:
            now = self._clock.now()
            if await flow.keep(tx, claim, found, now) and self._jobs is not None and found.said:
                await self._draft(self._jobs, tx, claim)

    async def _draft(self, jobs: App, tx: Connection, claim: Claim) -> None:
        """Ask for a draft unless somebody is at it already; no case gets two by itself."""
        if await triage.untouched(tx, claim.case_id):
            key = f"arrival:{claim.case_id}"
            await steps.enqueue_draft(jobs, tx, case=claim.case_id, user="", key=key, wish={})
