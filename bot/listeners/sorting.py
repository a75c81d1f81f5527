"""Status, priority and tags of a case, and reopening it by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.context import Bot
from bot.listeners.forms import Body, about, case_in, clicked, filled, form, metadata, show, stir
from cases.language import _
from cases.roles import Act, may
from flows import own, sort
from storage import cases
from views.case_menu import case_menu, shown_status, sort_form

Handler = Callable[[Bot, Body], Awaitable[None]]


async def open_sort_form(bot: Bot, body: Body) -> None:
    """Status, priority and tags in the menu."""
    await bot.gate.admit(body, Act.ARRANGE)
    card = await cases.card(bot.db, (await case_in(bot, clicked(body)))["id"])
    assert card is not None
    given = about(clicked(body), status=card.status.value, shown=shown_status(card))
    await show(bot, body, sort_form(card, given))


async def submit_sort(bot: Bot, body: Body) -> None:
    """The form with status, priority and tags."""
    actor = await bot.gate.admit(body, Act.ARRANGE)
    case = await case_in(bot, metadata(body)["case"])
    fields, seen = filled(body), metadata(body)
    now = bot.clock.now()
    if fields["status"] is not None and fields["status"] != seen["shown"]:
        await sort.set_status(bot.db, case, seen["status"], fields["status"], actor, now)
    await sort.set_tags(bot.db, case, fields["tags"] or "", actor, now)
    await sort.set_priority(bot.db, case, fields["priority"], actor, now)
    if may(await bot.gate.standing(actor.id), Act.TAKE):
        await own.by_acting(bot.db, case["id"], actor, now)


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
