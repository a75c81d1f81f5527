"""Status, priority, tags, process and department of a case, and reopening it by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.context import Bot
from bot.listeners.forms import Body, about, case_in, clicked, filled, form, metadata, show, stir
from cases.actor import Actor
from cases.language import _
from cases.roles import Act, may
from cases.routing import Choice, Desk
from cases.triage import GENERAL, NOBODY_ELSE
from flows import own, sort, triage
from storage import cases
from storage.db import Row
from views.case_menu import case_menu, shown_status, sort_form

Handler = Callable[[Bot, Body], Awaitable[None]]


async def open_sort_form(bot: Bot, body: Body) -> None:
    """Status, priority, department in the menu."""
    await bot.gate.admit(body, Act.ARRANGE)
    card = await cases.card(bot.db, (await case_in(bot, clicked(body)))["id"])
    assert card is not None
    given = about(
        clicked(body),
        status=card.status.value,
        shown=shown_status(card),
        process=card.process,
        department=card.department,
    )
    processes = bot.planned.now().processes
    await show(bot, body, sort_form(card, given, _named(bot.departments.desks), _named(processes)))


def _named(choices: Sequence[Choice]) -> list[tuple[str, str]]:
    return [(choice.key, choice.name) for choice in choices]


async def submit_sort(bot: Bot, body: Body) -> None:
    """The form with them."""
    actor = await bot.gate.admit(body, Act.ARRANGE)
    case = await case_in(bot, metadata(body)["case"])
    fields, seen = filled(body), metadata(body)
    now = bot.clock.now()
    if fields["status"] is not None and fields["status"] != seen["shown"]:
        await sort.set_status(bot.db, case, seen["status"], fields["status"], actor, now)
    await sort.set_tags(bot.db, case, fields["tags"] or "", actor, now)
    await sort.set_priority(bot.db, case, fields["priority"], actor, now)
    await _choose(bot, case, fields, seen, actor)
    if may(await bot.gate.standing(actor.id), Act.TAKE):
        await own.by_acting(bot.db, case["id"], actor, now)


async def _choose(bot: Bot, case: Row, fields: Body, seen: Body, actor: Actor) -> None:
    """What the case is about and whom it needs, where somebody has changed that."""
    now = bot.clock.now()
    process, department = fields.get("process"), fields.get("department")
    if process is not None and process != seen.get("process"):
        given = Choice(GENERAL, _("Something else"), "", ())
        chosen = next((each for each in bot.planned.now().processes if each.key == process), given)
        await triage.choose_process(bot.db, case, chosen, actor, now)
    desks = [*bot.departments.desks, Desk(NOBODY_ELSE, _("Nobody else"), "", ())]
    desk = next((each for each in desks if each.key == department), None)
    if desk is not None and desk.key != seen.get("department"):
        await triage.choose_department(bot.db, case, desk, actor, now)


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
