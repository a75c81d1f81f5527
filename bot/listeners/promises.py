"""Texts for the customer that are ready: the date on the card, and the question of a reminder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.context import Bot
from bot.listeners.forms import Body, case_in, clicked, stir, tell
from cases.language import _
from cases.promises import PlanAt
from cases.roles import Act
from flows import nudge, promise
from storage import cases, links, promises

Handler = Callable[[Bot, Body], Awaitable[None]]


async def tell_date(bot: Bot, body: Body) -> None:
    """Prepare the reply that tells the customer by when their case will be done; only Send sends it."""
    actor = await bot.gate.admit(body, Act.SEND)
    case = await case_in(bot, clicked(body))
    await links.refuse_closed(bot.db, case)
    plan, team, now = bot.planned.now().plan, bot.settings.team, bot.clock.now()
    card = await cases.card(bot.db, case["id"])
    assert card is not None
    dated = await promises.dated(bot.db, card, PlanAt(plan, now))
    async with bot.db.transaction() as tx:
        await promise.propose(tx, case, dated, plan, team.language, actor, now)
    stir(bot)
    await tell(bot, body, _("📅 The preview is in the thread of the case, and only you see it."))


async def ask_again(bot: Bot, body: Body) -> None:
    """Ask once more on a reminder: prepare what asks a silent customer; only Send sends it."""
    actor = await bot.gate.admit(body, Act.SEND)
    case = await case_in(bot, clicked(body))
    await links.refuse_closed(bot.db, case)
    card = await cases.card(bot.db, case["id"])
    assert card is not None
    async with bot.db.transaction() as tx:
        await nudge.propose(tx, case, card.language, bot.settings.team.language, actor, bot.clock.now())
    stir(bot)
    await tell(bot, body, _("✉️ The preview is in the thread of the case, and only you see it."))


ACTIONS: dict[str, Handler] = {
    "case_tell_date": tell_date,
    "menu_tell_date": tell_date,
    "case_nudge": ask_again,
}
