"""Departments read what they were told: a tick on every replica, one message a working day."""

from __future__ import annotations

import structlog

from bot.context import Bot
from cases.errors import SharedChannel, Unavailable
from flows import tell
from storage import tellings

log = structlog.get_logger(__name__)


async def send_digests(bot: Bot) -> None:
    """Post the digests of the departments whose working day has begun."""
    waiting = await tellings.waiting(bot.db, bot.workspace_id)
    plan = bot.planned.now().plan
    for desk in bot.departments.desks:
        channel = bot.departments.channels.get(desk.key)
        if desk.key not in waiting or channel is None:
            continue
        try:
            await bot.rooms.refuse_shared(channel)
        except (SharedChannel, Unavailable) as error:
            log.warning("digests.not_posted", department=desk.key, error=type(error).__name__)
            continue
        hours = plan.department_hours(desk.key, "")
        if await tell.send_due(bot.db, bot.workspace_id, desk, channel, hours, bot.clock.now()):
            bot.poster.wake(channel)
