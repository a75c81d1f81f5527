"""The private brief of a case."""

from __future__ import annotations

from dataclasses import replace

from cases import formats
from cases.brief import Brief, KnownOrder, Spoken
from cases.enums import Status
from cases.language import _, later, ngettext
from cases.messages import reference
from cases.routing import Suggested
from cases.text import escape, one_line, show_invisible
from views.blocks import case_link, context, mrkdwn, name, section, sections, when
from views.card import STATUS_WORDS
from views.ledger import promise_lines
from views.thread import Rendered
from views.waiting import waiting_line

WITHOUT_MODEL = later("Without a model: these are your own stored facts, nothing is made up.")

STALE = later("⚠️ The shop's own system does not answer; these are orders as they were imported last.")


def brief_note(brief: Brief, trouble: str | None = None) -> Rendered:
    """What is known, what is open and what came before, for one reader.

    ``trouble`` says why no model spoke.
    """
    head = f"*{reference(brief.number)} · {name(brief.customer)}*"
    lines = [head + (f" · {name(brief.email)}" if brief.email else "")]
    if brief.opened_with:
        asked = brief.opened_with
        lines.append(_("*Asked first* ({when}): {words}", when=when(asked.at), words=quoted(asked)))
    if brief.last_answer:
        answer = brief.last_answer
        lines.append(
            _(
                "*Our last answer* ({when}, {author}): {words}",
                when=when(answer.at),
                author=name(answer.author),
                words=quoted(answer),
            )
        )
    if brief.unanswered and brief.last_answer:
        lines.append(_("*Since then, unanswered*: {words}", words=quoted(brief.unanswered[-1])))
    elif brief.unanswered:
        lines.append(_("*Not answered yet.*"))
    lines += promise_lines(brief.promised)
    lines += filter(None, [waiting_line(brief.waited) if brief.waited else ""])
    blocks = [*sections(lines), *sections(_background(brief))]
    count = ngettext("{count} message so far.", "{count} messages so far.", brief.messages)
    blocks.append(context(mrkdwn(" ".join(filter(None, [trouble, count, str(WITHOUT_MODEL)])))))
    return Rendered(_("Summary of {case}", case=reference(brief.number)), blocks)


def brief_message(brief: Brief, url: str | None) -> Rendered:
    """The brief as a direct message to the case's new owner, with the way to its thread."""
    line = _("🤝 {case} is yours now.", case=case_link(brief.number, url))
    return replace(brief_note(brief), blocks=[section(line), *brief_note(brief).blocks])


def _background(brief: Brief) -> list[str]:
    lines = [order_line(order) for order in brief.orders] or [_("📦 No order is known.")]
    if brief.stale:
        lines.append(str(STALE))
    lines += [
        f"🗂 {reference(other.number)} · {STATUS_WORDS[Status(other.status)]} · "
        f"{name(other.subject)} · {when(other.opened_at)}"
        for other in brief.earlier
    ] or [_("🗂 No other case.")]
    if brief.department:
        lines.append(_department(brief.department))
    if brief.articles:
        titles = " · ".join(name(title) for title in brief.articles)
        lines.append(_("📚 May help: {titles}", titles=titles))
    return lines


def order_line(order: KnownOrder, limit: int = 100) -> str:
    """An order in one line: its number, its day, its state, and ``limit`` characters of what is in it."""
    day = [formats.day(order.placed)] if order.placed else []
    total = [name(order.total, 50)] if order.total else []
    items = name(", ".join(order.items), limit)
    return f"📦 {' · '.join([name(order.external_id), *day, name(order.status), items, *total])}"


def _department(found: Suggested) -> str:
    share = formats.percent(found.confidence)
    if found.sure:
        return _("🧭 To ask: *{department}* ({share} sure)", department=name(found.name), share=share)
    return _("🧭 Perhaps to ask: {department} ({share} sure)", department=name(found.name), share=share)


def quoted(said: Spoken) -> str:
    """Somebody's words on one line, in quotation marks."""
    return f"“{escape(show_invisible(one_line(said.text, 240)))}”"
