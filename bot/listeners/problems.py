"""Problems: gathering cases, one text for their customers, solving."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from bot.context import Bot
from bot.listeners.forms import Body, about, case_in, clicked, filled, form, metadata, show, stir
from cases.enums import DraftKind
from cases.errors import NotFound
from cases.language import _
from cases.roles import Act
from commands.naming import problem_named
from flows import problem as flow
from storage import mailings, problems
from storage.db import Row
from views.problems import (
    mailing_preview,
    problem_form,
    problem_page,
    sending_notice,
    solve_form,
    write_form,
)

Handler = Callable[[Bot, Body], Awaitable[None]]


async def _named(bot: Bot, token: str) -> Row:
    found = await problems.by_token(bot.db, UUID(token))
    if found is None:
        raise NotFound("This problem does not exist any more.")
    return found


async def _page(bot: Bot, token: UUID | str, **more: Any) -> Body:
    problem = await _named(bot, str(token))
    rows = await problems.cases_of(bot.db, problem["id"])
    return problem_page(problem, rows, await mailings.newest(bot.db, problem["id"]), **more)


async def open_problem(bot: Bot, body: Body) -> None:
    """Problem in the menu of a case: its problem, or the form that names one."""
    await bot.gate.admit(body, Act.LOOK)
    case = await case_in(bot, clicked(body))
    found = await problems.of_case(bot.db, case["id"])
    if found is not None:
        await show(bot, body, await _page(bot, found["token"], case=clicked(body)))
        return
    await bot.gate.admit(body, Act.ARRANGE)
    waiting = await problems.waiting(bot.db, bot.workspace_id)
    await show(bot, body, problem_form(case["number"], about(clicked(body)), waiting))


async def submit_problem(bot: Bot, body: Body) -> Body:
    """The form: a new problem, or one that is there."""
    actor = await bot.gate.admit(body, Act.ARRANGE)
    given, fields, now = metadata(body), filled(body), bot.clock.now()
    case = await case_in(bot, given["case"])
    token, words = fields.get("problem"), (fields.get("other") or "").strip()
    if words:
        token = (await problem_named(bot.db, bot.workspace_id, words))["token"]
    if token:
        found = await flow.add(bot.db, UUID(str(token)), case, actor, now)
    else:
        found = await flow.make(bot.db, case, fields.get("title") or "", f"form:{given['form']}", actor, now)
    shown = await _page(bot, found["token"], case=given["case"])
    return {"response_action": "update", "view": shown}


async def open_by_token(bot: Bot, body: Body) -> None:
    """Open on a problem in the answer of ``/cx problem``."""
    await bot.gate.admit(body, Act.LOOK)
    await show(bot, body, await _page(bot, clicked(body)))


async def refresh(bot: Bot, body: Body) -> None:
    """Refresh: how far the last text has come."""
    await bot.gate.admit(body, Act.LOOK)
    await bot.slack.update_view(body["view"]["id"], await _page(bot, clicked(body)))


async def leave(bot: Bot, body: Body) -> None:
    """Take this case out."""
    actor = await bot.gate.admit(body, Act.ARRANGE)
    case = await case_in(bot, clicked(body))
    await flow.remove(bot.db, case, actor, bot.clock.now())
    stir(bot)
    found = await _named(bot, body["view"]["private_metadata"])
    notice = _("This case is not part of the problem any more.")
    await bot.slack.update_view(body["view"]["id"], await _page(bot, found["token"], notice=notice))


async def open_write_form(bot: Bot, body: Body) -> None:
    """Write to all."""
    await bot.gate.admit(body, Act.ADDRESS)
    await show(bot, body, write_form((await _named(bot, clicked(body)))["number"], clicked(body)))


async def open_solve_form(bot: Bot, body: Body) -> None:
    """Solved."""
    await bot.gate.admit(body, Act.ADDRESS)
    await show(bot, body, solve_form((await _named(bot, clicked(body)))["number"], clicked(body)))


async def submit_text(bot: Bot, body: Body) -> Body:
    """The text for all: its preview."""
    return await _preview(bot, body, DraftKind.REPLY)


async def submit_solved(bot: Bot, body: Body) -> Body:
    """Solved: the preview of the closing text, or nothing more."""
    if filled(body)["how"] == "tell":
        return await _preview(bot, body, DraftKind.CLOSING)
    actor = await bot.gate.admit(body, Act.ADDRESS)
    token = UUID(body["view"]["private_metadata"])
    await flow.solve(bot.db, token, actor, bot.clock.now())
    return {"response_action": "update", "view": await _page(bot, token)}


async def _preview(bot: Bot, body: Body, kind: DraftKind) -> Body:
    actor = await bot.gate.admit(body, Act.ADDRESS)
    token = body["view"]["private_metadata"]
    words = filled(body)["text"] or ""
    made = await flow.prepare(bot.db, UUID(token), words, kind, actor, bot.clock.now())
    mailing = await mailings.by_token(bot.db, made)
    assert mailing is not None
    shown = await mailings.shown(bot.db, mailing["id"])
    view = mailing_preview(mailing, (await _named(bot, token))["number"], shown)
    return {"response_action": "update", "view": view}


async def send(bot: Bot, body: Body) -> None:
    """Send on the preview: to everybody to whom it still can go."""
    actor = await bot.gate.admit(body, Act.ADDRESS)
    undo = bot.sender.undo
    done = await flow.approve(bot.db, UUID(clicked(body)), actor, undo, bot.clock.now())
    for draft in done.drafts:
        window = undo.on(draft["channel"])
        bot.sender.schedule(draft["uuid"], draft["body"], draft["conversation_id"], None, window)
    stir(bot)
    if done.again:
        return  # The first press is being answered, with its Undo.
    rows = await problems.cases_of(bot.db, (await _named(bot, str(done.problem)))["id"])
    notice = sending_notice(len(done.drafts), sum(row["left_out"] is not None for row in rows))
    shown = await _page(bot, done.problem, notice=notice, undo=bool(undo and done.drafts))
    await bot.slack.update_view(body["view"]["id"], shown)


async def undo(bot: Bot, body: Body) -> None:
    """Undo: what has not gone yet stays among us."""
    actor = await bot.gate.admit(body, Act.TAKE_BACK)
    token = await flow.take_back(bot.db, UUID(clicked(body)), actor, bot.clock.now())
    stir(bot)
    shown = await _page(bot, token, notice=_("Not sent to those whom it had not reached yet."))
    await bot.slack.update_view(body["view"]["id"], shown)


ACTIONS: dict[str, Handler] = {
    "menu_problem": open_problem,
    "problem_open": open_by_token,
    "problem_refresh": refresh,
    "problem_leave": leave,
    "problem_write": open_write_form,
    "problem_solve": open_solve_form,
    "problem_send": send,
    "problem_undo": undo,
}
VIEWS = {
    "problem_form": form(submit_problem, "title"),
    "problem_write": form(submit_text, "text"),
    "problem_solve": form(submit_solved, "text"),
}
