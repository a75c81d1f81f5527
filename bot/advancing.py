"""Steps are looked at as time passes and as things happen: a tick on every replica, which claims cases."""

from __future__ import annotations

import structlog

from bot.context import Bot
from cases.errors import CxError, SharedChannel, Unavailable
from cases.hours import NeverOpen
from cases.promises import PlanAt
from cases.routing import Desk
from flows import advance
from storage import looks
from storage.db import DatabaseError
from storage.looks import Look

log = structlog.get_logger(__name__)


async def look_around(bot: Bot) -> None:
    """Look at the cases that are due; one that cannot be looked at now comes again when its lease ends."""
    for look in await looks.claim(bot.db, bot.workspace_id, bot.clock.now()):
        try:
            await _look(bot, look)
        except (Unavailable, DatabaseError, OSError, NeverOpen) as error:
            log.warning("steps.not_looked_at", case=look.case_id, error=type(error).__name__)
        except Exception:
            log.exception("steps.broken", case=look.case_id)


async def _look(bot: Bot, look: Look) -> None:
    at = PlanAt(bot.planned.now().plan, bot.clock.now())
    turn = await advance.look(bot.db, look.case_id, at)
    step = turn.to_ask if turn else None
    asked = None
    if turn is not None and step is not None:
        desk, channel = await _place(bot, step.step.department or "", step.department)
        async with bot.db.transaction() as tx:
            if await advance.ask(tx, turn, step, desk, channel, at.now):
                asked = channel
    async with bot.db.transaction() as tx:
        await advance.finish(tx, look, turn)
    if asked:
        bot.poster.wake(asked)
    if step is not None:
        bot.poster.wake()


async def _place(bot: Bot, key: str, name: str) -> tuple[Desk, str | None]:
    """A department, and the channel where it can be asked now; raises Unavailable when Slack cannot say."""
    try:
        desk, channel = bot.departments.find(key)
    except CxError:
        return Desk(key, name, "", ()), None
    bot.rooms.forget(channel)
    try:
        await bot.rooms.refuse_shared(channel)
    except SharedChannel:
        return desk, None
    return desk, channel
