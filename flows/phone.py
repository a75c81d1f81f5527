"""A customer phones: their case is shown when it rings, and what was said is kept in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases import text
from cases.actor import Actor
from cases.arrivals import Arrival
from cases.errors import TextMissing
from cases.language import _
from cases.messages import reference
from storage import arrivals, commitments, phone, suggestions
from storage.db import Connection, Database, Row

APP = "app"
"""Who notes what another system reports."""


@dataclass(frozen=True, slots=True)
class Rung:
    """What became of a report about a call."""

    reference: str | None
    """The case in which it is shown."""
    slack_channel: str | None
    duplicate: bool


async def started(db: Database, call: Arrival, now: datetime) -> Rung:
    """A call begins: the thread of the caller's open case says so; without one nothing happens."""
    async with db.transaction() as tx:
        entry = await _claim(tx, call, now)
        if entry is None:
            return await _before(tx, call)
        case = await _shown_case(tx, call)
        if case is None:
            return Rung(None, None, duplicate=False)
        await phone.rings(tx, case, call.name, call.phone or "")
        return _rung(case)


async def _shown_case(tx: Connection, call: Arrival) -> Row | None:
    """The open case of the caller, or of whoever is known by their number: only the team sees it."""
    caller, owner = await arrivals.writer_of(tx, call), await arrivals.owner_of(tx, call)
    for customer in (caller["customer_id"] if caller else None, owner):
        case = await phone.open_case_of(tx, customer) if customer is not None else None
        if case is not None:
            return case
    return None


async def ended(db: Database, call: Arrival, agent: str, now: datetime) -> Rung:
    """A call is over: what was said (``call.text``) is kept in the caller's open case, or opens one.

    ``agent`` is who took it, as the other system calls them. Raises TextMissing.
    """
    async with db.transaction() as tx:
        entry = await _claim(tx, call, now)
        if entry is None:
            return await _before(tx, call)
        caller = await arrivals.identity(tx, call, now)
        case = await phone.open_case_of(tx, caller["customer_id"]) or await phone.open_case(
            tx,
            call.workspace_id,
            caller["id"],
            call.slack_channel,
            _subject(call.text),
            "customer",
            None,
            now,
        )
        name = _("Call with {customer}", customer=call.name)
        if agent:
            name = _("Call of {agent} with {customer}", agent=agent, customer=call.name)
        message = await _keep(tx, case, name, None, APP, call.text, now)
        await arrivals.prove(tx, call, caller["id"])
        await arrivals.note(tx, entry, message)
        owner = await arrivals.owner_of(tx, call)
        address = call.email or call.phone
        if not caller["known"] and address and owner not in {None, caller["customer_id"]}:
            assert owner is not None
            await arrivals.suggest(tx, case["id"], owner, address)
        return _rung(case)


async def _claim(tx: Connection, call: Arrival, now: datetime) -> int | None:
    key = call.client_message_id
    return await arrivals.claim(tx, call.workspace_id, call.channel, call.site, key, (), now)


async def _before(tx: Connection, call: Arrival) -> Rung:
    known = await arrivals.known(tx, call.workspace_id, call.channel, call.site, call.client_message_id)
    return Rung(reference(known["number"]) if known else None, None, duplicate=True)


def _rung(case: Row) -> Rung:
    return Rung(reference(case["number"]), case["slack_channel"], duplicate=False)


def _subject(said: str) -> str:
    return text.one_line(said) or _("A phone call")


async def _keep(
    tx: Connection, case: Row, name: str, author: str | None, actor: str, said: str, now: datetime
) -> int:
    if not said.strip():
        raise TextMissing("Please say what was said in the call.")
    # What is said among ourselves is kept in Slack's markup.
    words = text.escape(said)
    sizes = [text.escaped_bytes(part) for part in text.split(words)]
    message = await phone.say(
        tx, case, name=name, author=author, actor=actor, text=words, sizes=sizes, now=now
    )
    await commitments.contacted(tx, case["id"], actor, now)
    await suggestions.look(tx, [case["id"]])
    return message


async def log_in_case(tx: Connection, case: int, said: str, actor: Actor, now: datetime) -> Row:
    """Keep what an agent said with the customer of a case; raises TextMissing."""
    row = await phone.case_of(tx, case)
    await _keep(tx, row, _("{person}, by phone", person=actor.name), actor.id, actor.id, said, now)
    return row


async def log_of_customer(
    tx: Connection,
    workspace: int,
    customer: int | None,
    name: str,
    into: str,
    said: str,
    actor: Actor,
    key: str,
    now: datetime,
) -> Row:
    """``log_in_case`` for a customer's open case; without one a case is opened in the channel ``into``.

    Without a ``customer`` they are somebody new of that ``name``. ``key`` is the command's own.
    """
    if not said.strip():
        raise TextMissing("Please say what was said in the call.")
    case = await phone.open_case_of(tx, customer) if customer is not None else None
    if case is None:
        who = customer if customer is not None else await phone.add_customer(tx, workspace, name, now)
        identity = await phone.identity_of(tx, workspace, who, f"call:{key}", now)
        case = await phone.open_case(tx, workspace, identity, into, _subject(said), actor.id, actor.id, now)
    return await log_in_case(tx, case["id"], said, actor, now)
