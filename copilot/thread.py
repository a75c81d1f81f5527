"""Answers in a case's thread, over that case; here without a model, from stored rows.

``copilot.speaking`` answers with one; this is what comes then when it fails.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases import formats
from cases.articles import Embed
from cases.brief import Brief, KnownOrder
from cases.customer_data import CustomerData
from cases.language import _
from cases.messages import CaseCard
from cases.reader import Reader, use
from copilot import asking, facts
from copilot.asking import Asked, Want
from copilot.wishes import tidy
from storage import articles, cases, desk, drafting, gaps, knowledge
from storage.customer_data import StoredData
from storage.db import Database
from views.answers import (
    CANNOT_ACT,
    CANNOT_ASK,
    CANNOT_WRITE,
    help_in_thread,
    only_this_case,
    orders_answer,
    state_answer,
    with_source,
)
from views.blocks import name
from views.brief import STALE, brief_note
from views.desk import case_list
from views.knowledge import found_articles
from views.pane import said
from views.thread import Rendered


@dataclass(frozen=True, slots=True)
class CaseQuestion:
    """What somebody asked in a case's thread, and where the answer may come from: that case alone."""

    db: Database
    workspace_id: int
    workspace_url: str
    case: int
    text: str
    """In plain words."""
    asker: Reader
    """Whose words these are; the answer is for everybody in the thread."""
    now: datetime
    embed: Embed | None = None
    asker_id: str = ""
    """Who that is in Slack; nobody where only the answer matters."""
    customers: CustomerData | None = None
    """Where orders are known; our own tables unless that is said."""

    async def brief(self) -> Brief:
        """What is known about the case."""
        return await facts.brief(self.db, self.case, embed=self.embed, customers=self.customers)


Answerer = Callable[[CaseQuestion], Awaitable[Rendered]]

_MOST_ORDERS = 200
"""Of a customer, the latest; among these a month and a number are looked for."""
_CANNOT = {Want.ASK: CANNOT_ASK, Want.WRITE: CANNOT_WRITE, Want.ACT: CANNOT_ACT}


async def answer(question: CaseQuestion) -> Rendered:
    """Answer from stored rows alone, and say that this is so."""
    text = tidy(question.text)
    asked = _understood(question, text)
    if asked.want in _CANNOT:
        return with_source(said(str(_CANNOT[asked.want])))
    card = await cases.card(question.db, question.case)
    assert card is not None
    other = asking.other_case(text, card.number)
    if other is not None:
        return with_source(only_this_case(card.number, other))
    known = await (question.customers or StoredData(question.db)).orders(question.case, _MOST_ORDERS)
    orders, stale = known.found, str(STALE) if known.stale else ""
    meant = [order for order in orders if asking.names_order(text, order.external_id)]
    if meant:
        return with_source(orders_answer(_("Orders"), meant, stale))
    match asked.want:
        case Want.ORDERS:
            return with_source(_orders(asked, orders, stale))
        case Want.ARTICLES | Want.HOW:
            return await _articles(question, card, asked.search if asked.want is Want.ARTICLES else text)
        case Want.EARLIER:
            return with_source(await _earlier(question))
        case Want.BRIEF:
            return brief_note(await question.brief())
        case Want.STATE:
            return with_source(await _state(question, card))
        case _:
            return with_source(help_in_thread(unknown=None if asked.want or not text else text))


def _understood(question: CaseQuestion, text: str) -> Asked:
    """What is asked, in the words of the asker, else in those of the thread."""
    with use(question.asker):
        asked = asking.understand(text, question.now.date())
    return asked if asked.want else asking.understand(text, question.now.date())


def _orders(asked: Asked, orders: Sequence[KnownOrder], stale: str) -> Rendered:
    if asked.order:
        missing = _("This customer has no order {number}.", number=name(asked.order))
        return orders_answer(_("Orders"), orders, missing, stale)
    if asked.month is None:
        return orders_answer(_("Orders"), orders, stale)
    then = [order for order in orders if order.placed and order.placed.replace(day=1) == asked.month]
    month = formats.month(asked.month)
    if then:
        return orders_answer(_("Orders: {month}", month=month), then, stale)
    undated = any(order.placed is None for order in orders)
    why = _("Not every order says when it was placed.") if undated else ""
    return orders_answer(
        _("Orders"), orders, _("No order is known of this time: {month}.", month=month), why, stale
    )


async def _articles(question: CaseQuestion, card: CaseCard, words: str) -> Rendered:
    """Articles for some words; without words for what the customer wrote."""
    asked, words = words, words or await knowledge.question_of(question.db, question.case)
    found = await knowledge.search(question.db, question.workspace_id, words, embed=question.embed)
    if not found and not await articles.count(question.db, question.workspace_id):
        return with_source(said(_("There are no articles yet; `cx import kb` brings them in.")))
    if asked and question.asker_id and knowledge.in_vain(found):
        at = question.db, question.workspace_id, asked, question.asker_id, question.now
        await gaps.missed(*at, case=question.case)
    return found_articles(found, str(card.token))


async def _earlier(question: CaseQuestion) -> Rendered:
    rows = await desk.others_of_customer(question.db, question.case)
    empty = _("No other case of this customer is known.")
    return case_list(_("Other cases of this customer"), rows, question.workspace_url, empty)


async def _state(question: CaseQuestion, card: CaseCard) -> Rendered:
    brief = await question.brief()
    return state_answer(card, brief, await drafting.all_in(question.db, question.case, question.now))
