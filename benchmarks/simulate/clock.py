"""The business clock: turned over HTTP, and how far it was ahead at each real moment."""

from __future__ import annotations

import asyncio
import bisect
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from aiohttp import ClientError, ClientSession, ClientTimeout

from benchmarks.rig import DidNotStart
from benchmarks.simulate.world import CLOCK_TOKEN

PATIENCE_SECONDS = 300.0
"""A turning that takes longer is stuck."""
EARLY_SECONDS = 20
"""People act within so much of a minute, so that what follows at once still comes within it."""
_POLL_SECONDS = 0.03
# What the clock does is written down by the database itself: nobody else knows each hop's moment.
_WATCH = """
CREATE TABLE simulated_turns (at timestamptz NOT NULL DEFAULT clock_timestamp(), ahead interval NOT NULL);
CREATE FUNCTION simulated_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO simulated_turns (ahead) VALUES (new.ahead);
    RETURN NULL;
END $$;
CREATE TRIGGER simulated_turn AFTER INSERT OR UPDATE OF ahead ON turned_clock
FOR EACH ROW EXECUTE FUNCTION simulated_turn();
"""
_SET = "INSERT INTO turned_clock (ahead) VALUES (%s)"
_TURNS = "SELECT extract(epoch FROM at)::float8, extract(epoch FROM ahead)::float8 FROM simulated_turns"


def prepare(database_url: str, start: datetime) -> None:
    """Put the clock to the week's beginning, before anybody follows it, and have its turns written down."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_WATCH)
        connection.execute(_SET, (start - datetime.now(UTC),))


class Clock:
    """The business time, which anybody of the replicas turns."""

    def __init__(self, http: ClientSession, addresses: Callable[[], Sequence[str]]) -> None:
        self._http = http
        self._addresses = addresses
        self._turn = 0
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        """The business time, while nobody turns it."""
        return datetime.now(UTC) + self.ahead

    async def turn(self, to: datetime) -> None:
        """Turn it to ``to``, and wait until all that was due by then has happened. Raises DidNotStart."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        standing = await self._ask()
        while standing["to"] or self.now() < to:
            if time.monotonic() > deadline:
                raise DidNotStart(f"The clock does not go on: it waits for {standing['waits_for']}.")
            if not standing["to"]:
                await self._ask({"to": to.isoformat()})
            await asyncio.sleep(_POLL_SECONDS)
            standing = await self._ask()
            if standing["stopped_by"]:
                raise DidNotStart(f"The clock was stopped by {standing['stopped_by']}.")

    async def early(self) -> None:
        """Turn it to the next minute where this one is not young any more. Raises DidNotStart."""
        now = self.now()
        if now.second >= EARLY_SECONDS:
            await self.turn(now.replace(second=0, microsecond=0) + timedelta(minutes=1))

    async def _ask(self, wanted: dict[str, str] | None = None) -> dict[str, Any]:
        """How it stands, from a replica that answers; raises DidNotStart when none does for long."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = await self._try(wanted)
            if found is not None:
                self.ahead = timedelta(seconds=found["ahead_seconds"])
                return found
            wanted = None
            await asyncio.sleep(_POLL_SECONDS)
        raise DidNotStart("No replica answers any more.")

    async def _try(self, wanted: dict[str, str] | None) -> dict[str, Any] | None:
        self._turn += 1
        known = self._addresses()
        url = f"{known[self._turn % len(known)]}/demo/clock"
        headers = {"Authorization": f"Bearer {CLOCK_TOKEN}"}
        try:
            async with self._http.request(
                "POST" if wanted else "GET",
                url,
                json=wanted,
                headers=headers,
                timeout=ClientTimeout(total=5),
            ) as answer:
                if answer.status not in {200, 202}:
                    return None
                found: dict[str, Any] = await answer.json()
                return found
        except (ClientError, TimeoutError, OSError):
            return None


class Turns:
    """How far the clock was ahead at each real moment, as the database wrote it down."""

    def __init__(self, database_url: str) -> None:
        with psycopg.connect(database_url) as connection:
            self.turns = sorted(tuple(map(float, row)) for row in connection.execute(_TURNS))

    def business(self, real: float) -> datetime:
        """The business time at a real moment, in seconds since 1970."""
        place = bisect.bisect_right(self.turns, (real, float("inf"))) - 1
        return datetime.fromtimestamp(real + self.turns[max(place, 0)][1], UTC)
