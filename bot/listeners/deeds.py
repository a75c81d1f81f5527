"""What the copilot proposed to do: confirmed, and then done as if by the form, or discarded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from bot.context import Bot
from bot.listeners.asks import desk_of
from bot.listeners.forms import Body, clicked, stir
from cases.actor import Actor
from cases.deeds import NEEDS, DeedKind
from cases.errors import AlreadyDone, NotAllowed, NotFound
from cases.reader import use
from cases.roles import Act, may
from flows import consult, own, sort
from flows import remind as flow
from storage import cases, deeds, links
from storage.copilot_drafts import COPILOT
from storage.db import Connection, Row
from views.deeds import deed_card

Handler = Callable[[Bot, Body], Awaitable[None]]
Doing = Callable[[Connection], Awaitable[None]]
"""Does what a card says, before its being confirmed is committed: when it fails the card stays as it was."""


async def confirm(bot: Bot, body: Body) -> None:
    """Confirm: what the card shows is done, once."""
    (deed, actor), now = await _admitted(bot, body), bot.clock.now()
    kind = DeedKind(deed["kind"])
    case = await cases.by_id(bot.db, deed["case_id"])
    assert case is not None
    await links.refuse_closed(bot.db, case)
    doing = await _PREPARED[kind](bot, deed, case, actor, now)
    try:
        async with bot.db.transaction() as tx:
            await _decide(tx, deed, "confirmed", actor, now)
            await doing(tx)
    finally:
        await _fold(bot, body)
    if kind is not DeedKind.REMIND and may(await bot.gate.standing(actor.id), Act.TAKE):
        await own.by_acting(bot.db, case["id"], actor, now)
    if kind is DeedKind.ASK:
        bot.poster.wake(bot.departments.find(deed["facts"]["department"])[1])
    stir(bot)


async def discard(bot: Bot, body: Body) -> None:
    """Discard: nothing is done."""
    deed, actor = await _admitted(bot, body)
    try:
        async with bot.db.transaction() as tx:
            await _decide(tx, deed, "discarded", actor, bot.clock.now())
    finally:
        await _fold(bot, body)


async def _admitted(bot: Bot, body: Body) -> tuple[Row, Actor]:
    """The proposal, and who decides on it; raises NotAllowed, NotFound."""
    deed = await deeds.by_token(bot.db, UUID(clicked(body)))
    actor = await bot.gate.admit(body, NEEDS[DeedKind(deed["kind"])] if deed else Act.LOOK)
    if deed is None or deed["workspace_id"] != bot.workspace_id:
        raise NotFound("This proposal does not exist any more.")
    return deed, actor


async def _decide(tx: Connection, deed: Row, state: str, actor: Actor, now: datetime) -> None:
    """Single use: whoever comes second is told so; raises AlreadyDone."""
    if not await deeds.decide(tx, deed["token"], state, actor.id, now):
        raise AlreadyDone("Somebody has decided on this already.")


async def _fold(bot: Bot, body: Body) -> None:
    """Show what became of it, for everybody; should that fail, its buttons say what happened."""
    deed = await deeds.by_token(bot.db, UUID(clicked(body)))
    if deed is not None and deed["state"] != "proposed":
        with use(bot.settings.team):
            shown = deed_card(deed, body["message"]["blocks"][0]["block_id"])
        await bot.slack.replace(body["response_url"], shown)


async def _ask(bot: Bot, deed: Row, case: Row, actor: Actor, now: datetime) -> Doing:
    facts, key = deed["facts"], f"deed:{deed['token']}"
    desk, channel = await desk_of(bot, facts["department"])

    async def ask(tx: Connection) -> None:
        asked = await consult.propose(
            tx, case, desk, channel, facts["question"], actor, key, now, proposed_by=COPILOT
        )
        await consult.confirm_in(tx, asked, channel, actor, now)

    return ask


async def _remind(bot: Bot, deed: Row, case: Row, actor: Actor, now: datetime) -> Doing:
    if actor.id != deed["asker"]:
        raise NotAllowed("Only the person who would be reminded can confirm this.")
    due, key = datetime.fromisoformat(deed["facts"]["at"]), f"deed:{deed['token']}"

    async def remind(tx: Connection) -> None:
        await flow.propose_in(tx, case, actor.id, due, deed["facts"]["words"], actor, key, now)

    return remind


async def _set_status(bot: Bot, deed: Row, case: Row, actor: Actor, now: datetime) -> Doing:
    async def set_status(tx: Connection) -> None:
        await sort.set_status_in(tx, case, deed["facts"]["was"], deed["facts"]["status"], actor, now)

    return set_status


_PREPARED: dict[DeedKind, Callable[[Bot, Row, Row, Actor, datetime], Awaitable[Doing]]] = {
    DeedKind.ASK: _ask,
    DeedKind.REMIND: _remind,
    DeedKind.STATUS: _set_status,
}
ACTIONS: dict[str, Handler] = {"deed_confirm": confirm, "deed_discard": discard}
