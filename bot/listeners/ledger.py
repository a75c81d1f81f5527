"""What replies promise: the buttons beside it before Send, and Promises in the menu of a case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from bot.context import Bot
from bot.listeners.forms import Body, case_in, clicked, show, stir
from cases.language import _
from cases.roles import Act
from flows import ledger, mirror
from storage import cases, commitments
from views.ledger import FORGET, promises_page

Handler = Callable[[Bot, Body], Awaitable[None]]


async def _toggle(bot: Bot, body: Body) -> UUID:
    """Do not remember and Remember; the draft."""
    actor = await bot.gate.admit(body, Act.SEND)
    draft, place, wish = clicked(body).split(" ")
    act = ledger.forget if wish == FORGET else ledger.remember
    await act(bot.db, UUID(draft), int(place), actor, bot.clock.now())
    return UUID(draft)


async def in_preview(bot: Bot, body: Body) -> None:
    """On a preview, which then shows it."""
    draft = await _toggle(bot, body)
    shown = await mirror.draft_preview(bot.db, draft, bot.rules())
    await bot.slack.answer(body["response_url"], shown, replace=True)


async def on_card(bot: Bot, body: Body) -> None:
    """On the card of a draft, which follows."""
    await _toggle(bot, body)
    stir(bot)


async def open_page(bot: Bot, body: Body) -> None:
    """Promises in the menu."""
    await bot.gate.admit(body, Act.LOOK)
    await show(bot, body, await _page(bot, clicked(body)))


async def done(bot: Bot, body: Body) -> None:
    """It is done."""
    actor = await bot.gate.admit(body, Act.SEND)
    await _end(
        bot, body, ledger.done(bot.db, UUID(clicked(body)), actor, bot.clock.now()), _("Noted as done.")
    )


async def remove(bot: Bot, body: Body) -> None:
    """Remove."""
    actor = await bot.gate.admit(body, Act.SEND)
    ends = ledger.remove(bot.db, UUID(clicked(body)), actor, bot.clock.now())
    await _end(bot, body, ends, _("Removed: nobody is reminded of it."))


async def _end(bot: Bot, body: Body, ends: Awaitable[None], notice: str) -> None:
    """The page as it is then, with what was open there."""
    try:
        await ends
    except ledger.NotOpen as error:
        notice = error.sentence
    page = await _page(bot, body["view"]["private_metadata"], notice)
    await bot.slack.update_view(body["view"]["id"], page)


async def _page(bot: Bot, token: str, notice: str | None = None) -> Body:
    case = await case_in(bot, token)
    card = await cases.card(bot.db, case["id"])
    assert card is not None
    return promises_page(card, await commitments.open_of(bot.db, case["id"]), notice)


ACTIONS: dict[str, Handler] = {
    "reply_promise": in_preview,
    "draft_promise": on_card,
    "menu_promises": open_page,
    "promise_done": done,
    "promise_remove": remove,
}
