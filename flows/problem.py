"""One cause behind many cases: they are gathered, and their customers told with one text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cases.actor import Actor
from cases.enums import DraftKind
from cases.errors import AlreadyDone, InvalidInput, NotAllowed, NotFound
from cases.messages import problem_reference, reference
from cases.replies import check_filled
from cases.undo import Undo
from storage import drafts, links, locks, mailings, problems
from storage.db import Connection, Database, Row

MAX_CASES = 200
"""Cases of one problem: all of them fit into one preview."""
MAX_TITLE = 150
"""Characters of a problem's title."""


async def make(db: Database, case: Row, title: str, key: str, actor: Actor, now: datetime) -> Row:
    """A new problem with this case; asked for again with the same ``key``, the same problem.

    Raises InvalidInput for the title, CaseClosed, or AlreadyDone when the case is part of another one.
    """
    title = " ".join(title.split())
    if not title or len(title) > MAX_TITLE:
        raise InvalidInput("Please say in at most {most} characters what the problem is.", most=MAX_TITLE)
    await links.refuse_closed(db, case)
    async with db.transaction() as tx:
        await locks.lock_cases(tx, [case["id"]])
        made = await problems.create(tx, case["workspace_id"], title, key, actor.id, now)
        if made is not None:
            if await problems.add(tx, made, case["id"], actor.id, now):
                return made
            raise AlreadyDone("{case} is part of another problem.", case=reference(case["number"]))
    found = await problems.of_case(db, case["id"])
    if found is None:
        raise NotFound("This problem is solved already.")
    return found


async def add(db: Database, token: UUID, case: Row, actor: Actor, now: datetime) -> Row:
    """Make a case part of a problem; nothing happens when it is. Returns the problem.

    Raises NotFound, CaseClosed, InvalidInput for one case too many, or AlreadyDone when the problem
    is solved or the case is part of another one.
    """
    await links.refuse_closed(db, case)
    async with db.transaction() as tx:
        problem = await _open(tx, token)
        if await problems.count(tx, problem["id"]) >= MAX_CASES:
            raise InvalidInput("A problem has at most {most} cases.", most=MAX_CASES)
        await locks.lock_cases(tx, [case["id"]])
        if await problems.add(tx, problem, case["id"], actor.id, now):
            return problem
    found = await problems.of_case(db, case["id"])
    if found is None or found["id"] != problem["id"]:
        raise AlreadyDone("{case} is part of another problem.", case=reference(case["number"]))
    return problem


async def remove(db: Database, case: Row, actor: Actor, now: datetime) -> None:
    """Take a case out of its problem; raises AlreadyDone."""
    found = await problems.of_case(db, case["id"])
    if found is None:
        raise AlreadyDone("This case is part of no problem.")
    async with db.transaction() as tx:
        await _open(tx, found["token"])
        await locks.lock_cases(tx, [case["id"]])
        if not await problems.remove(tx, found, case["id"], actor.id, now):
            raise AlreadyDone("This case is part of no problem.")


async def _open(tx: Connection, token: UUID) -> Row:
    problem = await problems.lock(tx, token)
    if problem is None:
        raise NotFound("This problem does not exist any more.")
    if problem["solved_at"] is not None:
        raise AlreadyDone("{problem} is solved already.", problem=problem_reference(problem["number"]))
    return problem


async def prepare(
    db: Database, token: UUID, words: str, kind: DraftKind, actor: Actor, now: datetime
) -> UUID:
    """Keep one text for all customers, and whom it would reach, for its preview.

    Raises TextMissing, TextTooLong, NotFound, or AlreadyDone when the problem is solved.
    """
    body = check_filled(words)
    async with db.transaction() as tx:
        problem = await _open(tx, token)
        return await mailings.prepare(tx, problem["id"], kind, body, actor.id, actor.name, now)


@dataclass(frozen=True, slots=True)
class Approved:
    """What Send on a preview did: the problem (its token), and the drafts that are on their way."""

    problem: UUID
    drafts: Sequence[Row]
    """Each with ``uuid``, ``body`` and ``conversation_id``."""
    again: bool = False
    """Whether it had been pressed before."""


async def approve(db: Database, token: UUID, actor: Actor, undo: float | Undo, now: datetime) -> Approved:
    """Approve the text for every recipient to whom it still can go, as its own draft; all or none.

    Left out and noted with the reason are cases that are not what the preview showed: their customer
    wrote since, they closed, merged, or changed the channel. Closing texts solve the problem, unless an
    open case was left out. A second press does nothing. Raises NotFound, NotAllowed, or AlreadyDone.
    """
    async with db.transaction() as tx:
        mailing = await _own(tx, token, actor)
        if mailing["state"] == "approved":
            return Approved(mailing["problem"], (), again=True)
        await _open(tx, mailing["problem"])
        await locks.lock_cases(tx, *await mailings.recipients(tx, mailing["id"]))
        rows = await mailings.checked(tx, mailing)
        made = [await _give(tx, mailing, row, actor, undo, now) for row in rows]
        going = [draft for draft in made if draft is not None]
        await mailings.approved(tx, mailing, actor.id, len(going), now)
        if mailing["kind"] == DraftKind.CLOSING and await _nobody_is_left(tx, mailing["id"]):
            await problems.solve(tx, mailing["problem_id"], actor.id, now)
    return Approved(mailing["problem"], going)


async def _own(tx: Connection, token: UUID, actor: Actor) -> Row:
    mailing = await mailings.lock(tx, token)
    if mailing is None:
        raise NotFound("This preview does not exist any more.")
    if mailing["created_by"] != actor.id:
        raise NotAllowed("Only the person who made this draft can send it or take it back.")
    return mailing


async def _give(
    tx: Connection, mailing: Row, row: Row, actor: Actor, undo: float | Undo, now: datetime
) -> Row | None:
    why = row["why"]
    if why is None:
        draft = await drafts.preview(
            tx,
            case=row["case_id"],
            kind=DraftKind(mailing["kind"]),
            body=mailing["body"],
            key=f"mailing:{mailing['id']}:{row['case_id']}",
            source=None,
            actor=actor.id,
            actor_name=actor.name,
            now=now,
            seen=row["seen_seq"],
        )
        assert draft is not None
        if await drafts.approve_in(tx, draft["uuid"], actor.id, undo, now):
            await mailings.give(tx, row["id"], draft["id"])
            return draft
    await mailings.leave_out(tx, row["id"], why or "wrote")
    return None


async def _nobody_is_left(tx: Connection, mailing: int) -> bool:
    return not set(await mailings.left_out(tx, mailing)) - {"closed", "merged", "removed"}


async def solve(db: Database, token: UUID, actor: Actor, now: datetime) -> None:
    """The cause is gone, and nobody is told; raises NotFound or AlreadyDone."""
    async with db.transaction() as tx:
        problem = await _open(tx, token)
        await problems.solve(tx, problem["id"], actor.id, now)


async def take_back(db: Database, token: UUID, actor: Actor, now: datetime) -> UUID:
    """Undo: what has not gone yet does not go, and a problem solved with it is open again.

    Returns the problem's token. Raises NotFound, NotAllowed, or AlreadyDone when all have gone.
    """
    async with db.transaction() as tx:
        mailing = await _own(tx, token, actor)
        waiting = await mailings.under_way(tx, mailing["id"])
        if not waiting:
            raise AlreadyDone("This message has been sent already.")
        for draft in waiting:
            await drafts.cancel_in(tx, draft, actor.id, now)
        if mailing["kind"] == DraftKind.CLOSING:
            await problems.unsolve(tx, mailing["problem_id"])
    problem: UUID = mailing["problem"]
    return problem
