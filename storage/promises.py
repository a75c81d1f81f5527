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
from cases.promises import Logged, Plan, Told
from storage.db import Connection, Database, Row

TOLD = """
SELECT jsonb_agg(jsonb_build_object('date', p.date_at, 'kept', p.kept, 'ended', p.ended_at) ORDER BY p.id)
FROM promises p WHERE p.case_id = k.id"""
"""For a statement in which ``k`` is a case: what ``told_of`` reads."""

_LOG = """
SELECT at, detail ->> 'status' AS status FROM audit
WHERE case_id = %(case)s AND detail ? 'status' ORDER BY id
"""


def told_of(rows: Sequence[Row] | None, closed_at: datetime | None) -> Told | None:
    """What the customer was told since the case was last opened; of a closed one, until it was closed."""
    these = [row for row in rows or () if _moment(row["ended"]) == closed_at]
    if not these:
        return None
    dates = [datetime.fromisoformat(row["date"]) for row in these]
    return Told(dates[0], dates[-1], these[0]["kept"])


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


async def dated(db: Database, card: CaseCard, plan: Plan) -> CaseCard:
    """A card with the dates of its case; without a question to the database where its process has none."""
    timing = plan.timings.get(card.process)
    if timing is None or card.status is Status.CLOSED:
        log: Sequence[Logged] = ()
    else:
        log = await log_of(db, card.case_id) if timing.steps else ()
    return replace(card, due=plan.due(card.process, card.opened_at, log, card.told))


async def log_of(db: Database, case: int) -> list[Logged]:
    """Since when a case stood where, oldest first."""
    rows = await db.fetch(_LOG, {"case": case})
    return [(row["at"], Status(row["status"])) for row in rows]


async def move(tx: Connection, case: int, into: int) -> None:
    """What the customer of an open case was told holds for the one in which it goes on."""
    await tx.execute(
        "UPDATE promises SET case_id = %(into)s WHERE case_id = %(case)s AND ended_at IS NULL",
        {"case": case, "into": into},
    )
