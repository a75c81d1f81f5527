"""Asking departments: forms, confirmation, and what people of the department do with a question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time
from uuid import UUID

from bot import steps
from bot.context import Bot
from bot.inbox import Event
from bot.listeners.forms import (
    Body,
    about,
    case_in,
    clicked,
    confirmation,
    filled,
    form,
    metadata,
    show,
    stir,
)
from cases import reminding
from cases.actor import Actor
from cases.errors import InvalidInput, NotFound, SharedChannel
from cases.language import _
from cases.reader import reader
from cases.roles import Act
from cases.routing import Desk
from flows import consult, mirror, own
from storage import asks, inbox, links, triage
from storage.db import Connection, Row
from views.asks import (
    answer_form,
    ask_confirmation,
    ask_form,
    later_form,
    need_more_form,
    not_us_form,
)
from views.preview import outcome
from views.thread import Rendered

Handler = Callable[[Bot, Body], Awaitable[None]]


async def open_ask_form(bot: Bot, body: Body) -> None:
    """Ask on the card, or in the menu."""
    await bot.gate.admit(body, Act.ASK)
    case = await case_in(bot, clicked(body))
    await links.refuse_closed(bot.db, case)
    desk = await triage.likeliest(bot.db, case["id"])
    view = ask_form(case["number"], about(clicked(body)), bot.departments.choices(), desk=desk)
    await show(bot, body, view)


async def desk_of(bot: Bot, word: str) -> tuple[Desk, str]:
    """A department that can be asked, with its channel; raises InvalidInput, or SharedChannel.

    Slack is asked how the channel is now: the event that it was shared may be on its way.
    """
    desk, channel = bot.departments.find(word)
    bot.rooms.forget(channel)
    try:
        await bot.rooms.refuse_shared(channel)
    except SharedChannel:
        raise SharedChannel(
            "The channel of {department} is shared with people from outside, so nothing is asked there.",
            department=desk.name,
        ) from None
    return desk, channel


async def submit_ask(bot: Bot, body: Body) -> Body:
    """The question: shown once more, exactly as it would be posted."""
    actor = await bot.gate.admit(body, Act.ASK)
    given, fields, now = metadata(body), filled(body), bot.clock.now()
    case = await case_in(bot, given["case"])
    desk, channel = await desk_of(bot, fields["department"] or "")
    due = date.fromisoformat(fields["due"]) if fields.get("due") else None
    if due is not None and due < now.astimezone(reader().zone).date():
        raise InvalidInput("Please choose a day that is still to come.")
    async with bot.db.transaction() as tx:
        words, key = fields["question"] or "", given.get("key") or f"form:{given['form']}"
        token = await consult.propose(tx, case, desk, channel, words, actor, key, now, due=due)
    ask = await asks.by_token(bot.db, token)
    assert ask is not None
    shown = ask_confirmation(ask, about(given["case"], ask=str(token)))
    return {"response_action": "update", "view": shown}


async def submit_confirmed(bot: Bot, body: Body) -> None:
    """Post in the form."""
    actor = await bot.gate.admit(body, Act.ASK)
    await _post(bot, metadata(body)["ask"], actor)


async def post(bot: Bot, body: Body) -> None:
    """Post on a private confirmation."""
    actor = await bot.gate.admit(body, Act.ASK)
    await _post(bot, clicked(body), actor)
    stir(bot)
    await bot.slack.answer(body["response_url"], outcome(_("It is being posted.")), replace=True)


async def _post(bot: Bot, token: str, actor: Actor) -> None:
    ask = await _found(bot, token)
    _asked, channel = await desk_of(bot, ask["department"])
    now = bot.clock.now()
    done = await consult.confirm(bot.db, UUID(token), channel, actor, now)
    await own.by_acting(bot.db, done["case_id"], actor, now)
    bot.poster.wake(channel)


async def discard(bot: Bot, body: Body) -> None:
    """Discard on a private confirmation."""
    actor = await bot.gate.admit(body, Act.ASK)
    await consult.discard(bot.db, UUID(clicked(body)), actor)
    await bot.slack.answer(body["response_url"], outcome(_("Nothing was asked.")), replace=True)


async def change(bot: Bot, body: Body) -> None:
    """Change: the form again, filled in; what it says then is confirmed anew."""
    await bot.gate.admit(body, Act.ASK)
    ask = await _found(bot, clicked(body))
    given = about(str(ask["case_token"]), key=ask["request_key"])
    view = ask_form(
        ask["number"],
        given,
        bot.departments.choices(),
        desk=ask["department"],
        question=ask["question"],
        due=ask["due_on"],
    )
    if (body.get("view") or {}).get("type") == "modal":
        await bot.slack.update_view(body["view"]["id"], view)
    else:
        await show(bot, body, view)


async def _found(bot: Bot, token: str) -> Row:
    """A question that is there; raises NotFound."""
    ask = await asks.by_token(bot.db, UUID(token))
    if ask is None or ask["state"] == "discarded":
        raise NotFound("This question is out of date; please ask once more.")
    return ask


async def from_words(bot: Bot, actor: Actor, key: str, case: Row, department: str, words: str) -> Rendered:
    """A question of ``/cx ask``, for ``actor`` to confirm."""
    desk, channel = await desk_of(bot, department)
    async with bot.db.transaction() as tx:
        name, now = f"command:{key}", bot.clock.now()
        token = await consult.propose(tx, case, desk, channel, words, actor, name, now)
    return await mirror.ask_proposed(bot.db, token)


async def _answering(bot: Bot, body: Body, token: str) -> tuple[Actor, Row]:
    """Who acts in a department's channel, and the question; raises NotAllowed for who is not in there."""
    actor = await bot.gate.admit(body, Act.ANSWER)
    ask = await _found(bot, token)
    await bot.rooms.refuse_shared(ask["slack_channel"])
    await bot.rooms.refuse_outsider(ask["slack_channel"], actor.id)
    return actor, ask


async def open_answer_form(bot: Bot, body: Body) -> None:
    """Answer."""
    _actor, ask = await _answering(bot, body, clicked(body))
    await show(bot, body, answer_form(ask, about(clicked(body))))


async def open_need_more_form(bot: Bot, body: Body) -> None:
    """Need more."""
    _actor, ask = await _answering(bot, body, clicked(body))
    await show(bot, body, need_more_form(ask, about(clicked(body))))


async def open_later_form(bot: Bot, body: Body) -> None:
    """Later."""
    _actor, ask = await _answering(bot, body, clicked(body))
    await show(bot, body, later_form(ask, about(clicked(body))))


async def open_not_us_form(bot: Bot, body: Body) -> None:
    """Not us."""
    _actor, ask = await _answering(bot, body, clicked(body))
    others = bot.departments.choices(but=ask["department"])
    await show(bot, body, not_us_form(ask, about(clicked(body)), others))


async def take(bot: Bot, body: Body) -> None:
    """Take on a question: its post says who looks after it."""
    actor, _ask = await _answering(bot, body, clicked(body))
    await consult.take(bot.db, UUID(clicked(body)), actor, bot.clock.now())
    stir(bot)


async def submit_answer(bot: Bot, body: Body) -> None:
    """The department's answer."""
    given = metadata(body)
    actor, ask = await _answering(bot, body, given["case"])
    async with bot.db.transaction() as tx:
        words, key = filled(body)["words"] or "", f"form:{given['form']}"
        await _answered(bot, tx, ask, words, actor, key)


async def _answered(bot: Bot, tx: Connection, ask: Row, words: str, actor: Actor, key: str) -> None:
    """Keep an answer; the last one that was due becomes a draft, once for each question, with a model.

    Not where the process closes its cases by itself then.
    """
    if not await consult.answer(tx, ask["token"], words, actor, key, bot.clock.now()):
        return
    endings = bot.planned.now().endings
    alone = [process for process, ending in endings.items() if ending.by_itself]
    member = await asks.wants_draft(tx, ask, alone) if bot.settings.endpoint else None
    if member:
        key = f"answer:{ask['id']}"
        await steps.enqueue_draft(bot.jobs, tx, case=ask["case_id"], user=member, key=key, wish={})


async def submit_need_more(bot: Bot, body: Body) -> None:
    """What the department must know first."""
    given = metadata(body)
    actor, ask = await _answering(bot, body, given["case"])
    async with bot.db.transaction() as tx:
        words, key = filled(body)["words"] or "", f"form:{given['form']}"
        await consult.need_more(tx, ask["token"], words, actor, key, bot.clock.now())


async def submit_later(bot: Bot, body: Body) -> None:
    """By when the department means to answer."""
    given, fields = metadata(body), filled(body)
    actor, ask = await _answering(bot, body, given["case"])
    at = _by(bot, ask, fields)
    async with bot.db.transaction() as tx:
        await consult.later(tx, ask["token"], at, fields["why"] or "", actor, bot.clock.now())


def _by(bot: Bot, ask: Row, fields: dict[str, str | None]) -> datetime:
    """The chosen moment on the person's clocks, or the end of the department's day; raises InvalidInput."""
    if not fields["day"]:
        raise InvalidInput("Please choose the day, too.")
    day = date.fromisoformat(fields["day"])
    if fields.get("time"):
        return reminding.at(day, time.fromisoformat(fields["time"] or ""), reader().zone)
    end = bot.planned.now().plan.department_hours(ask["department"], "").ends(day)
    if end is None:
        raise InvalidInput(
            "{department} does not work on {day}; please choose another day, or say the time, too.",
            department=ask["department_name"],
            day=day,
        )
    return end


async def submit_not_us(bot: Bot, body: Body) -> None:
    """Another department is asked instead."""
    actor, ask = await _answering(bot, body, metadata(body)["case"])
    desk, channel = await desk_of(bot, filled(body)["department"] or "")
    await consult.reroute(bot.db, ask["token"], desk, channel, actor, bot.clock.now())
    bot.poster.wake(channel)


async def on_answer(bot: Bot, inbox_id: int, event: Event) -> None:
    """✅ by its author on a message in the thread of a question: it is the answer."""
    channel, ts = event["item"]["channel"], event["item"]["ts"]
    message = await bot.slack.message(channel, ts)
    if message is None or message.get("user") != event["user"] or message.get("bot_id"):
        return
    ask = await asks.by_thread(bot.db, bot.workspace_id, channel, message.get("thread_ts", ""))
    if ask is None:
        return
    actor = await bot.gate.admit_person(event["user"], Act.ANSWER, channel)
    words = await bot.slack.plain(message.get("text", ""))
    async with bot.db.transaction() as tx:
        if await inbox.take(tx, inbox_id):
            key = f"slack:{channel}:{ts}"
            await _answered(bot, tx, ask, words, actor, key)
            await inbox.finish(tx, inbox_id)


ACTIONS: dict[str, Handler] = {
    "case_ask": open_ask_form,
    "menu_ask": open_ask_form,
    "ask_post": post,
    "ask_change": change,
    "ask_discard": discard,
    "ask_answer": open_answer_form,
    "ask_take": take,
    "ask_later": open_later_form,
    "ask_need_more": open_need_more_form,
    "ask_not_us": open_not_us_form,
}
VIEWS = {
    "ask_form": form(submit_ask, "question"),
    "ask_confirm": confirmation(submit_confirmed),
    "ask_answer_form": form(submit_answer, "words"),
    "ask_later_form": form(submit_later, "day"),
    "ask_need_more_form": form(submit_need_more, "words"),
    "ask_not_us_form": form(submit_not_us, "department"),
}
