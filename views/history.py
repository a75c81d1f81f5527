"""What happened in a case, for one reader: its log, what is new to them, what the customer has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cases import formats
from cases.brief import Promised
from cases.enums import Channel, Delivery, Priority, Status
from cases.language import _, later, ngettext
from cases.messages import CaseCard, reference
from cases.reader import Language
from cases.text import escape, one_line, show_invisible
from cases.waiting import Waited
from views.blocks import Block, context, mrkdwn, name, section, sections, words
from views.card import PRIORITY_WORDS, STATUS_WORDS
from views.channels import SIGNS, delivery_line
from views.forms import page
from views.ledger import promise_lines
from views.plain import noted, with_mentions
from views.waiting import waiting_line

Rows = Sequence[Mapping[str, Any]]

_DONE = {
    "case.call_logged": later("noted a phone call"),
    "case.opened": later("opened the case"),
    "case.taken": later("took the case"),
    "case.released": later("gave the case back"),
    "case.assigned": later("handed the case over"),
    "case.reopened": later("reopened the case"),
    "case.closed_silently": later("closed the case without telling the customer"),
    "case.closed_told": later("closed the case: the customer was told already"),
    "case.status": later("wrote again"),
    "case.status_said": later("said where the case stands"),
    "case.priority": later("changed the priority"),
    "case.tags": later("changed the tags"),
    "case.department": later("said whom the case needs"),
    "case.process": later("said what the case is about"),
    "case.language": later("recognised the customer's language"),
    "case.customer_linked": later("linked the customer"),
    "case.customer_named": later("named the customer"),
    "case.linked": later("linked another case"),
    "case.merged": later("merged the case into another one"),
    "case.absorbed": later("merged another case into this one"),
    "case.split": later("moved messages to another case"),
    "case.split_from": later("moved messages here"),
    "case.problem_joined": later("made the case part of a problem"),
    "case.problem_left": later("took the case out of its problem"),
    "case.problem_solved": later("solved the problem behind the case"),
    "case.switched": later("went on over another channel"),
    "customer.merged": later("merged another customer into this one"),
    "customer.not_same": later("said that a suggested customer is somebody else"),
    "customer.split": later("split another customer off again"),
    "promise.kept": later("noted that a promise is kept"),
    "promise.removed": later("removed a promise"),
    "delivery.failed": later("could not bring a reply to the customer"),
    "delivery.unknown": later("does not know whether a reply reached the customer"),
    "delivery.queued": later("had a reply sent again"),
    "delivery.sent": later("said that a reply arrived"),
    "reply.sent": later("answered the customer"),
    "closing.sent": later("sent the closing message"),
    "department.told": later("told a department what the customer taught us"),
    "ask.asked": later("asked a department"),
    "ask.taken": later("looks after the question"),
    "ask.answered": later("answered the question"),
    "ask.need_more": later("asked back"),
    "ask.later": later("said by when they answer"),
    "ask.rerouted": later("passed the question on"),
    "reminder.sent": later("reminded"),
    "receipt.sent": later("confirmed the customer's message"),
    "receipt.withdrawn": later("withdrew the link to the case's page"),
    "survey.asked": later("asked the customer how it was"),
    "survey.rated": later("rated the case"),
}


def log_page(case: CaseCard, rows: Rows, waited: Waited | None = None) -> Block:
    """For whom the case waited, and everything that was done with it, newest first."""
    lines = log_lines(rows) or [_("Nothing yet.")]
    head = waiting_line(waited) if waited else ""
    return page(_("Log of {case}", case=reference(case.number)), sections([*filter(None, [head]), *lines]))


def log_lines(rows: Rows) -> list[str]:
    """One line for each entry of the audit: when, who, what, and the status it led to."""
    return [_entry(row) for row in rows if row["action"] in _DONE]


def _entry(row: Mapping[str, Any]) -> str:
    detail = row["detail"]
    facts = [str(_DONE[row["action"]])]
    if detail.get("to"):
        facts.append(f"<@{detail['to']}>")
    if detail.get("department"):
        onto = f" → {detail['to_department']}" if detail.get("to_department") else ""
        facts.append(name(detail["department"] + onto))
    if detail.get("process"):
        facts.append(name(detail["process"]))
    if detail.get("language"):
        facts.append(formats.language_name(Language(detail["language"])))
    if detail.get("promised"):
        told = formats.moment(datetime.fromisoformat(detail["promised"]))
        facts.append(_("told the date {moment}", moment=told))
    if detail.get("why") == "bad_rating":
        facts.append(_("by a bad rating"))
    if detail.get("over"):
        sums = ", ".join(name(each) for each in detail["over"])
        facts.append(_("more than agents may decide alone: {sums}", sums=sums))
    if detail.get("reason"):
        facts.append(name(detail["reason"], 200))
    if detail.get("priority"):
        facts.append(str(PRIORITY_WORDS[Priority(detail["priority"])]))
    if detail.get("tags"):
        facts.append(name(" ".join(f"#{tag}" for tag in detail["tags"]), 200))
    led = f" → {STATUS_WORDS[Status(detail['status'])]}" if detail.get("status") else ""
    return f"{formats.moment(row['at'])} · {_actor(row['actor'])} · " + " · ".join(facts) + led


def _actor(actor: str) -> str:
    if actor == "customer":
        return _("the customer")
    return f"<@{actor}>" if actor[:1] in {"U", "W"} else "CX Copilot"  # not translated


def catch_up_page(
    case: CaseCard, since: datetime | None, said: Rows, done: Rows, promised: Sequence[Promised] = ()
) -> Block:
    """What others said and did since the reader last looked, and what is promised, from stored facts."""
    head = (
        _("Since you last looked ({moment}):", moment=since)
        if since
        else _("You see this case for the first time.")
    )
    lines = [f"*{head}*"]
    if said:
        count = int(said[0]["many"])
        lines.append(ngettext("{count} new message", "{count} new messages", count))
    acts = log_lines(done)
    if not said and not acts:
        lines.append(_("Nothing new."))
    lines += promise_lines(promised)
    blocks = [*sections(lines), *(section(_quoted(row)) for row in reversed(said))]
    return page(_("Catch me up"), blocks + (sections(acts[::-1]) if acts else []))


def seen_page(case: CaseCard, rows: Rows) -> Block:
    """What the customer has been shown, as they see it; nothing of our own talk."""
    title = _("Customer's view")
    if not rows:
        return page(title, [section(_("The customer has seen nothing of this case yet."))])
    blocks: list[Block] = []
    if rows[0]["many"] > len(rows):
        shown = _("The last {count} of {many} messages", count=len(rows), many=rows[0]["many"])
        blocks.append(context(mrkdwn(shown)))
    for row in reversed(rows):
        blocks += [context(mrkdwn(f"{_byline(row)}{_state(row)}")), words(_said(row, 1_500))]
    return page(title, blocks)


def _state(row: Mapping[str, Any]) -> str:
    if row["direction"] != "out":
        return ""
    if row["delivery"] in _NOT_THERE:
        return f" · {delivery_line(row['delivery'], row['reason'])}"
    if row["read"]:
        return f" · _{_('read')}_"
    return f" · _{_('delivered') if row['delivered'] else _('sent')}_"


_WHO = {"out": "📨", "internal": "📝"}
_NOT_THERE = frozenset({Delivery.QUEUED, Delivery.SENDING, Delivery.FAILED, Delivery.UNKNOWN})


def _quoted(row: Mapping[str, Any]) -> str:
    words = escape(_said(row, 160))
    return f"{_byline(row)}\n{with_mentions(words) if _talker(row) else words}"


def _byline(row: Mapping[str, Any]) -> str:
    who = f"<@{_talker(row)}>" if _talker(row) else f"*{name(row['author_name'])}*"
    sign = _WHO.get(row["direction"]) or SIGNS[Channel(row["channel"])]
    return f"{sign} {who} · {formats.moment(row['created_at'])}"


def _talker(row: Mapping[str, Any]) -> str | None:
    """The member who said among us what the customer never sees."""
    return row["author_slack"] if row["direction"] == "internal" else None


def _said(row: Mapping[str, Any], limit: int) -> str:
    if row["deleted_at"]:
        return _("(deleted)")
    text = noted(row["text"]) if row["direction"] == "internal" else row["text"]
    return show_invisible(one_line(text, limit)) or "📎"
