"""Private notes to one person about a case."""

from __future__ import annotations

from cases.language import _
from cases.messages import CaseCard, reference
from cases.text import escape, one_line, show_invisible, show_turns, split
from views.blocks import Block, button, case_link, name, section, words
from views.thread import Rendered


def owned_note(case: CaseCard, _url: str | None) -> Rendered:
    """Whoever acts first owns the case; they may say that it is not theirs."""
    line = _("You were the first to act on {case}, so it is yours now.", case=reference(case.number))
    return _with_button(line, button(_("Not mine"), "case_release", str(case.token)))


def customer_changed(customer: str, body: str, *, deleted: bool) -> Rendered:
    """The customer changed or took back what they said while a draft of the reader's waits."""
    if deleted:
        line = _("🗑 *{customer} deleted a message* while your draft waits.", customer=name(customer))
        return Rendered(line, [section(line)])
    line = _("✏️ *{customer} changed a message* while your draft waits. It now says:", customer=name(customer))
    shown = split(show_turns(body), 2_900)[0] or _("(a file)")
    return Rendered(line, [section(line), words(shown)])


def not_sent(draft: str | None, body: str) -> Rendered:
    """What was approved could not go; ``draft`` can be proposed again where it came from a message."""
    line = _(
        "❗ This was not sent: it changed after you approved it, or the case was closed. {words}",
        words=escape(one_line(show_invisible(body), 120)),
    )
    if draft is None:
        return Rendered(line, [section(line)])
    return _with_button(line, button(_("Try again"), "reply_retry", draft))


def close_note(case: CaseCard, _url: str | None) -> Rendered:
    """✅ on a card: a reaction cannot open a form, a button can."""
    return _with_button(
        _("Close {case}?", case=reference(case.number)), button(_("Close…"), "case_close", str(case.token))
    )


def by_hand_note(case: CaseCard, _url: str | None) -> Rendered:
    """The process would close it, but there nothing goes out by itself."""
    line = _(
        "All departments have answered in {case}. There nothing goes out by itself, so please close it.",
        case=reference(case.number),
    )
    return _with_button(line, button(_("Close…"), "case_close", str(case.token)))


def opened_note(case: CaseCard, url: str | None) -> Rendered:
    """🎫 on a message: which case it opened, and what is missing."""
    shown = case_link(case.number, url)
    line = _("🎫 {case} is opened from this message. Its customer is not known yet.", case=shown)
    return _with_button(line, button(_("Customer…"), "menu_customer", str(case.token)))


def drafting_note(who: str) -> Rendered:
    """Somebody else prepares a reply at the same time."""
    line = _("✍️ {person} is preparing a reply in this case, too.", person=f"<@{who}>")
    return Rendered(line, [section(line)])


def act_offer(act: str, number: int, token: str) -> Rendered:
    """A button for what a command cannot do by itself: open a form."""
    case = reference(number)
    if act == "close":
        return _with_button(_("Close {case}?", case=case), button(_("Close…"), "case_close", token))
    line = _("Who is the customer of {case}?", case=case)
    if act == "opened":
        line = _("{case} is open. Its customer is not known yet.", case=case)
    return _with_button(line, button(_("Customer…"), "menu_customer", token))


def _with_button(line: str, made: Block) -> Rendered:
    return Rendered(line, [section(line) | {"accessory": made}])


NOTES = {"owned": owned_note, "close": close_note, "opened": opened_note, "by_hand": by_hand_note}
