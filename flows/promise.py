"""The customer is told by when their case will be done: the usual preview, and a promise once it was sent."""

from __future__ import annotations

from datetime import datetime

from cases.actor import Actor
from cases.enums import Channel
from cases.errors import AlreadyDone, DateKnown, DatePassed, InvalidInput, NoChannel
from cases.messages import CaseCard
from cases.promises import ROUND, Plan
from cases.reader import Language
from cases.telling import date_words
from storage import drafting
from storage.db import Connection, Row


class NoDate(InvalidInput):
    """No date is known for this case: what it is about has no steps with times, or that is not said yet."""


class NothingDue(InvalidInput):
    """Nothing is owed in this case any more, so there is no date to tell."""


class ClockStopped(InvalidInput):
    """The customer has the next word, so the clock stands still: the date is known once they have written."""


async def propose(
    tx: Connection, case: Row, card: CaseCard, plan: Plan, language: Language, actor: Actor, now: datetime
) -> None:
    """Show ``actor`` a private preview that tells the customer of ``card`` its date, with Send and Cancel.

    ``language`` is for customers of whom none is known. Asked for again, the same draft is shown again.
    Raises NoDate, NothingDue, ClockStopped, DateKnown, DatePassed, NoChannel, or AlreadyDone when it is
    on its way.
    """
    if case["channel"] == Channel.INTERNAL:
        raise NoChannel
    date = _untold(card, now)
    key = f"promise:{case['id']}:{int(date.timestamp())}:{actor.id}"
    body = words(card, date, plan, language)
    if not await drafting.offer(tx, case, body, key, actor, now, tells=date):
        raise AlreadyDone("The customer is being told this date already.")


def _untold(card: CaseCard, now: datetime) -> datetime:
    due = card.due
    if due is not None and due.stopped:
        raise ClockStopped
    if due is not None and due.done:
        raise NothingDue
    if due is None or due.forecast is None:
        raise NoDate
    if due.untold is None:
        raise DateKnown
    if due.untold <= now + ROUND:
        # A step that is late could end at any time: “right now” is no date that holds.
        raise DatePassed
    return due.untold


def words(card: CaseCard, date: datetime, plan: Plan, language: Language) -> str:
    """What the customer reads: the process's text, or ours, in their language and the team's time zone."""
    theirs = card.language or language
    return date_words(plan.timings[card.process], date, theirs, plan.hours(card.process).zone)
