"""Tell a department, in the menu of a case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.context import Bot
from bot.listeners.asks import desk_of
from bot.listeners.forms import Body, about, case_in, clicked, filled, form, metadata, show
from cases.roles import Act
from flows import tell
from storage import triage
from views.tellings import tell_form

Handler = Callable[[Bot, Body], Awaitable[None]]


async def open_tell_form(bot: Bot, body: Body) -> None:
    """Tell a department in the menu; of a closed case, too."""
    await bot.gate.admit(body, Act.ASK)
    case = await case_in(bot, clicked(body))
    desk = await triage.likeliest(bot.db, case["id"])
    view = tell_form(case["number"], about(clicked(body)), bot.departments.choices(), desk)
    await show(bot, body, view)


async def submit_tell(bot: Bot, body: Body) -> None:
    """The form: whom, and what."""
    actor = await bot.gate.admit(body, Act.ASK)
    given, fields = metadata(body), filled(body)
    case = await case_in(bot, given["case"])
    desk, _channel = await desk_of(bot, fields["department"] or "")
    async with bot.db.transaction() as tx:
        words, key = fields["words"] or "", f"form:{given['form']}"
        await tell.note(tx, case, desk, words, actor, key, bot.clock.now())


ACTIONS: dict[str, Handler] = {"menu_tell": open_tell_form}
VIEWS = {"tell_form": form(submit_tell, "words")}
