"""Steps are looked at as time passes and as things happen: a tick on every replica, which claims cases."""

from __future__ import annotations

import structlog

from bot.context import Bot
from bot.rooms import Rooms
from cases.errors import CxError, SharedChannel, Unavailable
from cases.hours import NeverOpen
from cases.promises import PlanAt
from cases.routing import Desk
from flows import advance
from storage import looks
from storage.db import DatabaseError
from storage.looks import Look

log = structlog.get_logger(__name__)


class _Seen:
    """What Slack says of channels: each is asked for anew, once in a tick."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._found: dict[str, CxError | None] = {}

    async def refuse_shared(self, channel: str) -> None:
        """Raises SharedChannel, or Unavailable when Slack cannot say, also to whoever asks after that."""
        if channel not in self._found:
            self._found[channel] = await self._ask(channel)
        error = self._found[channel]
        if error is not None:
            raise error

    async def _ask(self, channel: str) -> CxError | None:
        self._rooms.forget(channel)
        try:
            await self._rooms.refuse_shared(channel)
        except (SharedChannel, Unavailable) as error:
            return error
        return None


async def look_around(bot: Bot) -> None:
    """Look at the cases that are due; one that cannot be looked at now comes again when its lease ends."""
    seen = _Seen(bot.rooms)
    for look in await looks.claim(bot.db, bot.workspace_id, bot.clock.now()):
        try:
            await _look(bot, look, seen)
        except (Unavailable, DatabaseError, OSError, NeverOpen) as error:
            log.warning("steps.not_looked_at", case=look.case_id, error=type(error).__name__)
        except Exception:
            log.exception("steps.broken", case=look.case_id)


async def _look(bot: Bot, look: Look, seen: _Seen) -> None:
    at = PlanAt(bot.planned.now().plan, bot.clock.now())
    turn = await advance.look(bot.db, look.case_id, at)
    step = turn.to_ask if turn else None
    if turn is not None and step is not None and await advance.was_asked(bot.db, turn, step):
        step = None
    asked = None
    if turn is not None and step is not None:
        desk, channel = await _place(bot, step.step.department or "", step.department, seen)
        async with bot.db.transaction() as tx:
            if await advance.ask(tx, turn, step, desk, channel, at.now):
                asked = channel
    async with bot.db.transaction() as tx:
        await advance.finish(tx, look, turn)
    if asked:
        bot.poster.wake(asked)
    if step is not None:
        bot.poster.wake()


async def _place(bot: Bot, key: str, name: str, seen: _Seen) -> tuple[Desk, str | None]:
    """A department, and the channel where it can be asked now; raises Unavailable when Slack cannot say."""
    try:
        desk, channel = bot.departments.find(key)
    except CxError:
        return Desk(key, name, "", ()), None
    try:
        await seen.refuse_shared(channel)
    except SharedChannel:
        return desk, None
    return desk, channel
