"""Cases are linked, merged into one, and split again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
        await _say(tx, (case, "linked", other, {}), (other, "linked", case, {}), actor=actor, now=now)
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
        await joining.merge(tx, case, into, now, waits=waits)
        opens = waits and rows[into]["status"] in {Status.WAITING_CUSTOMER, Status.ANSWERED}
        ended = (case, "merged", into, {"status": Status.CLOSED.value})
        grown = (into, "absorbed", case, {"status": Status.OPEN.value} if opens else {})
        await _say(tx, ended, grown, actor=actor, now=now)


async def _say(
    tx: Connection, *events: tuple[int, str, int, Mapping[str, int | str]], actor: Actor, now: datetime
) -> None:
    """Tell in each case what happened with the other one. Whoever renews several cards does it by case."""
    for case, event, other, more in sorted(events, key=lambda each: each[0]):
        await joining.say(tx, case, event, other, actor.id, now, **more)


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

    With ``later`` what is said next in their conversations goes there, too. Returns that case's id.
    Raises InvalidInput without messages for a new case, NotFound when one was moved already.
    """
    async with db.transaction() as tx:
        rows = await locks.lock_cases(tx, [case, *([back_to] if back_to else [])])
        found = {row["id"]: row for row in await joining.movable_in(tx, case)}
        chosen = [found[each] for each in sorted(messages) if each in found]
        if len(chosen) < len(set(messages)):
            raise NotFound("A message that you chose is not in this case any more.")
        if back_to is not None:
            target = await joining.unmerge(tx, back_to, case, actor.id)
            if target is None:
                raise AlreadyDone("That case is on its own already.")
        elif chosen:
            subject = text.one_line(chosen[0]["text"]) or _("A message without words")
            conversation = chosen[-1]["conversation_id"]
            target = await joining.open_beside(tx, rows[case], conversation, subject, actor.id, now)
            await joining.link(tx, case, target["id"], actor.id, now)
        else:
            raise InvalidInput("Please choose at least one message.")
        for row in chosen:
            sizes = [text.escaped_bytes(part) for part in text.split(row["text"])]
            await joining.move(tx, row["id"], case, target["id"], sizes)
        if later:
            await joining.send_on(tx, case, target["id"])
        count = len(chosen)
        led: dict[str, int | str] = {"status": Status.OPEN.value} if back_to is not None else {}
        left = (case, "split", target["id"], {"count": count})
        gone = (target["id"], "split_from", case, {"count": count, **led})
        await _say(tx, left, gone, actor=actor, now=now)
        return int(target["id"])
