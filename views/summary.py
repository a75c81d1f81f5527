"""The summary of a case that a model made, each statement with the way to what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cases.brief import Promised
from cases.language import _, later
from cases.messages import reference
from cases.summary import CaseSummary, Mood, On, Statement
from cases.text import escape, one_line, show_invisible
from views.blocks import context, mrkdwn, name, sections
from views.ledger import promise_lines
from views.thread import Rendered

_MOODS = {
    Mood.PLEASED: later("😊 pleased"),
    Mood.CALM: later("🙂 calm"),
    Mood.WORRIED: later("😟 worried"),
    Mood.ANNOYED: later("😠 annoyed"),
    Mood.ANGRY: later("😡 angry"),
}
_ON = {
    On.CUSTOMER: later("waits on the customer"),
    On.AGENT: later("waits on us"),
    On.DEPARTMENT: later("waits on a department"),
}
_TROUBLE = {
    "down": later("⚠️ The model cannot be reached now."),
    "slow": later("⚠️ The model did not answer in time."),
    "denied": later("⚠️ The model's provider does not take our requests: `cx doctor` says why."),
    "refused": later("⚠️ The model gave no usable answer."),
    "malformed": later("⚠️ The model gave no usable answer."),
    "limit": later("⚠️ The model came to no end and was stopped."),
    "spent": later("⚠️ This case has used up what the model may do in an hour."),
}


def model_trouble(why: str) -> str:
    """What went wrong with the model (a ``copilot.model.Why``), in one sentence for the agent."""
    return str(_TROUBLE[why])


def summary_note(
    number: int,
    customer: str,
    summary: CaseSummary,
    places: Mapping[str, str],
    model: str,
    ledger: Sequence[Promised] = (),
) -> Rendered:
    """The summary for one reader; ``places`` leads from markers to addresses.

    ``ledger`` is what our replies promised by the rows: no model has a part in that.
    """
    sources: list[str] = []
    for statement in summary.statements():
        sources += [cite for cite in statement.cites if cite not in sources]
    lines = [
        f"*{reference(number)} · {name(customer)}* · {_MOODS[summary.mood]}",
        _said(summary.problem, sources, places),
    ]
    lines += _part(_("*Facts*"), [_said(each, sources, places) for each in summary.facts])
    promised = [_said(each, sources, places) + _by(each) for each in summary.promised]
    lines += _part(_("*Promised*"), promised)
    lines += promise_lines(ledger)
    lines += _part(_("*Open*"), [_said(each, sources, places) + _waits(each) for each in summary.open])
    lines.append(_("*Next step*: {words}", words=_words(summary.next_step)))
    if summary.translation:
        words = _words(summary.translation, 1_500)
        lines.append(_("*The customer's latest words, translated by machine*: {words}", words=words))
    made = _(
        "✨ Made by a model ({model}). The numbers lead to what a statement rests on; one without a number "
        "rests on nothing that could be checked.",
        model=name(model),
    )
    return Rendered(_("Summary of {case}", case=reference(number)), [*sections(lines), context(mrkdwn(made))])


def _part(title: str, lines: list[str]) -> list[str]:
    return [title, *(f"• {line}" for line in lines)] if lines else []


def _words(text: str, limit: int = 600) -> str:
    return escape(show_invisible(one_line(text, limit)))


def _said(statement: Statement, sources: list[str], places: Mapping[str, str]) -> str:
    """A statement with a number for each of its sources, linked where there is an address."""
    marks = []
    for cite in statement.cites:
        number = f"[{sources.index(cite) + 1}]"
        if cite.startswith(("o:", "c:")):
            number = f"[{escape(cite[2:])}]"
        place = places.get(cite)
        marks.append(f"<{place}|{number}>" if place else number)
    return " ".join([_words(statement.text), *marks])


def _by(statement: Statement) -> str:
    return " · " + _("by {when}", when=_words(statement.by, 80)) if statement.by else ""


def _waits(statement: Statement) -> str:
    return f" · _{_ON[statement.on]}_" if statement.on else ""
