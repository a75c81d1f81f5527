"""A customer who has not answered is asked once more: by a person, or by itself where the process says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.actor import Actor
from cases.endings import USUAL, Ending, best
from cases.enums import Channel, DraftKind, Status
from cases.errors import AlreadyDone, InvalidInput, NoChannel
from cases.language import _
from cases.promises import Plan
from cases.reader import Language, language_of, reader_of, use, zone_named
from cases.surveys import AskHours
from cases.undo import Undo
from storage import closings, drafting, nudges
from storage.db import Connection, Database, Row

_BUSY = timedelta(hours=1)
"""While a text for the customer is under way, so long is waited before looking again."""


class NotSilent(InvalidInput):
    """The customer does not have the next word, so there is nothing to remind them of."""


async def propose(
    tx: Connection, case: Row, theirs: Language | None, language: Language, actor: Actor, now: datetime
) -> None:
    """Show ``actor`` a private preview that asks the customer of an open case once more.

    ``theirs`` is the customer's language; where it is not known, ``language`` is taken. Raises NotSilent,
    NoChannel, or AlreadyDone when it is on its way.
    """
    if case["channel"] == Channel.INTERNAL:
        raise NoChannel
    if case["status"] != Status.WAITING_CUSTOMER:
        raise NotSilent
    since = case["last_reply_at"] or case["opened_at"]
    key = f"nudge:{case['id']}:{int(since.timestamp())}:{actor.id}"
    if not await drafting.offer(tx, case, words(theirs or language), key, actor, now):
        raise AlreadyDone("The customer is being asked already.")


def words(language: Language) -> str:
    """What the customer reads."""
    with use(reader_of(language.value)):
        return _(
            "We have not heard from you since our last message. Do you still need our help? "
            "Just reply here. If all is well, you need not do anything."
        )


@dataclass(frozen=True, slots=True)
class Asking:
    """How a company asks by itself."""

    endings: Mapping[str, Ending]
    """By the key of the process."""
    plan: Plan
    hours: AskHours
    """When, on the customer's clock."""
    sender: Callable[[str], str]
    """Who writes on a chat site."""
    language: Language
    """In which customers read of whom none is known."""
    undo: float | Undo
    """Seconds in which the owner can keep it back."""


async def ask_due(db: Database, workspace: int, asking: Asking, now: datetime) -> list[Row]:
    """Ask whoever was silent for long enough at ``now`` and whose process says so; the approved drafts.

    Each text stands in ``processes.yml`` to the letter. Once until the customer writes again, whatever
    becomes of it, on one replica, and not in their night.
    """
    approved = []
    for row in await nudges.due(db, workspace, now):
        async with db.transaction() as tx:
            case = await nudges.claim(tx, row, now)
            draft = await _decide(tx, case, asking, now) if case is not None else None
        if draft is not None:
            approved.append(draft)
    return approved


async def _decide(tx: Connection, case: Row, asking: Asking, now: datetime) -> Row | None:
    """Ask now, look again later, or never; the draft that asks."""
    texts = asking.endings.get(case["process_type"], USUAL).nudge
    zone = zone_named(case["zone"]) or asking.plan.hours(case["process_type"]).zone
    at = asking.hours.next(now, zone)
    if texts and not case["tried"] and (at > now or case["busy"]):
        await nudges.put_off(tx, case["duty"], max(at, now + _BUSY) if case["busy"] else at)
        return None
    await nudges.put_off(tx, case["duty"], None)
    if case["tried"]:
        await nudges.leave(tx, case["id"])
    if not texts or case["tried"]:
        return None
    body = best(texts, language_of(case["language"] or ""), asking.language)
    name, process = asking.sender(case["site"]), case["process_type"]
    return await closings.approve(tx, case, body, name, process, asking.undo, now, DraftKind.REPLY)
