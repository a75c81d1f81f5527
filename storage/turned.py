"""The demo's clock: one row says to all processes how far it is ahead, and how far it is to be turned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.db import Connection, Database, Row

CHANGED = "cx_clock"
"""What is announced whenever the row changed in a way that others must know at once."""

_READ = "SELECT ahead, from_at, to_at, waits_for, stopped_by FROM turned_clock"

_WISH = f"""
INSERT INTO turned_clock (from_at, to_at) VALUES (%(now)s, %(to)s)
ON CONFLICT (one) DO UPDATE
SET from_at = excluded.from_at, to_at = excluded.to_at, waits_for = NULL, stopped_by = NULL
WHERE turned_clock.to_at IS NULL
RETURNING pg_notify('{CHANGED}', '') AS _notified
"""

# One that goes back, or that nobody wants any more, finds no row.
_TURN = f"""
UPDATE turned_clock SET ahead = %(ahead)s, waits_for = NULL
WHERE ahead < %(ahead)s AND to_at IS NOT NULL
RETURNING pg_notify('{CHANGED}', '') AS _notified
"""

_WAIT = "UPDATE turned_clock SET waits_for = %(what)s WHERE waits_for IS DISTINCT FROM %(what)s"

_END = f"""
UPDATE turned_clock SET from_at = NULL, to_at = NULL, waits_for = NULL, stopped_by = %(by)s
WHERE to_at IS NOT NULL
RETURNING pg_notify('{CHANGED}', '') AS _notified
"""

_CLAIM = f"SELECT pg_try_advisory_lock(hashtext('{CHANGED}')) AS mine"


@dataclass(frozen=True, slots=True)
class Turned:
    """How the demo's clock stands."""

    ahead: timedelta = timedelta(0)
    """Of the computer's."""
    from_at: datetime | None = None
    """Where the present turning began, in business time; None when nobody turns it."""
    to_at: datetime | None = None
    waits_for: str | None = None
    """What must be finished first; a word of ``storage.due.busy``, or the name of a tick that fails."""
    stopped_by: str | None = None
    """What ended the last turning before its time."""


async def read(db: Database) -> Turned:
    """How it stands now."""
    return _turned(await db.one(_READ))


async def wish(db: Database, to: datetime, now: datetime) -> bool:
    """Have it turned to ``to``, from ``now`` on; False when it is being turned already."""
    return await db.one(_WISH, {"to": to, "now": now}) is not None


async def claim(held: Connection) -> bool:
    """Be the one who turns it, for as long as this connection lives; False when somebody else is."""
    row = await (await held.execute(_CLAIM)).fetchone()
    return bool(row and row["mine"])


async def standing(held: Connection) -> Turned:
    """``read`` for whoever turns it: fails when they have lost the claim with its connection."""
    return _turned(await (await held.execute(_READ)).fetchone())


async def turn(held: Connection, ahead: timedelta) -> bool:
    """Put it ``ahead``, for all processes; False when that would be back, or nobody wants it turned."""
    return await (await held.execute(_TURN.encode(), {"ahead": ahead})).fetchone() is not None


async def wait(held: Connection, what: str | None) -> None:
    """Let people know what must be finished first."""
    await held.execute(_WAIT, {"what": what})


async def end(held: Connection, stopped_by: str | None = None) -> None:
    """It has come to where it was wanted, or had to stop before."""
    await held.execute(_END.encode(), {"by": stopped_by})


def _turned(row: Row | None) -> Turned:
    return Turned(**row) if row else Turned()
