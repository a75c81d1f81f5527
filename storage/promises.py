"""Dates that customers were told, and what a case's date is computed from.

A forecast is never stored: it follows from the files and from the log of the case, so that there is nothing
to bring up to date when one of them changes. What a customer was told is a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cases.enums import Status
from cases.messages import CaseCard
from cases.progress import Asked
from cases.promises import Logged, PlanAt, Told
from storage.db import Connection, Database, Row
from storage.merged import WITH_MERGED

TOLD = """
SELECT jsonb_agg(jsonb_build_object('date', p.date_at, 'kept', p.kept, 'ended', p.ended_at) ORDER BY p.id)
FROM promises p WHERE p.case_id = k.id"""
"""For a statement in which ``k`` is a case: what ``told_of`` reads."""

_LOG = """
SELECT at, detail ->> 'status' AS status FROM audit
WHERE case_id = %(case)s AND detail ? 'status' ORDER BY id
"""

_MOVE_BACK = f"""
UPDATE promises p SET case_id = %(case)s FROM messages m
WHERE p.case_id = %(into)s AND p.ended_at IS NULL AND m.id = p.message_id AND m.case_id = {WITH_MERGED}
"""

# One that was passed on is the question of the department that was asked first; who answers it is another.
ASKS = """
WITH RECURSIVE way AS (
    SELECT id, id AS first, case_id, department, asked_at, state, answered_at, later_at
    FROM asks WHERE case_id = ANY(%(cases)s::bigint[]) AND from_ask_id IS NULL AND asked_at IS NOT NULL
    UNION ALL
    SELECT n.id, w.first, w.case_id, w.department, w.asked_at, n.state, n.answered_at, n.later_at
    FROM way w JOIN asks n ON n.from_ask_id = w.id
)
SELECT case_id, department, asked_at, answered_at, later_at FROM way
WHERE state IN ('open', 'answered') ORDER BY asked_at, first
"""
"""What departments were asked about some ``cases``, the oldest question first: what ``asked_of`` reads."""


def told_of(rows: Sequence[Row] | None, closed_at: datetime | None) -> Told | None:
    """What the customer was told since the case was last opened; of a closed one, until it was closed."""
    these = [row for row in rows or () if _moment(row["ended"]) == closed_at]
    if not these:
        return None
    dates = [datetime.fromisoformat(row["date"]) for row in these]
    return Told(dates[0], dates[-1], these[0]["kept"])


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


async def dated(db: Database, card: CaseCard, at: PlanAt) -> CaseCard:
    """A card with the dates of its case; without a question to the database where its process has none."""
    timing = at.plan.timings.get(card.process)
    log: Sequence[Logged] = ()
    asks: Sequence[Asked] = ()
    if timing is not None and timing.steps and card.status is not Status.CLOSED:
        log, asks = await log_of(db, card.case_id), await asks_of(db, card.case_id)
    return replace(card, due=at.plan.due(card.process, card.opened_at, log, card.told, asks, at.now))


async def log_of(db: Database, case: int) -> list[Logged]:
    """Since when a case stood where, oldest first."""
    rows = await db.fetch(_LOG, {"case": case})
    return [(row["at"], Status(row["status"])) for row in rows]


async def asks_of(db: Database, case: int) -> list[Asked]:
    """What departments were asked about a case, the oldest question first."""
    return [asked_of(row) for row in await db.fetch(ASKS, {"cases": [case]})]


def asked_of(row: Row) -> Asked:
    """A row of ``ASKS``."""
    return Asked(row["department"], row["asked_at"], row["answered_at"], row["later_at"])


async def move(tx: Connection, case: int, into: int) -> None:
    """What the customer of an open case was told holds for the one in which it goes on."""
    await tx.execute(
        "UPDATE promises SET case_id = %(into)s WHERE case_id = %(case)s AND ended_at IS NULL",
        {"case": case, "into": into},
    )


async def move_back(tx: Connection, case: int, into: int) -> None:
    """A case that was merged is on its own again, with what its customer was told in it and what is merged
    into it."""
    await tx.execute(_MOVE_BACK.encode(), {"case": case, "into": into})
