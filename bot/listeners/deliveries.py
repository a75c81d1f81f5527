"""Send again, and It arrived, on a reply that may not have reached its customer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from bot.context import Bot
from bot.listeners.forms import Body, clicked, stir
from cases.errors import NotFound
from cases.reader import use
from cases.roles import Act
from flows import deliver
from storage import deliveries
from views.deliveries import decided_line
from views.preview import outcome

Handler = Callable[[Bot, Body], Awaitable[None]]


async def again(bot: Bot, body: Body) -> None:
    """Send again: the same words go to the same customer once more."""
    actor = await bot.gate.admit(body, Act.SEND)
    await deliver.again(bot.db, bot.workspace_id, UUID(clicked(body)), actor, bot.clock.now())
    await _fold(bot, body)


async def arrived(bot: Bot, body: Body) -> None:
    """It arrived: somebody knows that from elsewhere."""
    actor = await bot.gate.admit(body, Act.SEND)
    await deliver.arrived(bot.db, bot.workspace_id, UUID(clicked(body)), actor, bot.clock.now())
    await _fold(bot, body)


async def _fold(bot: Bot, body: Body) -> None:
    row = await deliveries.by_token(bot.db, bot.workspace_id, UUID(clicked(body)))
    if row is None:
        raise NotFound
    with use(bot.settings.team):
        await bot.slack.replace(body["response_url"], outcome(decided_line(row)))
    stir(bot)


ACTIONS: dict[str, Handler] = {"delivery_again": again, "delivery_arrived": arrived}
