"""Clicks on the App Home."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

from bot.context import Bot
from bot.listeners.forms import Body, case_in, clicked, show, stir
from cases.messages import reference
from cases.promises import PlanAt
from cases.roles import Act
from copilot import facts
from flows import own
from storage import waiting
from views.brief import brief_note
from views.forms import page

Handler = Callable[[Bot, Body], Awaitable[None]]


async def take(bot: Bot, body: Body) -> None:
    """Take beside a case that nobody owns."""
    actor = await bot.gate.admit(body, Act.TAKE)
    case = await case_in(bot, clicked(body))
    await bot.rooms.refuse_shared(case["slack_channel"])
    await own.claim(bot.db, UUID(clicked(body)), actor, bot.clock.now())
    stir(bot)
    await bot.homes.show(actor.id)


async def summarise(bot: Bot, body: Body) -> None:
    """Summary beside a case: its brief in a modal."""
    await bot.gate.admit(body, Act.LOOK)
    case = await case_in(bot, clicked(body))
    brief = await facts.brief(bot.db, case["id"], embed=bot.embed, customers=bot.customers)
    at = PlanAt(bot.planned.now().plan, bot.clock.now())
    waited = await waiting.waited_of(bot.db, bot.workspace_id, [case["id"]], at)
    brief = replace(brief, waited=waited[case["id"]])
    await show(bot, body, page(reference(case["number"]), brief_note(brief).blocks))


async def open_thread(bot: Bot, body: Body) -> None:
    """Open thread: the link works by itself."""
    await bot.gate.admit(body, Act.LOOK)


async def show_cases(bot: Bot, body: Body) -> None:
    """Which cases the board shows: all, unclaimed or one's own."""
    actor = await bot.gate.admit(body, Act.BOARD)
    chosen = body["actions"][0]["selected_option"]["value"]
    await bot.homes.choose(actor.id, "" if chosen == "all" else chosen)


async def show_person(bot: Bot, body: Body) -> None:
    """Whose cases the board shows."""
    actor = await bot.gate.admit(body, Act.BOARD)
    await bot.homes.choose(actor.id, f"<@{body['actions'][0]['selected_user']}>")


async def show_channel(bot: Bot, body: Body) -> None:
    """Which channel's cases the board shows."""
    actor = await bot.gate.admit(body, Act.BOARD)
    await bot.homes.choose(actor.id, f"<#{body['actions'][0]['selected_channel']}>")


ACTIONS: dict[str, Handler] = {
    "home_take": take,
    "home_summary": summarise,
    "home_open": open_thread,
    "home_show": show_cases,
    "home_person": show_person,
    "home_channel": show_channel,
}
