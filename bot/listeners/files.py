"""Clicks about files."""

from __future__ import annotations

from uuid import UUID

from bot.context import Bot
from bot.listeners.forms import Body, clicked, tell
from cases.language import _
from cases.roles import Act
from storage import outbox


async def retry(bot: Bot, body: Body) -> None:
    """Try again, under files that could not be brought into the thread."""
    await bot.gate.admit(body, Act.LOOK)
    channel = await outbox.retry_files(bot.db, UUID(clicked(body)))
    if channel is None:
        await tell(bot, body, _("These files are here already, or on their way."))
        return
    bot.poster.wake(channel)
