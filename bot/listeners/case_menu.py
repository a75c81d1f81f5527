"""Everything that can be done with a case: More on its card, and the message shortcut Case actions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from bot import steps
from bot.context import Bot
from bot.listeners import asks, settings
from bot.listeners.forms import Body, about, case_in, clicked, filled, form, metadata, show, stir
from cases.actor import Actor
from cases.errors import InvalidInput, NotFound
from cases.language import _
from cases.roles import Act, may
from channels.pages import without_links
from commands.request import Hands
from flows import assign, opening, own
from storage import cases, links
from storage.db import Row
from views.case_menu import assign_form, case_menu

Handler = Callable[[Bot, Body], Awaitable[None]]


async def open_menu(bot: Bot, body: Body) -> None:
    """More on the card."""
    actor = await bot.gate.admit(body, Act.LOOK)
    await _open(bot, body, (await case_in(bot, clicked(body)))["id"], actor.id)


async def case_actions(bot: Bot, body: Body) -> None:
    """The message shortcut, on any message of a case's thread."""
    actor = await bot.gate.admit(body, Act.LOOK)
    message = body["message"]
    root = message.get("thread_ts") or message["ts"]
    case = await cases.by_thread(bot.db, bot.workspace_id, body["channel"]["id"], root)
    if case is None:
        raise NotFound("Case actions work on the messages of a case: its card, or what is in its thread.")
    await _open(bot, body, case["id"], actor.id)


async def _open(bot: Bot, body: Body, case: int, reader: str) -> None:
    card = await cases.card(bot.db, case)
    assert card is not None
    await show(bot, body, case_menu(card, reader))


async def _again(bot: Bot, body: Body, reader: str, notice: str) -> None:
    """The menu as it is after an act."""
    case = await case_in(bot, clicked(body))
    card = await cases.card(bot.db, case["id"])
    assert card is not None
    await bot.slack.update_view(body["view"]["id"], case_menu(card, reader, notice))


async def take(bot: Bot, body: Body) -> None:
    """Take in the menu."""
    actor = await bot.gate.admit(body, Act.TAKE)
    await own.take(bot.db, UUID(clicked(body)), actor, bot.clock.now())
    stir(bot)
    await _again(bot, body, actor.id, _("This case is yours."))


async def release(bot: Bot, body: Body) -> None:
    """Not mine in the menu."""
    actor = await bot.gate.admit(body, Act.TAKE)
    await own.release(bot.db, UUID(clicked(body)), actor, bot.clock.now())
    stir(bot)
    await _again(bot, body, actor.id, _("This case is nobody's now: whoever acts next owns it."))


async def open_assign_form(bot: Bot, body: Body) -> None:
    """Hand over in the menu."""
    await bot.gate.admit(body, Act.TAKE)
    case = await case_in(bot, clicked(body))
    await show(bot, body, assign_form(case["number"], about(clicked(body))))


async def submit_assign(bot: Bot, body: Body) -> None:
    """The form that hands a case over; its new owner gets the brief."""
    actor = await bot.gate.admit(body, Act.TAKE)
    fields = filled(body)
    await hand_over(bot, metadata(body)["case"], fields["to"], fields["why"] or "", actor)


async def may_own(bot: Bot, user: str) -> Actor:
    """Somebody as one who can own cases; raises InvalidInput."""
    member = await bot.slack.member(user)
    if not member.full or not may(await bot.gate.standing(user), Act.TAKE):
        raise InvalidInput("{person} cannot own cases: only agents and supervisors can.", person=member.name)
    return Actor(member.id, member.name)


async def hand_over(bot: Bot, token: str, to: str, why: str, actor: Actor) -> bool:
    """Give a case to ``to`` with a brief; False when they own it already."""
    owner = await may_own(bot, to)
    case = await case_in(bot, token)
    await links.refuse_closed(bot.db, case)
    async with bot.db.transaction() as tx:
        given = await assign.hand_over(tx, case, owner, why, actor, bot.clock.now())
        if given:
            await steps.enqueue(bot.jobs, tx, "handed", case=case["id"], user=owner.id)
    return given


def hands(bot: Bot, actor: Actor, key: str) -> Hands:
    """What the acting words of ``/cx`` are given; ``key`` is the command's own, so that it acts once."""
    now = bot.clock.now()

    async def open_case(subject: str) -> Row:
        owns = may(await bot.gate.standing(actor.id), Act.TAKE)
        into, name = bot.case_channels[0], f"command:{key}"
        async with bot.db.transaction() as tx:
            return await opening.from_words(tx, bot.workspace_id, name, into, subject, actor, now, owns=owns)

    async def give(token: str, to: str, why: str) -> bool:
        return await hand_over(bot, token, to, why, actor)

    return Hands(
        actor,
        now,
        partial(may_own, bot),
        give,
        open_case,
        partial(asks.from_words, bot, actor, key),
        key,
        bot.case_channels[0],
        partial(without_links, signer=bot.signer),
        partial(settings.open_form, bot, key),
    )


ACTIONS: dict[str, Handler] = {
    "case_more": open_menu,
    "menu_take": take,
    "menu_release": release,
    "menu_assign": open_assign_form,
}
VIEWS = {"assign_form": form(submit_assign, "to")}
