"""A case moves on in its process: whose turn it is is asked by itself, and the card follows what is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cases import text
from cases.deeds import MAX_QUESTION
from cases.enums import Status
from cases.language import _
from cases.macros import fill
from cases.messages import CaseCard, reference
from cases.promises import NextStep, PlanAt
from cases.routing import Desk
from storage import asks, automatic, calls, cases, looks, promises, triage
from storage.db import Connection, Database
from storage.looks import Look

AGAIN = timedelta(hours=1)
"""How often the card of a late case follows its forecast, while people work."""
_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """An open case that was looked at."""

    card: CaseCard
    """With its dates."""
    again: datetime | None
    """When it is to be looked at again; None for when something happens to it."""

    @property
    def to_ask(self) -> NextStep | None:
        """The step whose department is to be asked by itself, if it has not been asked."""
        following = self.card.due.next if self.card.due else None
        return following if following and following.step.question and not following.asked else None

    @property
    def late(self) -> bool:
        """Whether the forecast moves with the clock."""
        due = self.card.due
        return bool(due and (due.next.late if due.next else due.forecast) and not due.stopped)


async def look(db: Database, case: int, at: PlanAt) -> Turn | None:
    """Where a case stands in its process; None for one that is closed."""
    card = await cases.card(db, case)
    if card is None or card.status is Status.CLOSED:
        return None
    turn = Turn(await promises.dated(db, card, at), None)
    return Turn(turn.card, _again(turn, at))


def _again(turn: Turn, at: PlanAt) -> datetime | None:
    following = turn.card.due.next if turn.card.due else None
    if turn.late:
        return at.plan.hours(turn.card.process).next_open(at.now + AGAIN)
    ends = following.ends if following else None
    return ends + _AFTER if ends and ends >= at.now else None


async def finish(tx: Connection, look: Look, turn: Turn | None) -> None:
    """Have a case looked at again when there will be something to see; the card of a late one follows."""
    await triage.lock(tx, look.case_id)
    if turn is not None and turn.late:
        await calls.show_card(tx, look.case_id)
    await looks.finish(tx, look, turn.again if turn else None)


async def was_asked(db: Database, turn: Turn, step: NextStep) -> bool:
    """Whether this step has asked by itself before, or been refused that: then ``ask`` does nothing."""
    return await automatic.was_asked(db, turn.card.case_id, turn.card.process, step.number)


async def ask(
    tx: Connection, turn: Turn, step: NextStep, desk: Desk, channel: str | None, now: datetime
) -> bool:
    """Ask the department of the step that is next; False when it was asked already, or the case is closed.

    What nobody may pass on is not asked: the thread says why. ``channel`` is None where the department
    cannot be asked now. Each step of a case is asked by itself once at most, whatever becomes of it.
    """
    words = question(turn.card, step)
    foreign = await asks.foreign(tx, turn.card.case_id, words)
    too_long = len(text.show_invisible(words)) > MAX_QUESTION
    return await automatic.ask(
        tx,
        case=turn.card.case_id,
        process=turn.card.process,
        number=step.number,
        step=step.step.name,
        department=desk.key,
        name=desk.name,
        channel=channel or "",
        question=words[:MAX_QUESTION],
        refused=_refused(channel, foreign[:5], too_long=too_long),
        now=now,
    )


def _refused(channel: str | None, foreign: list[str], *, too_long: bool) -> dict[str, object] | None:
    if channel is None:
        return {"why": "channel"}
    if too_long:
        return {"why": "length"}
    return {"why": "foreign", "what": foreign} if foreign else None


def question(card: CaseCard, step: NextStep) -> str:
    """The words of the process, with what stands for ``{reference}`` and ``{customer}``."""
    values = {"reference": reference(card.number), "customer": card.customer or _("the customer")}
    return fill(step.step.question or "", values).strip()
