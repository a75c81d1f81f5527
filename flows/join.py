"""Cases are linked, merged into one, and split again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from cases import text
from cases.actor import Actor
from cases.enums import Channel, Status
from cases.errors import AlreadyDone, InvalidInput, NotFound
from cases.language import _
from cases.messages import reference
from storage import identities, joining, locks, problems
from storage.db import Connection, Database, Row


async def link(db: Database, case: int, other: int, actor: Actor, now: datetime) -> bool:
    """Link two cases, said in both threads; False when they are linked. Raises InvalidInput."""
    _differ(case, other)
    async with db.transaction() as tx:
        await locks.lock_cases(tx, [case, other])
        if not await joining.link(tx, case, other, actor.id, now):
            return False
        await joining.say_each(
            tx, (case, "linked", other, {}), (other, "linked", case, {}), actor=actor.id, now=now
        )
        return True


async def merge(db: Database, case: int, into: int, actor: Actor, now: datetime) -> None:
    """End ``case``; what its customer says next lands in ``into``, and both threads say so.

    The open problem behind ``case`` is behind ``into`` from now on, unless that has one. Raises
    InvalidInput for cases of different customers, AlreadyDone for one that is merged or closed.
    """
    _differ(case, into)
    found = await problems.of_case(db, case)
    async with db.transaction() as tx:
        # Problems are locked before cases everywhere.
        problem = await problems.lock(tx, found["token"]) if found else None
        rows = await locks.lock_cases(tx, [case, into])
        await _check_merge(tx, rows[case], rows[into])
        if problem and not problem["solved_at"] and await problems.remove(tx, problem, case, actor.id, now):
            await problems.add(tx, problem, into, actor.id, now)
        waits = rows[case]["status"] in {"new", "open"}
        await joining.merge(tx, case, into, actor.id, now, waits=waits)
        opens = waits and rows[into]["status"] in {Status.WAITING_CUSTOMER, Status.ANSWERED}
        ended = (case, "merged", into, {"status": Status.CLOSED.value})
        grown = (into, "absorbed", case, {"status": Status.OPEN.value} if opens else {})
        await joining.say_each(tx, ended, grown, actor=actor.id, now=now)


def _differ(case: int, other: int) -> None:
    if case == other:
        raise InvalidInput("Please name another case.")


async def _check_merge(tx: Connection, case: Row, into: Row) -> None:
    for row in (case, into):
        if row["merged_into"] is not None:
            raise AlreadyDone("{case} was merged already.", case=reference(row["number"]))
    if into["status"] == "closed":
        raise AlreadyDone("{case} is closed; reopen it first.", case=reference(into["number"]))
    # A case that somebody opened by hand may turn out to be about another one's customer.
    if case["customer_id"] != into["customer_id"] and (
        await identities.channel_of(tx, case["id"]) != Channel.INTERNAL
    ):
        raise InvalidInput(
            "{case} and {other} belong to different customers; merge the customers first.",
            case=reference(case["number"]),
            other=reference(into["number"]),
        )


async def split(
    db: Database,
    case: int,
    messages: Collection[int],
    actor: Actor,
    now: datetime,
    *,
    back_to: int | None = None,
    later: bool = True,
) -> int:
    """Move the customer's ``messages`` into a new case, or into ``back_to``, which was merged into this one.

    With ``later`` what is said next in their conversation goes there, too. Returns that case's id.
    Raises InvalidInput without messages for a new case, NotFound when one was moved already, AlreadyDone for
    a case that goes on in another one.
    """
    async with db.transaction() as tx:
        # A message may have come in one that was merged.
        parts = await joining.with_merged(tx, case)
        along = [
            row["conversation_id"] for row in await joining.movable_in(tx, case) if row["id"] in messages
        ]
        involved = {case, *parts}
        if back_to is not None:
            involved.add(back_to)
            along += await joining.conversations_of_merge(tx, back_to, case)
        rows = await locks.lock_cases(tx, involved, along)
        if rows[case]["merged_into"] is not None:
            raise AlreadyDone("This case goes on in another one; split that one instead.")
        found = {row["id"]: row for row in await joining.movable_in(tx, case)}
        chosen = [found[each] for each in sorted(messages) if each in found]
        if len(chosen) < len(set(messages)):
            raise NotFound("A message that you chose is not in this case any more.")
        await joining.regroup(tx, parts, now)
        if back_to is not None:
            own = await joining.with_merged(tx, back_to)
            chosen = [row for row in chosen if row["case_id"] not in own]
            if await joining.unmerge(tx, back_to, case, actor.id, now, later=later) is None:
                raise AlreadyDone("That case is on its own already.")
            target = back_to
        elif chosen:
            subject = text.one_line(chosen[0]["text"]) or _("A message without words")
            conversation = chosen[-1]["conversation_id"]
            made = await joining.open_beside(tx, rows[case], conversation, subject, actor.id, now)
            target = int(made["id"])
            await joining.link(tx, case, target, actor.id, now)
            if later:
                await joining.send_on(tx, conversation, case, target)
        else:
            raise InvalidInput("Please choose at least one message.")
        for row in chosen:
            sizes = [text.escaped_bytes(part) for part in text.split(row["text"])]
            await joining.move(tx, row["id"], target, sizes)
        reopened: dict[str, int | str] = {"status": Status.OPEN.value} if back_to is not None else {}
        left = (case, "split", target, {"count": len(chosen)})
        gone = (target, "split_from", case, {"count": len(chosen), **reopened})
        await joining.say_each(tx, left, gone, actor=actor.id, now=now)
        return target
