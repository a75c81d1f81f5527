"""One cause behind many cases: what belongs to it, one text for all, and what became of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases import text
from cases.enums import Channel, DraftKind, Status
from cases.language import _, later, ngettext
from cases.messages import problem_reference, reference
from cases.text import one_line, show_invisible
from views.blocks import Block, button, case_link, context, mrkdwn, name, section, sections, when, words
from views.card import STATUS_WORDS
from views.channels import channel_line
from views.forms import choice_field, modal, page, text_field
from views.thread import Rendered

Rows = Sequence[Mapping[str, Any]]

LEFT_OUT = {
    "merged": later("the case was merged into another one"),
    "closed": later("the case is closed"),
    "no_channel": later("no channel reaches the customer"),
    "wrote": later("the customer wrote in the meantime"),
    "moved": later("replies go over another channel now"),
    "removed": later("the case is not part of the problem any more"),
    "closing": later("a closing text is on its way already"),
    "twice": later("the customer reads it in another case of the same conversation"),
}
"""Why nothing goes to somebody."""

_STATES = {
    "approved": later("⏳ being sent"),
    "sent": later("📨 sent"),
    "cancelled": later("↩️ taken back"),
}


def problem_form(number: int, metadata: str, waiting: Rows) -> Block:
    """Which problem a case belongs to: one of those ``waiting``, or a new one."""
    blocks: list[Block] = []
    if waiting:
        options = [(str(row["token"]), _option(row)) for row in waiting]
        hint = _("A case is part of one problem at most.")
        blocks.append(choice_field("problem", _("Part of a problem"), options, hint, optional=True))
    label = _("Or a new problem: what is wrong?") if waiting else _("What is the problem?")
    blocks.append(text_field("title", label, max_length=150))
    blocks.append(text_field("other", _("Or its reference, such as PR-7"), max_length=20))
    title = _("Problem of {case}", case=reference(number))
    return modal("problem_form", title, _("Save"), metadata, blocks)


def _option(row: Mapping[str, Any]) -> str:
    return one_line(f"{problem_reference(row['number'])} · {show_invisible(row['title'])}", 75)


def problem_page(
    problem: Mapping[str, Any],
    rows: Rows,
    said: Mapping[str, Any] | None,
    *,
    case: str | None = None,
    notice: str | None = None,
    undo: bool = False,
) -> Block:
    """A problem with its cases, and what became of the last text, ``said``, for each.

    ``case`` is the token of the one that it was opened from; with ``undo`` the text can be taken back.
    """
    token = str(problem["token"])
    blocks = [section(f"ℹ️ {notice}")] if notice else []
    if undo and said is not None:
        taken = button(_("Undo"), "problem_undo", str(said["token"]))
        blocks.append({"type": "actions", "elements": [taken]})
    blocks += [section(f"*{name(problem['title'], 150)}*"), context(mrkdwn(_facts(problem, len(rows))))]
    blocks += sections([_case(row) for row in rows] or [_("No cases.")])
    if said is not None:
        blocks.append(context(mrkdwn(_("*The last text for all*"))))
        blocks += _text(said["body"])
    blocks.append({"type": "actions", "elements": _acts(problem, token, case)})
    return page(_("Problem {problem}", problem=problem_reference(problem["number"])), blocks, token)


def _acts(problem: Mapping[str, Any], token: str, case: str | None) -> list[Block]:
    again = button(_("Refresh"), "problem_refresh", token)
    if problem["solved_at"] is not None:
        return [again]
    acts = [
        button(_("Write to all"), "problem_write", token),
        button(_("Solved"), "problem_solve", token),
        again,
    ]
    return [*acts, button(_("Take this case out"), "problem_leave", case)] if case else acts


def _facts(problem: Mapping[str, Any], cases: int) -> str:
    facts = [
        ngettext("{count} case", "{count} cases", cases),
        _(
            "opened by {person} {when}",
            person=f"<@{problem['created_by']}>",
            when=when(problem["created_at"]),
        ),
    ]
    if problem["solved_at"] is not None:
        person, at = f"<@{problem['solved_by']}>", when(problem["solved_at"])
        facts.append(_("✅ solved by {person} {when}", person=person, when=at))
    return " · ".join(facts)


def _case(row: Mapping[str, Any]) -> str:
    owner = f"<@{row['owner']}>" if row["owner"] else _("nobody yet")
    shown = case_link(row["number"], row["url"])
    line = f"*{shown}* · {name(row['customer'], 40)} · {STATUS_WORDS[Status(row['status'])]} · {owner}"
    became = _became(row)
    return f"{line}\n      {became}" if became else line


def _became(row: Mapping[str, Any]) -> str:
    if row["left_out"]:
        return _("⚠️ left out: {why}", why=str(LEFT_OUT[row["left_out"]]))
    if row["read_at"]:
        return _("👁️ read {time}", time=when(row["read_at"]))
    if row["delivered_at"]:
        return _("📬 delivered {time}", time=when(row["delivered_at"]))
    return str(_STATES.get(row["draft"], ""))


def write_form(number: int, metadata: str) -> Block:
    """One text for all customers of a problem."""
    title = _("Write to all: {problem}", problem=problem_reference(number))
    hint = _("You see the text and everybody who gets it before it goes.")
    field = text_field("text", _("Message"), hint, max_length=3000, multiline=True, optional=False)
    return modal("problem_write", title, _("Preview"), metadata, [field])


def solve_form(number: int, metadata: str) -> Block:
    """The cause is gone: are the customers told, and their cases closed with it?"""
    options = [("tell", _("Tell all customers and close their cases")), ("silent", _("Leave the cases open"))]
    hint = _("You see the text and everybody who gets it before it goes.")
    blocks = [
        choice_field("how", _("How"), options, value="tell"),
        text_field("text", _("Closing message"), hint, max_length=3000, multiline=True),
    ]
    title = _("Solve {problem}", problem=problem_reference(number))
    return modal("problem_solve", title, _("Next"), metadata, blocks)


def mailing_preview(mailing: Mapping[str, Any], number: int, rows: Rows) -> Block:
    """The text, complete, and everybody who gets it and who does not, with Send."""
    going = [row for row in rows if not row["left_out"]]
    count = len(going)
    head = ngettext("*Send this to {count} customer?*", "*Send this to {count} customers?*", count)
    if mailing["kind"] == DraftKind.CLOSING:
        head = ngettext(
            "*Send this to {count} customer, and close the case?*",
            "*Send this to {count} customers, and close their cases?*",
            count,
        )
    blocks = [section(head if going else _("*Nobody can get this now.*")), *_text(mailing["body"])]
    blocks += sections(
        [_recipient(row) for row in [*going, *(row for row in rows if row["left_out"])]] or ["–"]
    )
    if going:
        send = button(_("Send"), "problem_send", str(mailing["token"]), style="primary")
        blocks.append({"type": "actions", "elements": [send]})
    return page(_("Problem {problem}", problem=problem_reference(number)), blocks)


def _recipient(row: Mapping[str, Any]) -> str:
    line = f"{reference(row['number'])} · {name(row['customer'], 40)}"
    if row["left_out"]:
        return f"{line} · " + _("⚠️ left out: {why}", why=str(LEFT_OUT[row["left_out"]]))
    return f"{line} · {channel_line(Channel(row['channel']), row['site'])}"


def _text(body: str) -> list[Block]:
    return [words(part) for part in text.split(show_invisible(body), 2_900) if part]


def sending_notice(count: int, left_out: int) -> str:
    """What Send did, in one line."""
    line = ngettext("On its way to {count} customer.", "On its way to {count} customers.", count)
    if not left_out:
        return line
    left = ngettext(
        "{count} case was left out, see below.", "{count} cases were left out, see below.", left_out
    )
    return f"{line} {left}"


def problems_list(rows: Rows) -> Rendered:
    """The open problems, each with a button."""
    if not rows:
        return Rendered(_("No open problems."), [section(_("No open problems."))])
    return Rendered(_("Open problems"), [block for row in rows[:40] for block in problem_line(row).blocks])


def problem_line(row: Mapping[str, Any]) -> Rendered:
    """A problem with a button that opens it."""
    line = f"🧩 *{problem_reference(row['number'])}* · {name(row['title'], 150)}"
    opened = button(_("Open…"), "problem_open", str(row["token"]))
    return Rendered(line, [section(line) | {"accessory": opened}])


def problem_offer(number: int, token: str) -> Rendered:
    """A button that opens the problem of a case, or the form that names it."""
    line = _("The problem behind {case}:", case=reference(number))
    return Rendered(line, [section(line) | {"accessory": button(_("Open…"), "menu_problem", token)}])
