"""Remind me in the menu of a case, and what people do with a reminder."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time
from uuid import UUID

from bot.context import Bot
from bot.listeners.forms import Body, about, case_in, clicked, filled, form, metadata, show, stir, tell
from cases import reminding
from cases.actor import Actor
from cases.duties import Kind
from cases.errors import AlreadyDone, InvalidInput
from cases.language import _
from cases.reader import reader
from cases.roles import Act
from flows import ledger
from flows import remind as flow
from storage import duty_posts, links
from storage.db import Row
from views.duties import snooze_form
from views.reminders import HOUR, PICK, put_off_form, remind_form

Handler = Callable[[Bot, Body], Awaitable[None]]


async def open_remind_form(bot: Bot, body: Body) -> None:
    """Remind me in the menu."""
    await bot.gate.admit(body, Act.LOOK)
    case = await case_in(bot, clicked(body))
    await links.refuse_closed(bot.db, case)
    await show(bot, body, remind_form(case["number"], about(clicked(body))))


async def submit_remind(bot: Bot, body: Body) -> None:
    """The form: when, and of what."""
    actor = await bot.gate.admit(body, Act.LOOK)
    given, fields, now = metadata(body), filled(body), bot.clock.now()
    case = await case_in(bot, given["case"])
    due, words = _due(fields, now), fields["text"] or ""
    await flow.propose(bot.db, case, actor.id, due, words, actor, f"form:{given['form']}", now)


def _due(fields: dict[str, str | None], now: datetime) -> datetime:
    """The chosen moment on the person's own clocks; raises InvalidInput."""
    zone = reader().zone
    if fields["when"] == HOUR:
        return now + reminding.SNOOZE
    if fields["when"] != PICK:
        return reminding.tomorrow(now, zone)
    day, clock = fields.get("day"), fields.get("time")
    if not day:
        raise InvalidInput("Please choose the day, too.")
    at = time.fromisoformat(clock) if clock else reminding.MORNING
    return reminding.at(date.fromisoformat(day), at, zone)


async def snooze(bot: Bot, body: Body) -> None:
    """Snooze 1 h."""
    await _put_off(bot, body, bot.clock.now() + reminding.SNOOZE)


async def snooze_until_tomorrow(bot: Bot, body: Body) -> None:
    """Tomorrow."""
    await _put_off(bot, body, reminding.tomorrow(bot.clock.now(), reader().zone))


async def _put_off(bot: Bot, body: Body, due: datetime) -> None:
    actor = await bot.gate.admit(body, Act.LOOK)
    await flow.snooze(bot.db, UUID(clicked(body)), due, actor)
    stir(bot)


async def done(bot: Bot, body: Body) -> None:
    """Done."""
    actor = await bot.gate.admit(body, Act.LOOK)
    await flow.done(bot.db, UUID(clicked(body)), actor)
    stir(bot)


async def put_off_an_hour(bot: Bot, body: Body) -> None:
    """Snooze 1 h on what has to be done."""
    await _put_off_duties(bot, body, bot.clock.now() + reminding.SNOOZE)


async def put_off_until_tomorrow(bot: Bot, body: Body) -> None:
    """Tomorrow on what has to be done."""
    await _put_off_duties(bot, body, reminding.tomorrow(bot.clock.now(), reader().zone))


async def _put_off_duties(bot: Bot, body: Body, until: datetime) -> None:
    token = UUID(clicked(body))
    actor = await _admitted(bot, body, token)
    plan, now = bot.planned.now().plan, bot.clock.now()
    await flow.put_off(bot.db, bot.workspace_id, token, until, plan, actor, now, exact=False)
    stir(bot)


async def _admitted(bot: Bot, body: Body, token: UUID) -> Actor:
    """Who may put off what a post reminds of: of a question to a department everybody there."""
    actor = await bot.gate.admit(body, Act.ANSWER)
    if any(row["kind"] != Kind.DEPARTMENT for row in await _shown(bot, token)):
        await bot.gate.admit(body, Act.LOOK)
    return actor


async def _shown(bot: Bot, token: UUID) -> list[Row]:
    post = await duty_posts.post_of(bot.db, bot.workspace_id, token)
    return await duty_posts.shown(bot.db, post) if post is not None else []


async def promise_done(bot: Bot, body: Body) -> None:
    """It is done, of what a reply promised; the reminder follows."""
    actor = await bot.gate.admit(body, Act.SEND)
    await ledger.done(bot.db, UUID(clicked(body)), actor, bot.clock.now())
    await tell(bot, body, _("Noted as done."))


async def pick(bot: Bot, body: Body) -> None:
    """Pick a time on what has to be done."""
    token = UUID(clicked(body))
    await _admitted(bot, body, token)
    rows = await _shown(bot, token)
    if not any(row["state"] == "sent" for row in rows):
        raise AlreadyDone("This is done, or was put off already.")
    await show(bot, body, snooze_form(rows[0]["number"], json.dumps({"reminder": clicked(body)})))


async def submit_pick(bot: Bot, body: Body) -> None:
    """The form: until when."""
    await bot.gate.admit(body, Act.ANSWER)
    fields, now = filled(body), bot.clock.now()
    token = UUID(metadata(body)["reminder"])
    actor = await _admitted(bot, body, token)
    until, plan = _due({"when": PICK, **fields}, now), bot.planned.now().plan
    await flow.put_off(bot.db, bot.workspace_id, token, until, plan, actor, now, exact=True)


async def open_put_off_form(bot: Bot, body: Body) -> None:
    """Snooze in the menu."""
    await bot.gate.admit(body, Act.LOOK)
    case = await case_in(bot, clicked(body))
    await links.refuse_closed(bot.db, case)
    await show(bot, body, put_off_form(case["number"], about(clicked(body))))


async def submit_put_off(bot: Bot, body: Body) -> None:
    """The form: until when all that reminds of the case is put off."""
    actor = await bot.gate.admit(body, Act.LOOK)
    fields, now = filled(body), bot.clock.now()
    case = await case_in(bot, metadata(body)["case"])
    until, plan, exact = _due(fields, now), bot.planned.now().plan, fields["when"] == PICK
    await flow.put_off_case(bot.db, bot.workspace_id, case["id"], until, plan, actor, now, exact=exact)


ACTIONS: dict[str, Handler] = {
    "menu_remind": open_remind_form,
    "menu_snooze": open_put_off_form,
    "remind_snooze": snooze,
    "remind_tomorrow": snooze_until_tomorrow,
    "remind_done": done,
    "duty_snooze": put_off_an_hour,
    "duty_tomorrow": put_off_until_tomorrow,
    "duty_pick": pick,
    "duty_promise_done": promise_done,
}
VIEWS = {
    "remind_form": form(submit_remind, "when"),
    "put_off_form": form(submit_put_off, "when"),
    "snooze_form": form(submit_pick, "day"),
}
