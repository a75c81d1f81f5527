"""Send again, and It arrived, on a reply that may not have reached its customer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from bot.context import Bot
from bot.listeners.forms import Body, clicked, stir
from cases.actor import Actor
from cases.errors import AlreadyDecided, NotFound
from cases.reader import use
from cases.roles import Act
from flows import deliver
from storage import deliveries
from storage.db import Database
from views.deliveries import decided_line
from views.preview import outcome

Handler = Callable[[Bot, Body], Awaitable[None]]
Decide = Callable[[Database, int, UUID, Actor, datetime], Awaitable[None]]


async def again(bot: Bot, body: Body) -> None:
    """Send again: the same words go to the same customer once more."""
    await _decide(bot, body, deliver.again)


async def arrived(bot: Bot, body: Body) -> None:
    """It arrived: somebody knows that from elsewhere."""
    await _decide(bot, body, deliver.arrived)


async def _decide(bot: Bot, body: Body, decide: Decide) -> None:
    """Show what was decided, also when that was before: a post that was not changed then is changed now."""
    actor, token = await bot.gate.admit(body, Act.SEND), UUID(clicked(body))
    try:
        await decide(bot.db, bot.workspace_id, token, actor, bot.clock.now())
    except AlreadyDecided:
        await _fold(bot, body, token)
        raise
    await _fold(bot, body, token)
    stir(bot)


async def _fold(bot: Bot, body: Body, token: UUID) -> None:
    row = await deliveries.by_token(bot.db, bot.workspace_id, token)
    if row is None:
        raise NotFound
    with use(bot.settings.team):
        await bot.slack.replace(body["response_url"], outcome(decided_line(row)))


ACTIONS: dict[str, Handler] = {"delivery_again": again, "delivery_arrived": arrived}
