"""Clicks on the private offers to correct, or to take back, what was sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from bot import crashpoints
from bot.context import Bot
from bot.listeners.forms import Body, about, clicked, filled, form, metadata, show, stir
from cases.enums import DraftState
from cases.errors import AlreadyDone, CustomerWrote, NotFound
from cases.language import _
from cases.roles import Act
from flows import correct, mirror
from storage import corrections
from views.corrections import write_form
from views.preview import outcome

_MOST_TYPED = 3_000
"""Characters that Slack takes in a field; a longer text is previewed as it is."""

Handler = Callable[[Bot, Body], Awaitable[None]]


async def send_correction(bot: Bot, body: Body) -> None:
    """Send correction."""
    actor = await bot.gate.admit(body, Act.SEND)
    draft = UUID(clicked(body))
    try:
        await correct.send(bot.db, draft, actor, bot.clock.now(), bot.rules())
    except CustomerWrote as error:
        shown = await mirror.correction(bot.db, error.draft or draft, newer=True)
        await bot.slack.answer(body["response_url"], shown, replace=True)
        return
    except NotFound as error:
        await _done(bot, body, error.sentence)
        return
    crashpoints.reach("correct.after_commit")
    stir(bot)
    await _done(bot, body, _("✏️ The customer sees the corrected words now."))


async def write_correction(bot: Bot, body: Body) -> None:
    """Write a correction: another reply, where the first cannot be changed; its preview follows the form."""
    actor = await bot.gate.admit(body, Act.SEND)
    draft = UUID(clicked(body))
    row = await corrections.waiting(bot.db, draft)
    if row is None or row["state"] != DraftState.PREVIEW:
        raise NotFound("This offer is out of date.")
    if len(row["body"]) > _MOST_TYPED:
        await correct.anew(bot.db, draft, row["body"], actor, bot.clock.now())
        stir(bot)
        return
    await show(bot, body, write_form(row["number"], row["body"], about(str(row["token"]), draft=str(draft))))


async def submit_correction(bot: Bot, body: Body) -> None:
    """The form of a correction: what was written is previewed, and still has to be sent."""
    actor = await bot.gate.admit(body, Act.SEND)
    words = filled(body)["text"] or ""
    await correct.anew(bot.db, UUID(metadata(body)["draft"]), words, actor, bot.clock.now())


async def leave_correction(bot: Bot, body: Body) -> None:
    """Leave on the offer of a correction."""
    actor = await bot.gate.admit(body, Act.TAKE_BACK)
    line = _("Left as it was: the customer still reads your first words.")
    try:
        await correct.leave(bot.db, UUID(clicked(body)), actor, bot.clock.now())
    except NotFound as error:
        line = error.sentence
    await _done(bot, body, line)


async def take_back(bot: Bot, body: Body) -> None:
    """Take it back."""
    actor = await bot.gate.admit(body, Act.SEND)
    line = _("🗑 Taken back: the customer does not see it any more.")
    try:
        await correct.take_back(bot.db, UUID(clicked(body)), actor, bot.clock.now())
    except (AlreadyDone, NotFound) as error:
        line = error.sentence
    crashpoints.reach("correct.after_commit")
    stir(bot)
    await _done(bot, body, line)


async def leave_message(bot: Bot, body: Body) -> None:
    """Leave on the offer to take back."""
    await bot.gate.admit(body, Act.TAKE_BACK)
    await _done(bot, body, _("Left as it was: the customer keeps the message."))


async def _done(bot: Bot, body: Body, line: str) -> None:
    await bot.slack.answer(body["response_url"], outcome(line), replace=True)


ACTIONS: dict[str, Handler] = {
    "correction_send": send_correction,
    "correction_write": write_correction,
    "correction_leave": leave_correction,
    "retract_send": take_back,
    "retract_leave": leave_message,
}
VIEWS = {"correction_form": form(submit_correction, "text")}
