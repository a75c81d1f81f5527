"""A department is asked about a case: proposed, confirmed by a person, posted, answered."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from cases import text
from cases.actor import Actor
from cases.deeds import MAX_QUESTION
from cases.errors import AlreadyDone, CaseClosed, InvalidInput, NotAllowed, NotFound
from cases.reminding import FARTHEST
from cases.routing import Desk
from storage import asks, calls, triage
from storage.db import Connection, Database, Row

_FARTHEST_DUE = timedelta(days=3653)
MAX_ANSWER = 30_000
"""Characters: a message of Slack, and more than any form takes."""
MAX_WHY = 300
"""Characters of why an answer takes longer."""


async def propose(
    tx: Connection,
    case: Row,
    desk: Desk,
    channel: str,
    question: str,
    actor: Actor,
    key: str,
    now: datetime,
    *,
    due: date | None = None,
    proposed_by: str | None = None,
    whisper: bool = False,
) -> UUID:
    """Keep a question to ``desk`` (asked in the Slack channel ``channel``) until ``actor`` confirms it.

    ``proposed_by`` is who wrote it, where that is not ``actor``: the copilot. ``whisper`` has the
    confirmation shown to ``actor`` privately in the case's thread; otherwise the caller shows it
    (``mirror.ask_proposed``). The same ``key`` again changes the words. Returns the token of these very
    words. Raises InvalidInput for a question that cannot be asked, CaseClosed, or AlreadyDone when the
    question was asked.
    """
    if case["status"] == "closed":
        raise CaseClosed
    if due is not None and due > (now + _FARTHEST_DUE).date():
        raise InvalidInput("Please choose a day within ten years.")
    words = await _checked(tx, case["id"], question)
    token = await asks.propose(
        tx,
        case=case["id"],
        department=desk.key,
        name=desk.name,
        channel=channel,
        question=words,
        due=due,
        proposed_by=proposed_by or actor.id,
        actor=actor,
        key=key,
        now=now,
    )
    if token is None:
        raise AlreadyDone("This has been asked already.")
    if whisper:
        payload = {"user": actor.id, "note": "ask", "ask": str(token)}
        await calls.add(tx, case["workspace_id"], case["slack_channel"], case["id"], "note", payload)
    return token


async def _checked(tx: Connection, case: int, question: str) -> str:
    words = question.strip()
    if not words:
        raise InvalidInput("Please write what the department should answer.")
    # As its post spells it out: one sign that nobody sees becomes nine.
    if len(text.show_invisible(words)) > MAX_QUESTION:
        raise InvalidInput("A question has at most {count} characters.", count=MAX_QUESTION)
    named = await asks.foreign(tx, case, words)
    if named:
        raise InvalidInput(
            "This names what belongs to another customer, or what nobody may pass on: {what}. "
            "Please leave it out.",
            what=", ".join(named[:5]),
        )
    return words


async def confirm(db: Database, token: UUID, channel: str | None, actor: Actor, now: datetime) -> Row:
    """Have a proposed question posted as it was shown; returns it.

    ``channel`` is where its department is asked now. Raises NotFound when its words were changed since,
    AlreadyDone for a second press, NotAllowed for somebody else's, CaseClosed, InvalidInput.
    """
    async with db.transaction() as tx:
        return await confirm_in(tx, token, channel, actor, now)


async def confirm_in(tx: Connection, token: UUID, channel: str | None, actor: Actor, now: datetime) -> Row:
    """``confirm`` as a part of the caller's commit."""
    ask = await _proposed(tx, token, actor)
    if ask["status"] == "closed":
        raise CaseClosed
    if ask["slack_channel"] != channel:
        raise NotFound("This department is asked elsewhere now; please ask once more.")
    await _checked(tx, ask["case_id"], ask["question"])
    if not await asks.confirm(tx, ask, now):
        raise AlreadyDone("This has been asked already.")
    # Whom a case needed first is what later ones are like; further questions are asked beside it.
    await triage.choose(tx, ask["case_id"], ask["department"], actor, now)
    return ask


async def discard(db: Database, token: UUID, actor: Actor) -> None:
    """Forget a proposed question; raises what ``confirm`` raises."""
    async with db.transaction() as tx:
        await asks.discard(tx, await _proposed(tx, token, actor))


async def _proposed(tx: Connection, token: UUID, actor: Actor) -> Row:
    ask = await asks.lock(tx, token)
    if ask is None or ask["state"] == "discarded":
        raise NotFound("This question is out of date; please ask once more.")
    if ask["asked_by"] != actor.id:
        raise NotAllowed("Only the person who asks can confirm the question.")
    if ask["state"] != "proposed":
        raise AlreadyDone("This has been asked already.")
    return ask


async def take(db: Database, token: UUID, actor: Actor, now: datetime) -> bool:
    """Say that ``actor`` looks after the question; False when they do already."""
    async with db.transaction() as tx:
        return await asks.take(tx, await _open(tx, token), actor, now)


async def answer(tx: Connection, token: UUID, words: str, actor: Actor, key: str, now: datetime) -> bool:
    """Give the department's answer, or add to it; ``key`` is the form or message: once. False = given before.

    Raises InvalidInput without words, NotFound, or AlreadyDone when another department was asked instead.
    """
    ask = await _answerable(tx, token)
    return await _say(tx, ask, asks.ANSWER, words, actor, key, now)


async def need_more(tx: Connection, token: UUID, words: str, actor: Actor, key: str, now: datetime) -> bool:
    """Say what the department must know first; raises as ``answer``, and when the question is answered."""
    return await _say(tx, await _open(tx, token), asks.NEED_MORE, words, actor, key, now)


async def _say(
    tx: Connection, ask: Row, kind: str, words: str, actor: Actor, key: str, now: datetime
) -> bool:
    words = words.strip()
    if not words:
        raise InvalidInput("Please write it in words; files stay in the department's thread.")
    if len(words) > MAX_ANSWER:
        raise InvalidInput("An answer has at most {count} characters.", count=MAX_ANSWER)
    return await asks.say(tx, ask, kind, words, len(text.split(words)), actor, key, now)


async def later(tx: Connection, token: UUID, at: datetime, why: str, actor: Actor, now: datetime) -> bool:
    """Say by when the department means to answer, and why not before; False when it has said that already.

    Raises InvalidInput without a reason or for a time that is over or too far off, and as ``need_more``.
    """
    ask = await _open(tx, token)
    words = why.strip()
    if not words:
        raise InvalidInput("Please say why it takes until then: the customer may ask.")
    if len(words) > MAX_WHY:
        raise InvalidInput("A reason has at most {count} characters.", count=MAX_WHY)
    if not now < at <= now + FARTHEST:
        raise InvalidInput("Please choose a time that is still to come, within a year.")
    return await asks.later(tx, ask, at, words, actor, now)


async def reroute(db: Database, token: UUID, desk: Desk, channel: str, actor: Actor, now: datetime) -> Row:
    """Ask ``desk`` in ``channel`` instead; returns the question that ends.

    Raises InvalidInput for the same department, or AlreadyDone when the question is not open.
    """
    async with db.transaction() as tx:
        ask = await _open(tx, token)
        if desk.key == ask["department"]:
            raise InvalidInput("It is this department that was asked; please choose another one.")
        if await asks.reroute(tx, ask, desk.key, desk.name, channel, actor, now):
            await triage.reroute(tx, ask["case_id"], ask["department"], desk.key, actor, now)
    return ask


async def _answerable(tx: Connection, token: UUID) -> Row:
    ask = await asks.lock(tx, token)
    if ask is None or ask["state"] in {"proposed", "discarded"}:
        raise NotFound("This question does not exist any more.")
    if ask["state"] == "rerouted":
        raise AlreadyDone("Another department was asked instead.")
    return ask


async def _open(tx: Connection, token: UUID) -> Row:
    ask = await _answerable(tx, token)
    if ask["state"] != "open":
        raise AlreadyDone("This question has been answered already.")
    return ask
