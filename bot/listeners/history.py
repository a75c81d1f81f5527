"""Looking back at a case: Catch me up, Customer's view, Log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.context import Bot
from bot.listeners.forms import Body, case_in, clicked, show
from cases.messages import CaseCard
from cases.promises import PlanAt
from cases.roles import Act
from storage import cases, commitments, history, waiting
from views.history import catch_up_page, log_page, seen_page

Handler = Callable[[Bot, Body], Awaitable[None]]


async def _card(bot: Bot, body: Body) -> tuple[str, CaseCard]:
    actor = await bot.gate.admit(body, Act.LOOK)
    card = await cases.card(bot.db, (await case_in(bot, clicked(body)))["id"])
    assert card is not None
    return actor.id, card


async def catch_up(bot: Bot, body: Body) -> None:
    """Catch me up: what others said and did since this person last looked."""
    reader, card = await _card(bot, body)
    since = await history.look(bot.db, card.case_id, reader, bot.clock.now())
    said = await history.said(bot.db, card.case_id, since, reader)
    done = await history.log(bot.db, card.case_id, since, limit=20)
    promised = await commitments.promised(bot.db, card.case_id)
    await show(bot, body, catch_up_page(card, since, said, done, promised))


async def show_seen(bot: Bot, body: Body) -> None:
    """Customer's view."""
    reader, card = await _card(bot, body)
    await history.look(bot.db, card.case_id, reader, bot.clock.now())
    await show(bot, body, seen_page(card, await history.seen(bot.db, card.case_id)))


async def show_log(bot: Bot, body: Body) -> None:
    """Log."""
    _, card = await _card(bot, body)
    at = PlanAt(bot.planned.now().plan, bot.clock.now())
    waited = await waiting.waited_of(bot.db, bot.workspace_id, [card.case_id], at)
    log = await history.log(bot.db, card.case_id)
    await show(bot, body, log_page(card, log, waited[card.case_id]))


ACTIONS: dict[str, Handler] = {
    "menu_catch_up": catch_up,
    "menu_seen": show_seen,
    "menu_log": show_log,
}
