"""The tick of receipts: customers are told that their message has come."""

from __future__ import annotations

from bot.context import Bot
from cases.language import _
from flows import receipt


async def confirm(bot: Bot) -> None:
    """Tell whoever opened a case just now, where that is on."""
    receipting = receipt.Receipting(
        places=bot.receipts,
        plan=bot.planned.now().plan,
        sender=lambda site: bot.titles.get(site) or bot.settings.company_name or _("Customer service"),
        language=bot.settings.team.language,
    )
    for channel in await receipt.send_due(bot.db, bot.workspace_id, receipting, bot.clock.now()):
        bot.poster.wake(channel)
        bot.caller.wake()
