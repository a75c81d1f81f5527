"""Private notes to one person about a case."""

from __future__ import annotations

from cases.messages import CaseCard, reference
from views.blocks import Block, button, section
from views.thread import Rendered


def owned_note(case: CaseCard) -> Rendered:
    """Whoever acts first owns the case; they may say that it is not theirs."""
    line = f"You were the first to act on {reference(case.number)}, so it is yours now."
    blocks: list[Block] = [section(line) | {"accessory": button("Not mine", "case_release", str(case.token))}]
    return Rendered(line, blocks)


NOTES = {"owned": owned_note}
