"""Whoever opens a case is told that their message has come, its number, and by when it will be done."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from cases import receipts, text
from cases.promises import ROUND, Plan
from cases.reader import Language, language_of, reader_of, use, zone_named
from cases.receipts import Place, Situation
from cases.telling import date_words
from storage import promises
from storage import receipts as rows
from storage.db import Connection, Database, Row


@dataclass(frozen=True, slots=True)
class Receipting:
    """How a company confirms what comes in."""

    places: Collection[Place]
    """Where receipts are on."""
    plan: Plan
    sender: Callable[[str], str]
    """Who writes on a chat site; other channels have a title of their own."""
    language: Language
    """In which customers read of whom none is known."""


async def send_due(db: Database, workspace: int, receipting: Receipting, now: datetime) -> list[str]:
    """Send what is due at ``now``; the Slack channels in which something waits then.

    One for each case at most, whichever replica looks. A case waits ``receipts.WAIT`` for somebody or
    something to say what it is about; what was opened ``receipts.TOO_LATE`` ago has none any more.
    """
    if not receipting.places:
        return []
    stirred = []
    for case in await rows.new(db, workspace, receipting.places, now):
        date = await _date(db, case, receipting.plan, now)
        async with db.transaction() as tx:
            facts = await rows.claim(tx, case)
            if facts is not None and await _decide(tx, facts, receipting, date, now):
                stirred.append(facts["slack_channel"])
    return stirred


async def _date(db: Database, case: Row, plan: Plan, now: datetime) -> datetime | None:
    """By when the case will be done, where that can be told."""
    log, asks = await promises.log_of(db, case["id"]), await promises.asks_of(db, case["id"])
    date = plan.due(case["process_type"], case["opened_at"], log, None, asks, now).untold
    return date if date is not None and date > now + ROUND else None


async def _decide(
    tx: Connection, facts: Row, receipting: Receipting, date: datetime | None, now: datetime
) -> bool:
    why = receipts.why_not(
        Situation(
            channel=facts["channel"],
            proven=facts["proven"],
            automatic_ok=facts["automatic_ok"],
            before=facts["before"],
            answered=facts["answered"],
            public=facts["public"],
            lately=facts["lately"],
            stands=facts["stands"],
        )
    )
    if why is not None:
        await rows.never(tx, facts, why, now)
        return False
    words = _words(facts, receipting, date)
    sizes = [text.escaped_bytes(part) for part in text.split(words)]
    name = facts["title"] or receipting.sender(facts["site"])
    await rows.say(tx, facts, words, sizes, name, date, now)
    return True


def _words(facts: Row, receipting: Receipting, date: datetime | None) -> str:
    language = language_of(facts["language"] or "") or receipting.language
    process, told = facts["process_type"], None
    if date is not None:
        zone = zone_named(facts["zone"]) or receipting.plan.hours(process).zone
        told = date_words(receipting.plan.timings[process], date, language, zone)
    with use(reader_of(language.value)):
        return receipts.words(facts["number"], told)
