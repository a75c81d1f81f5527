"""The private brief of a case."""

from __future__ import annotations

from cases.brief import Brief, Spoken
from cases.enums import Status
from cases.messages import reference
from cases.text import escape, one_line, show_invisible
from views.blocks import context, mrkdwn, name, sections, when
from views.card import STATUS_WORDS
from views.thread import Rendered

WITHOUT_MODEL = "Without a model: these are your own stored facts, nothing is made up."


def brief_note(brief: Brief) -> Rendered:
    """What is known, what is open and what came before, for one reader."""
    head = f"*{reference(brief.number)} · {name(brief.customer)}*"
    lines = [head + (f" · {name(brief.email)}" if brief.email else "")]
    if brief.opened_with:
        lines.append(f"*Asked first* ({when(brief.opened_with.at)}): {_quote(brief.opened_with)}")
    if brief.last_answer:
        answer = brief.last_answer
        lines.append(f"*Our last answer* ({when(answer.at)}, {name(answer.author)}): {_quote(answer)}")
    if brief.unanswered and brief.last_answer:
        lines.append(f"*Since then, unanswered*: {_quote(brief.unanswered[-1])}")
    elif brief.unanswered:
        lines.append("*Not answered yet.*")
    blocks = [*sections(lines), *sections(_background(brief))]
    blocks.append(context(mrkdwn(f"{brief.messages} messages so far. {WITHOUT_MODEL}")))
    return Rendered(f"Summary of {reference(brief.number)}", blocks)


def _background(brief: Brief) -> list[str]:
    lines = [
        f"📦 {name(order.external_id)} · {name(order.status)} · {name(', '.join(order.items), 100)}"
        for order in brief.orders
    ] or ["📦 No order is known."]
    lines += [
        f"🗂 {reference(other.number)} · {STATUS_WORDS[Status(other.status)]} · "
        f"{name(other.subject)} · {when(other.opened_at)}"
        for other in brief.earlier
    ] or ["🗂 No other case."]
    return lines


def _quote(said: Spoken) -> str:
    return f"“{escape(show_invisible(one_line(said.text, 240)))}”"
