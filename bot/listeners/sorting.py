"""Priority and tags of a case, and reopening it by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.context import Bot
from bot.listeners.forms import Body, about, case_in, clicked, filled, form, metadata, show, stir
from cases.language import _
from cases.roles import Act
from flows import sort
from storage import cases
from views.case_menu import case_menu, sort_form

Handler = Callable[[Bot, Body], Awaitable[None]]


async def open_sort_form(bot: Bot, body: Body) -> None:
    """Priority and tags in the menu."""
    await bot.gate.admit(body, Act.ARRANGE)
    card = await cases.card(bot.db, (await case_in(bot, clicked(body)))["id"])
    assert card is not None
    await show(bot, body, sort_form(card, about(clicked(body))))


async def submit_sort(bot: Bot, body: Body) -> None:
    """The form with priority and tags."""
    actor = await bot.gate.admit(body, Act.ARRANGE)
    case = await case_in(bot, metadata(body)["case"])
    fields = filled(body)
    now = bot.clock.now()
    await sort.set_tags(bot.db, case, fields["tags"] or "", actor, now)
    await sort.set_priority(bot.db, case, fields["priority"], actor, now)


async def reopen(bot: Bot, body: Body) -> None:
    """Reopen in the menu of a closed case."""
    actor = await bot.gate.admit(body, Act.ARRANGE)
    case = await case_in(bot, clicked(body))
    await sort.reopen(bot.db, case, actor, bot.clock.now())
    stir(bot)
    card = await cases.card(bot.db, case["id"])
    assert card is not None
    view = case_menu(card, actor.id, _("This case is open again."))
    await bot.slack.update_view(body["view"]["id"], view)


ACTIONS: dict[str, Handler] = {"menu_sort": open_sort_form, "menu_reopen": reopen}
VIEWS = {"sort_form": form(submit_sort, "tags")}
