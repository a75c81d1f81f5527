"""Reminders of what has to be done about a case: the post in its thread, or in a department's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cases.duties import DUE, Kind
from cases.language import _, later, ngettext
from cases.messages import reference
from cases.promises import Due
from views.blocks import SECTION_TEXT, Block, button, case_link, context, mrkdwn, name, section, when
from views.forms import date_field, modal, time_field
from views.thread import Rendered

_WHAT: Mapping[Kind, later] = {
    Kind.UNCLAIMED: later("Nobody looks after this case."),
    Kind.FIRST_RESPONSE: later("The customer waits for a first answer."),
    Kind.NEXT_UPDATE: later("The customer waits to hear from us again."),
    Kind.PROMISE: later("The customer was promised a date."),
    Kind.SAID: later("A reply promised something."),
    Kind.LEGAL: later("The law sets a deadline for this."),
    Kind.DEPARTMENT: later("This question waits for an answer."),
    Kind.STEP: later("A step of its process is late."),
    Kind.DRAFT: later("A draft waits to be sent or discarded."),
    Kind.SILENT: later("The customer has not answered. Ask once more, or close the case."),
    Kind.CLOSE: later("The customer has their answer. Close the case, or say what is still owed."),
}
_TIMELESS = frozenset({Kind.SILENT, Kind.CLOSE, Kind.DRAFT})
"""The moment by which these should be done says nothing to people."""

Reminder = Mapping[str, Any]


def duties_post(
    reminders: Sequence[Reminder], block_id: str, due: Due | None = None, untold: datetime | None = None
) -> Rendered:
    """What was due at once in a thread, one line each, for whom it mentions; ``due`` are the case's dates.

    ``untold`` is the one that its customer could be told now.

    What needs no doing any more is struck out; without anything else there are no buttons.
    """
    lines = [_line(each, due) for each in reminders] or [_("⏰ settled")]
    open_ones = [each for each in reminders if each["state"] == "sent"]
    blocks: list[Block] = [section("\n".join(lines)) | {"block_id": block_id}]
    blocks += [context(mrkdwn(line)) for line in dict.fromkeys(_ended(each) for each in reminders) if line]
    if open_ones:
        if untold is not None:
            blocks.append(context(mrkdwn(_("📅 Forecast: {when}. Tell the customer?", when=when(untold)))))
        blocks.append({"type": "actions", "elements": _buttons(open_ones, untold)})
    for_all = any(each["state"] == "sent" and not each["mentions"] for each in reminders)
    return Rendered(lines[0], blocks, broadcast=for_all)


def roundup_post(reminders: Sequence[Reminder], block_id: str) -> Rendered:
    """What was due at once in many threads of a channel: a paragraph for each case, with the way there."""
    cases: dict[str, list[Reminder]] = {}
    for each in reminders:
        cases.setdefault(str(each["case_token"]), []).append(each)
    title = ngettext("⏰ {count} case needs somebody now", "⏰ {count} cases need somebody now", len(cases))
    blocks: list[Block] = [section(f"*{title}*") | {"block_id": block_id}]
    blocks += [_case(each) for each in cases.values()]
    return Rendered(title, blocks)


def _case(reminders: Sequence[Reminder]) -> Block:
    first = reminders[0]
    lines = [f"*{case_link(first['number'], first['url'])}* {name(first['subject'])}"]
    lines += dict.fromkeys(f"{_line(each, None)} {_ended(each)}".strip() for each in reminders)
    shown = section("\n".join(lines)[:SECTION_TEXT])
    if all(each["state"] != "sent" for each in reminders):
        return shown
    token = next(str(each["token"]) for each in reminders if each["state"] == "sent")
    return shown | {"accessory": button(_("Snooze 1 h"), "duty_snooze", token)}


def _line(reminder: Reminder, due: Due | None) -> str:
    kind = Kind(reminder["kind"])
    said = _sentence(kind, reminder, due)
    if reminder["state"] != "sent":
        return f"~⏰ {said}~"
    people = " ".join(f"<@{member}>" for member in reminder["mentions"])
    return " ".join(filter(None, ["⏰", people, said]))


def what_is_due(reminder: Reminder) -> str:
    """What has to be done, and by when, in a sentence."""
    return _sentence(Kind(reminder["kind"]), reminder, None)


def _sentence(kind: Kind, reminder: Reminder, due: Due | None) -> str:
    what = str(_WHAT[kind])
    if kind is Kind.SAID and reminder["words"]:
        what = _("A reply promised “{words}”.", words=name(reminder["words"], 100))
    if kind is Kind.DEPARTMENT and reminder["department_name"] and not reminder["elsewhere"]:
        what = _("{department} has not answered.", department=_question(reminder))
    if kind is Kind.STEP and reminder["state"] == "sent" and due is not None and due.next is not None:
        step = " · ".join(filter(None, [name(due.next.step.name), name(due.next.department)]))
        what = _(
            "Step {number} of {count}, {step}, is late.",
            number=due.next.number,
            count=due.next.count,
            step=step,
        )
    if kind in _TIMELESS:
        return what
    if reminder["stage"] > DUE:
        return _("{what} *Late* since {when}.", what=what, when=when(reminder["due_at"]))
    return _("{what} Due {when}.", what=what, when=when(reminder["due_at"]))


def _question(reminder: Reminder) -> str:
    """The department that was asked, with the way to the question."""
    shown = name(reminder["department_name"])
    return f"<{reminder['ask_url']}|{shown}>" if reminder["ask_url"] else shown


def _ended(reminder: Reminder) -> str:
    if reminder["gone_why"] == "moved":
        return _("↪️ due at another time now")
    if reminder["gone_why"] == "snoozed":
        person = f"<@{reminder['ended_by']}>"
        return _("💤 put off until {when} by {person}", when=when(reminder["again_at"]), person=person)
    return "" if reminder["state"] == "sent" else _("✅ settled")


def _buttons(reminders: Sequence[Reminder], untold: datetime | None) -> list[Block]:
    kinds, case = {each["kind"] for each in reminders}, str(reminders[0]["case_token"])
    token = str(reminders[0]["token"])
    found: list[Block] = []
    if Kind.UNCLAIMED in kinds:
        found.append(button(_("Take"), "case_take", case, style="primary"))
    if untold is not None:
        found.append(button(_("Tell the date"), "case_tell_date", case))
    if promise := next((each["promise"] for each in reminders if each["promise"]), None):
        found.append(button(_("It is done"), "duty_promise_done", str(promise)))
    if Kind.SILENT in kinds:
        found.append(button(_("Ask once more"), "case_nudge", case))
    if kinds & {Kind.SILENT, Kind.CLOSE}:
        found.append(button(_("Close"), "case_close", case))
    return [
        *found,
        button(_("Snooze 1 h"), "duty_snooze", token),
        button(_("Tomorrow"), "duty_tomorrow", token),
        button(_("Pick a time"), "duty_pick", token),
    ]


def snooze_form(number: int, metadata: str) -> Block:
    """Until when to put off what a post reminds of."""
    blocks = [date_field("day", _("Day")), time_field("time", _("Time"))]
    return modal("snooze_form", _("Put off {case}", case=reference(number)), _("Put off"), metadata, blocks)
