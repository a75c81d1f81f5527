"""The knowledge base in a case: what may answer its customer, an article to read, what was missing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from bot.context import Bot
from bot.listeners.forms import Body, case_in, clicked, show
from cases.errors import NotFound
from cases.language import _
from cases.roles import Act
from storage import articles, cases, knowledge
from storage.db import Row
from views.knowledge import article_page, case_articles

Handler = Callable[[Bot, Body], Awaitable[None]]


async def _page(bot: Bot, case: Row, notice: str | None = None) -> Body:
    card = await cases.card(bot.db, case["id"])
    assert card is not None
    question = await knowledge.question_of(bot.db, case["id"])
    found = await knowledge.search(bot.db, bot.workspace_id, question, embed=bot.embed)
    return case_articles(card, found, await knowledge.marks_of(bot.db, case["id"]), notice)


async def open_articles(bot: Bot, body: Body) -> None:
    """Knowledge in the menu of a case."""
    await bot.gate.admit(body, Act.LOOK)
    await show(bot, body, await _page(bot, await case_in(bot, clicked(body))))


async def read(bot: Bot, body: Body) -> None:
    """Read on an article that was found."""
    await bot.gate.admit(body, Act.LOOK)
    token, _space, case = clicked(body).partition(" ")
    await show(bot, body, article_page(await _article(bot, token), case or None))


async def helped(bot: Bot, body: Body) -> None:
    """This helped: the article is remembered for cases like this one."""
    actor = await bot.gate.admit(body, Act.LOOK)
    token, _space, of = clicked(body).partition(" ")
    article, case = await _article(bot, token), await case_in(bot, of)
    await knowledge.mark(bot.db, case["id"], article["id"], actor.id, bot.clock.now())
    await bot.slack.update_view(body["view"]["id"], await _page(bot, case, _("Noted: it helped. Thank you.")))


async def none_helps(bot: Bot, body: Body) -> None:
    """None of these helps: the case is listed where articles are missing."""
    actor = await bot.gate.admit(body, Act.LOOK)
    case = await case_in(bot, clicked(body))
    await knowledge.mark(bot.db, case["id"], None, actor.id, bot.clock.now())
    notice = _("Noted: an article is missing. `/cx kb gaps` lists it.")
    await bot.slack.update_view(body["view"]["id"], await _page(bot, case, notice))


async def _article(bot: Bot, token: str) -> Row:
    found = await articles.one(bot.db, bot.workspace_id, UUID(token))
    if found is None:
        raise NotFound("This article does not exist any more.")
    return found


ACTIONS: dict[str, Handler] = {
    "menu_knowledge": open_articles,
    "kb_read": read,
    "kb_helped": helped,
    "kb_none": none_helps,
}
