"""Answers to who mentions the app: in a case's thread, for the whole team."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cases.brief import Brief, KnownOrder
from cases.enums import Status
from cases.language import _, later, ngettext
from cases.messages import CaseCard, reference
from cases.text import escape, one_line, show_invisible
from views.blocks import Block, context, mrkdwn, name, sections, when
from views.brief import WITHOUT_MODEL, order_line, quoted
from views.card import STATUS_WORDS, owner_line
from views.pane import askable, said
from views.summary import model_trouble
from views.thread import Rendered

CANNOT_ASK = later(
    "I ask nobody by myself: *Ask* on the card asks a department. Mention a colleague here in the thread, or "
    "hand the case over with *More* → *Hand over*. What the customer is to read goes out with 📤 on your own "
    "message."
)
CANNOT_WRITE = later(
    "I cannot write or change a text: that takes a model, and I answer without one. Write it here and put 📤 "
    "on your message: you see exactly what would go before you press *Send*."
)
CANNOT_ACT = later(
    "I only answer, I change nothing. *Take*, *Close* and *More* on the card do, or *Case actions* in the "
    "menu of any message here; 📤 on your own message sends it to the customer."
)
_MOST_ORDERS = 15


def internal(answer: Rendered, asker: str, question: str) -> Rendered:
    """An answer under the header that says who asked what, and that it is for the team alone."""
    return Rendered(answer.text, [internal_head(asker, question), *answer.blocks])


def internal_head(asker: str, question: str) -> Block:
    """Who asked what, and that the answer is for the team alone."""
    words, person = escape(show_invisible(one_line(question, 150))), f"<@{asker}>"
    head = (
        _("🤖 *Internal answer* · {person} asks: “{words}”", person=person, words=words)
        if words
        else _("🤖 *Internal answer* for {person}", person=person)
    )
    return context(mrkdwn(head))


def spoken(words: str, head: list[Block], foot: list[Block]) -> Rendered:
    """A model's answer, whole: ``words`` are Markdown that has been made harmless."""
    text = escape(one_line(words, 300))
    return Rendered(text, [*head, {"type": "markdown", "text": words}, *foot])


def made_by_model(model: str) -> Block:
    """Who made an answer, and how far it can be checked."""
    made = _("✨ Made by a model ({model}); the links lead to what it rests on.", model=name(model))
    return context(mrkdwn(made))


def trouble(why: str, *, mine: bool = False) -> Block:
    """Why no model answered (a ``copilot.model.Why``); ``mine``: somebody asked over all their cases."""
    spent = _("⚠️ You have used up what the model may do for you in an hour.")
    return context(mrkdwn(spent if mine and why == "spent" else model_trouble(why)))


def over_own_cases(model: str) -> Block:
    """What an answer in the pane is made from, and by whom."""
    made = _("✨ From your own cases, by a model ({model}); the links lead to them.", model=name(model))
    return context(mrkdwn(made))


def answer_post(payload: dict[str, Any], post: UUID) -> Rendered:
    """The post of an answer as it was made (``text`` and ``blocks``)."""
    first, *more = payload["blocks"]
    return Rendered(payload["text"], [first | {"block_id": f"p:{post}"}, *more])


def with_source(answer: Rendered) -> Rendered:
    """An answer with where it comes from in small print."""
    return Rendered(answer.text, [*answer.blocks, context(mrkdwn(str(WITHOUT_MODEL)))])


def orders_answer(title: str, orders: Sequence[KnownOrder], *notes: str) -> Rendered:
    """Orders of the customer under a title; ``notes`` stand before them."""
    lines = [note for note in notes if note]
    lines += [order_line(order, 300) for order in orders[:_MOST_ORDERS]] or [_("📦 No order is known.")]
    more = len(orders) - _MOST_ORDERS
    if more > 0:
        lines.append(ngettext("and {count} more", "and {count} more", more))
    return Rendered(title, sections([f"*{title}*", *lines]))


def state_answer(card: CaseCard, brief: Brief, preparing: Sequence[str]) -> Rendered:
    """Whose the case is, how it stands, what waits for our answer, and who is ``preparing`` one."""
    lines = [
        f"*{reference(card.number)}* · {STATUS_WORDS[card.status]}",
        f"*{_('Owner')}*: {owner_line(card)}",
    ]
    if card.merged_into is not None:
        lines.append(_("This case goes on in {case}.", case=reference(card.merged_into)))
    if card.status is not Status.CLOSED:
        lines.append(_open(brief))
    if preparing:
        people = ", ".join(f"<@{who}>" for who in preparing)
        lines.append(_("*A text for the customer is being prepared* by {people}.", people=people))
    return Rendered(reference(card.number), sections(lines))


def _open(brief: Brief) -> str:
    if not brief.unanswered:
        return _("Nothing of the customer waits for an answer.")
    first, last = brief.unanswered[0], brief.unanswered[-1]
    return ngettext(
        "*{count} message is not answered* (since {when}): {words}",
        "*{count} messages are not answered* (since {when}), the last one: {words}",
        len(brief.unanswered),
        when=when(first.at),
        words=quoted(last),
    )


def only_this_case(here: int, other: int) -> Rendered:
    """Somebody asks about another case than the thread's."""
    return said(
        _(
            "Here I answer over {case} only; `/cx case {other}` shows the other one.",
            case=reference(here),
            other=reference(other),
        )
    )


def no_answer() -> Rendered:
    """A question to the model that nobody will answer any more."""
    said = _("This question could not be answered; please ask it once more.")
    return Rendered(said, [context(mrkdwn(said))])


def help_in_thread(unknown: str | None = None) -> Rendered:
    """What can be asked in a case's thread; after something that was not understood, so said first."""
    lines = [
        _("• *summary*: what is known, what is open, what came before"),
        _("• *what did she order in May?*: the customer's orders, of a month or by their number"),
        _("• *how do returns work?*, *knowledge return label*: articles of the knowledge base"),
        _("• *earlier cases*: what else this customer wrote about"),
        _("• *who owns it, what is open?*: the owner, and what waits for an answer"),
    ]
    return askable(lines, unknown)


def outside_case() -> Rendered:
    """The app was mentioned where no case is."""
    return said(
        _(
            "Mention me in the thread of a case and I answer over it: its summary, the customer's orders and "
            "earlier cases, knowledge, what is open. Elsewhere `/cx help` lists what I can do."
        )
    )
