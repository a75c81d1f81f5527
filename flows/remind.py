"""People are reminded of a case, in its thread: of what they wanted, and of what they owe."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cases.actor import Actor
from cases.duties import Policy
from cases.errors import AlreadyDone, CaseClosed, InvalidInput, NotAllowed, NotFound
from cases.hours import Hours
from cases.promises import Plan
from cases.reminding import FARTHEST, MAX_TEXT
from storage import agenda, duties, duty_posts, rechecks, reminders
from storage.db import Connection, Database, Row

_BATCHES = 5
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


@dataclass(frozen=True, slots=True)
class Whom:
    """Members to be mentioned where something has been late for long."""

    leads: Mapping[str, Sequence[str]]
    """Of departments, by key."""
    supervisors: Sequence[str]


async def send_due(db: Database, workspace: int, now: datetime) -> list[str]:
    """Have all notes posted that are due at ``now``; the Slack channels in which something waits then."""
    return sorted(set(await reminders.claim(db, workspace, now)))


async def send_owed(
    db: Database, workspace: int, policy: Policy, whom: Callable[[], Awaitable[Whom]], now: datetime
) -> list[str]:
    """Have people reminded of what they owe at ``now``; the Slack channels in which something waits then.

    What changed in cases is looked at first, a part of it where much did; nobody is reminded of what was not
    looked at yet. ``whom`` is asked where something is due.
    """
    due, channels = await _look(db, workspace, policy, now), set[str]()
    while due:
        people = await whom()
        posted, due = await duties.claim(db, workspace, people.leads, people.supervisors, now)
        if not posted:
            break
        channels.update(posted)
    return sorted(channels)


async def _look(db: Database, workspace: int, policy: Policy, now: datetime) -> bool:
    """Bring up to date what is owed; whether anything is due."""
    waiting = await duties.waiting(db, workspace, now)
    if waiting.changed:
        await _recheck(db, workspace, policy)
        waiting = await duties.waiting(db, workspace, now)
    if not waiting.late:
        return waiting.due
    await duties.refresh(db, workspace, policy, now)
    return await duties.is_due(db, workspace, now)


async def _recheck(db: Database, workspace: int, policy: Policy) -> None:
    for _batch in range(_BATCHES):
        if await rechecks.recheck(db, workspace, policy) < rechecks.MOST_RECHECKED:
            break


async def follow(db: Database, workspace: int, policy: Policy) -> int:
    """Have all open cases looked at anew if ``policy`` is not the last one that was followed; how many."""
    return await rechecks.new_policy(db, workspace, policy.fingerprint)


async def put_off(
    db: Database,
    workspace: int,
    token: UUID,
    until: datetime,
    plan: Plan,
    actor: Actor,
    now: datetime,
    *,
    exact: bool,
) -> datetime:
    """Remind again at ``until`` of all that its post names of a reminder's case; returns when that is.

    Unless that moment was picked (``exact``) it is when work goes on then. Raises InvalidInput for a time
    that is over or too far off, or AlreadyDone when there is nothing to be done any more.
    """
    _check_until(until, now)
    post = await duty_posts.post_of(db, workspace, token)
    rows = await duty_posts.shown(db, post) if post is not None else []
    mine = next((row for row in rows if row["token"] == token), None)
    if mine is not None and not exact:
        until = _hours(plan, mine).next_open(until)
    if post is None or not await duty_posts.snooze(db, post, token, until, actor.id, now):
        raise AlreadyDone("This is done, or was put off already.")
    return until


def _check_until(until: datetime, now: datetime) -> None:
    if not now < until <= now + FARTHEST:
        raise InvalidInput("Please choose a time that is still to come, within a year.")


def _hours(plan: Plan, reminder: Row) -> Hours:
    """When those work who look after what a reminder is about."""
    if reminder["elsewhere"] and reminder["department"]:
        return plan.department_hours(reminder["department"], reminder["process_type"])
    return plan.hours(reminder["process_type"])


async def put_off_case(
    db: Database,
    workspace: int,
    case: int,
    until: datetime,
    plan: Plan,
    actor: Actor,
    now: datetime,
    *,
    exact: bool,
) -> datetime:
    """Put off all that was posted about a case, and what the actor set for themselves; the posts follow.

    Returns when the first of it comes again. Raises as ``put_off``.
    """
    _check_until(until, now)
    again: list[datetime] = []
    for row in await agenda.posted(db, case, actor.id):
        try:
            if row["outbox_id"] is None:
                await snooze(db, row["token"], until, actor)
                again.append(until)
            else:
                token = row["token"]
                again.append(await put_off(db, workspace, token, until, plan, actor, now, exact=exact))
        except AlreadyDone:
            continue
    if not again:
        raise AlreadyDone("Nothing that was posted reminds of this case now.")
    return min(again)


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
