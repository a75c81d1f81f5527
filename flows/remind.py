"""People are reminded of a case, in its thread."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cases.actor import Actor
from cases.errors import AlreadyDone, CaseClosed, InvalidInput, NotAllowed, NotFound
from cases.reminding import FARTHEST, MAX_TEXT
from storage import reminders
from storage.db import Connection, Database, Row

NOTE = "note"
"""What somebody set for themselves."""


async def propose(
    db: Database, case: Row, member: str, due: datetime, text: str, actor: Actor, key: str, now: datetime
) -> UUID:
    """Remind ``member`` of the case at ``due``; ``key`` is the form that asked for it: once.

    Raises InvalidInput for a time that is over or too far off or without words, or CaseClosed.
    """
    async with db.transaction() as tx:
        return await propose_in(tx, case, member, due, text, actor, key, now)


async def propose_in(
    tx: Connection, case: Row, member: str, due: datetime, text: str, actor: Actor, key: str, now: datetime
) -> UUID:
    """``propose`` as a part of the caller's commit."""
    words = text.strip()
    if not words:
        raise InvalidInput("Please write what you want to be reminded of.")
    if len(words) > MAX_TEXT:
        raise InvalidInput("A reminder has at most {count} characters.", count=MAX_TEXT)
    if not now < due <= now + FARTHEST:
        raise InvalidInput("Please choose a time that is still to come, within a year.")
    token = await reminders.add(
        tx,
        case=case["id"],
        kind=NOTE,
        due=due,
        member=member,
        text=words,
        actor=actor.id,
        key=key,
        now=now,
    )
    if token is None:
        raise CaseClosed
    return token


async def send_due(db: Database, workspace: int, now: datetime) -> list[str]:
    """Have everything posted that is due at ``now``; the Slack channels in which something waits then."""
    return sorted(set(await reminders.claim(db, workspace, now)))


async def snooze(db: Database, token: UUID, due: datetime, actor: Actor) -> None:
    """Remind again at ``due``; raises NotFound, NotAllowed, CaseClosed, or AlreadyDone."""
    row = await _theirs(db, token, actor)
    if row["status"] == "closed":
        raise CaseClosed
    if not await reminders.snooze(db, token, due):
        raise AlreadyDone("This reminder is done, or put off already.")


async def done(db: Database, token: UUID, actor: Actor) -> None:
    """Done: nothing more; raises NotFound, NotAllowed, or AlreadyDone."""
    await _theirs(db, token, actor)
    if not await reminders.done(db, token):
        raise AlreadyDone("This reminder is done, or put off already.")


async def _theirs(db: Database, token: UUID, actor: Actor) -> Row:
    row = await reminders.by_token(db, token)
    if row is None:
        raise NotFound("This reminder does not exist any more.")
    if row["member"] != actor.id:
        raise NotAllowed("Only who is reminded can put this off or say that it is done.")
    return row
