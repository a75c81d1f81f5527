"""What happens by itself at the end of cases: silent customers are asked, cases closed, ratings asked for."""

from __future__ import annotations

from datetime import timedelta

from bot.context import Bot
from cases.language import _
from flows import close, nudge, survey

UNDO_TIMES = 20
"""What goes out by itself can be kept back so many times as long as a reply: nobody waits for it."""


def _sender(bot: Bot, site: str) -> str:
    """How customers read the company's name on a chat site."""
    return bot.titles.get(site) or bot.settings.company_name or _("Customer service")


async def close_ripe(bot: Bot) -> None:
    """Have cases closed whose process says so; the sender's sweep sends their texts when they are due."""
    planned = bot.planned.now()
    approved = await close.by_process(
        bot.db,
        bot.workspace_id,
        planned.endings,
        planned.plan.timings,
        lambda site: _sender(bot, site),
        bot.settings.team.language,
        bot.sender.undo.times(UNDO_TIMES),
        bot.clock.now(),
    )
    if approved:
        bot.caller.wake()


async def ask_silent(bot: Bot) -> None:
    """Have customers asked once more who have not answered, where their process says so."""
    planned = bot.planned.now()
    asking = nudge.Asking(
        endings=planned.endings,
        plan=planned.plan,
        hours=bot.settings.ask_hours,
        sender=lambda site: _sender(bot, site),
        language=bot.settings.team.language,
        undo=bot.sender.undo.times(UNDO_TIMES),
    )
    if await nudge.ask_due(bot.db, bot.workspace_id, asking, bot.clock.now()):
        bot.caller.wake()


async def ask_customers(bot: Bot) -> None:
    """Ask whoever is to be asked now."""
    if not bot.settings.surveys:
        return
    planned = bot.planned.now()
    asking = survey.Asking(
        endings=planned.endings,
        plan=planned.plan,
        after=timedelta(minutes=bot.settings.survey_minutes),
        hours=bot.settings.ask_hours,
        sender=lambda site: _sender(bot, site),
        language=bot.settings.team.language,
    )
    for channel in await survey.ask_due(bot.db, bot.workspace_id, asking, bot.clock.now()):
        bot.poster.wake(channel)
