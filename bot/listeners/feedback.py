"""Helpful or not: what people think of the copilot's cards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from bot.context import Bot
from bot.listeners.forms import Body, about, clicked, filled, form, metadata, show, tell
from cases.errors import NotFound
from cases.language import _
from cases.roles import Act
from storage import feedback
from views.feedback import GOOD, why_form

Handler = Callable[[Bot, Body], Awaitable[None]]


async def give(bot: Bot, body: Body) -> None:
    """👍 or 👎 below a summary, a draft or an answer; who does not like it may say why."""
    actor = await bot.gate.admit(body, Act.LOOK)
    card, _space, value = clicked(body).partition(" ")
    good = value == GOOD
    if not await feedback.give(bot.db, bot.workspace_id, UUID(card), actor.id, bot.clock.now(), good=good):
        raise NotFound
    if good:
        await tell(bot, body, _("Thank you, noted."))
    else:
        await show(bot, body, why_form(about("", card=card), feedback.MOST_COMMENT))


async def submit_why(bot: Bot, body: Body) -> None:
    """Why it was of no use; without a word nothing more is noted."""
    actor = await bot.gate.admit(body, Act.LOOK)
    words, card = (filled(body)["text"] or "").strip(), UUID(metadata(body)["card"])
    if words:
        await feedback.comment(bot.db, bot.workspace_id, card, actor.id, words, bot.clock.now())


ACTIONS: dict[str, Handler] = {"copilot_feedback": give}
VIEWS = {"copilot_feedback_form": form(submit_why, "text")}
