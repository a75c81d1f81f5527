"""Private notes to one person about a case."""

from __future__ import annotations

from cases.language import _
from cases.messages import CaseCard, reference
from cases.text import show_turns, split
from views.blocks import Block, button, name, section, words
from views.thread import Rendered


def owned_note(case: CaseCard) -> Rendered:
    """Whoever acts first owns the case; they may say that it is not theirs."""
    line = _("You were the first to act on {case}, so it is yours now.", case=reference(case.number))
    blocks: list[Block] = [
        section(line) | {"accessory": button(_("Not mine"), "case_release", str(case.token))}
    ]
    return Rendered(line, blocks)


def customer_changed(customer: str, body: str, *, deleted: bool) -> Rendered:
    """The customer changed or took back what they said while a draft of the reader's waits."""
    if deleted:
        line = _("🗑 *{customer} deleted a message* while your draft waits.", customer=name(customer))
        return Rendered(line, [section(line)])
    line = _("✏️ *{customer} changed a message* while your draft waits. It now says:", customer=name(customer))
    shown = split(show_turns(body), 2_900)[0] or _("(a file)")
    return Rendered(line, [section(line), words(shown)])


NOTES = {"owned": owned_note}
