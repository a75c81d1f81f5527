"""Asking a department: its forms, the post in the department's channel, the lines in the case's thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from cases import text
from cases.deeds import MAX_QUESTION
from cases.language import _, later, ngettext
from cases.messages import reference
from cases.text import escape, one_line, show_invisible
from views.blocks import Block, button, context, mrkdwn, name, section, when, words
from views.forms import choice_field, date_field, modal, text_field, time_field
from views.thread import Rendered

MAX_FIELD = 3_000
"""Characters that a field of a form takes (Slack)."""

Ask = Mapping[str, Any]
"""A question as ``storage.asks`` gives it."""


def ask_form(
    number: int,
    metadata: str,
    desks: Sequence[tuple[str, str]],
    *,
    desk: str | None = None,
    question: str = "",
    due: date | None = None,
) -> Block:
    """Which of the departments ``desks`` (key, name) is asked what, and by when."""
    hint = _("It is posted in the department's channel. You see it first, complete.")
    chosen = desk if desk in dict(desks) else desks[0][0]
    blocks = [
        choice_field("department", _("Department"), desks, value=chosen),
        text_field(
            "question",
            _("Question"),
            hint,
            value=question,
            max_length=MAX_QUESTION,
            multiline=True,
            optional=False,
        ),
        date_field("due", _("By when"), value=due),
    ]
    return modal("ask_form", _("Ask about {case}", case=reference(number)), _("Next"), metadata, blocks)


def ask_confirmation(ask: Ask, metadata: str) -> Block:
    """The question exactly as it would be posted, with Post."""
    change = {"type": "actions", "elements": [button(_("Change"), "ask_change", str(ask["token"]))]}
    blocks = [section(_where(ask)), *_body(ask, f"ask:{ask['id']}"), change]
    title = _("Ask about {case}", case=reference(ask["number"]))
    return modal("ask_confirm", title, _("Post"), metadata, blocks)


def ask_proposal(ask: Ask) -> Rendered:
    """The same as a private message."""
    token = str(ask["token"])
    buttons = [
        button(_("Post"), "ask_post", token, style="primary"),
        button(_("Change"), "ask_change", token),
        button(_("Discard"), "ask_discard", token),
    ]
    blocks = [section(_where(ask)), *_body(ask, f"ask:{ask['id']}"), {"type": "actions", "elements": buttons}]
    return Rendered(_where(ask), blocks)


def _where(ask: Ask) -> str:
    return _(
        "*Post this to {department}, in {channel}?*",
        department=name(ask["department_name"]),
        channel=f"<#{ask['slack_channel']}>",
    )


def ask_post(ask: Ask, block_id: str) -> Rendered:
    """The question in the department's channel, where it stands, and what can be done with it."""
    summary = _(
        "Question about {case}: {question}",
        case=reference(ask["number"]),
        question=escape(one_line(show_invisible(ask["question"]), 200)),
    )
    blocks = _body(ask, block_id)
    state = _state(ask)
    if state:
        blocks.append(context(*(mrkdwn(line) for line in state)))
    if ask["state"] != "rerouted":
        blocks.append({"type": "actions", "elements": _acts(ask)})
    return Rendered(summary, blocks)


def _body(ask: Ask, block_id: str) -> list[Block]:
    customer = name(ask["customer"]) or _("Customer not known yet")
    head = _("❓ *Question about {case}* · {customer}", case=reference(ask["number"]), customer=customer)
    facts = [_("asked by {person}", person=f"<@{ask['asked_by']}>")]
    if ask["step"]:
        facts = [_("asked by itself, for the step “{step}”", step=name(ask["step"], 150))]
    if ask["due_on"]:
        facts.append(_("by {day}", day=ask["due_on"]))
    return [
        section(head) | {"block_id": block_id},
        *_words(ask["question"]),
        context(mrkdwn(" · ".join(facts))),
    ]


def _words(said: str) -> list[Block]:
    return [words(part) for part in text.split(show_invisible(said), 2_900) if part]


def _state(ask: Ask) -> list[str]:
    if ask["state"] == "rerouted":
        person, department = f"<@{ask['rerouted_by']}>", name(ask["rerouted_to"] or "?")
        return [_("↪️ {person} passed this on to {department}.", person=person, department=department)]
    lines = []
    if ask["state"] == "answered":
        person, at = f"<@{ask['answered_by']}>", when(ask["answered_at"])
        lines.append(_("📬 Answered by {person} {when}", person=person, when=at))
        if ask["answers"] > 1:
            lines.append(ngettext("{count} answer", "{count} answers", ask["answers"]))
    else:
        if ask["taken_by"]:
            lines.append(_("🙋 {person} looks after this", person=f"<@{ask['taken_by']}>"))
        if ask["later_at"]:
            by, why = when(ask["later_at"]), name(ask["later_why"], 300)
            lines.append(_("⏳ To be answered by {when}: {why}", when=by, why=why))
    if ask["asked_back"]:
        asked = ngettext("{count} question back", "{count} questions back", ask["asked_back"])
        lines.append(f"💬 {asked}")
    return lines


def _acts(ask: Ask) -> list[Block]:
    token = str(ask["token"])
    if ask["state"] == "answered":
        return [button(_("Add to the answer"), "ask_answer", token)]
    return [
        button(_("Answer"), "ask_answer", token, style="primary"),
        button(_("Take"), "ask_take", token),
        button(_("Later"), "ask_later", token),
        button(_("Need more"), "ask_need_more", token),
        button(_("Not us"), "ask_not_us", token),
    ]


def answer_form(ask: Ask, metadata: str) -> Block:
    """The department's answer."""
    hint = _("It goes to the case and to whoever owns it; the customer does not see it by itself.")
    field = text_field("words", _("Answer"), hint, max_length=MAX_FIELD, multiline=True, optional=False)
    title = _("Answer: {case}", case=reference(ask["number"]))
    return modal("ask_answer_form", title, _("Answer"), metadata, [*_quoted(ask), field])


def need_more_form(ask: Ask, metadata: str) -> Block:
    """What the department must know first."""
    hint = _("It appears in the thread of the case and calls its owner.")
    label = _("What do you need to know?")
    field = text_field("words", label, hint, max_length=MAX_FIELD, multiline=True, optional=False)
    title = _("Ask back: {case}", case=reference(ask["number"]))
    return modal("ask_need_more_form", title, _("Ask back"), metadata, [*_quoted(ask), field])


def later_form(ask: Ask, metadata: str) -> Block:
    """By when the department means to answer, and why not before."""
    hint = _("Without a time: by the end of your working day.")
    blocks = [
        date_field("day", _("You answer by"), optional=False),
        time_field("time", _("Time"), hint),
        text_field("why", _("Why does it take until then?"), max_length=300, multiline=True, optional=False),
    ]
    title = _("Later: {case}", case=reference(ask["number"]))
    return modal("ask_later_form", title, _("Save"), metadata, [*_quoted(ask), *blocks])


def not_us_form(ask: Ask, metadata: str, desks: Sequence[tuple[str, str]]) -> Block:
    """Which department should be asked instead."""
    hint = _("The question goes there as it is.")
    field = choice_field("department", _("Who should be asked?"), desks, hint)
    title = _("Pass on: {case}", case=reference(ask["number"]))
    return modal("ask_not_us_form", title, _("Pass on"), metadata, [*_quoted(ask), field])


def _quoted(ask: Ask) -> list[Block]:
    return [words(one_line(show_invisible(ask["question"]), 600))]


def ask_line(event: str, ask: Ask, said: Ask | None, part: int, post: UUID) -> Rendered:
    """What happened to a question, in the thread of its case; of a long answer the part ``part``."""
    line = _HEADS[event](ask, said or {})
    shown = ask["question"] if event == "asked" else said.get("text", "") if said else ""
    pieces = text.split(shown)
    piece = show_invisible(pieces[part]) if part < len(pieces) else ""
    blocks = [section(line) | {"block_id": f"p:{post}"}] if part == 0 else []
    blocks += [words(each) for each in text.split(piece, 2_900) if each]
    if part:
        blocks[0]["block_id"] = f"p:{post}"
    summary = f"{line} {escape(one_line(piece, 200))}" if piece else line
    return Rendered(summary, blocks)


def _asked(ask: Ask, _said: Ask) -> str:
    person, department = f"<@{ask['asked_by']}>", name(ask["department_name"])
    if ask["step"]:
        step = name(ask["step"], 150)
        return _(
            "🏢 {department} was asked by itself, for the step “{step}”:", department=department, step=step
        )
    return _("🏢 {person} asked {department}:", person=person, department=department)


_NOT_ASKED = {
    "channel": later("its channel is shared with people from outside, or cannot be found."),
    "length": later("the question is too long."),
    "foreign": later(
        "the question names what belongs to another customer, or what nobody may pass on: {what}."
    ),
}


def _not_asked(ask: Ask, said: Ask) -> str:
    head = _(
        "⚠️ {department} was not asked by itself for the step “{step}”. Please ask yourself:",
        department=name(ask["department_name"]),
        step=name(ask["step"], 150),
    )
    what = name(", ".join(said.get("what", ())), 300)
    return f"{head} {_(_NOT_ASKED[said['why']].message, what=what)}"


def _answered(ask: Ask, said: Ask) -> str:
    person, department = f"<@{said['author']}>", name(ask["department_name"])
    if said["later"]:
        return _("📬 {department} · {person} added to the answer:", department=department, person=person)
    return _("📬 {department} · {person} answered:", department=department, person=person)


def _asked_back(ask: Ask, said: Ask) -> str:
    person, department = f"<@{said['author']}>", name(ask["department_name"])
    return _("💬 {department} · {person} must know first:", department=department, person=person)


def _later(ask: Ask, said: Ask) -> str:
    return _(
        "⏳ {department} · {person} will answer by {when}:",
        department=name(ask["department_name"]),
        person=f"<@{said['author']}>",
        when=when(said["at"]),
    )


def _rerouted(ask: Ask, _said: Ask) -> str:
    return _(
        "↪️ {person} passed the question on: {other} is asked instead of {department}.",
        person=f"<@{ask['rerouted_by']}>",
        department=name(ask["department_name"]),
        other=name(ask["rerouted_to"] or "?"),
    )


_HEADS = {
    "asked": _asked,
    "not_asked": _not_asked,
    "answer": _answered,
    "need_more": _asked_back,
    "later": _later,
    "rerouted": _rerouted,
}
