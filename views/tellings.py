"""What a customer taught us, for a department: the form, and the digest in the department's channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.deeds import MAX_TOLD
from cases.language import _, ngettext
from cases.messages import reference
from cases.text import show_invisible
from views.blocks import Block, context, mrkdwn, name, section, words
from views.forms import choice_field, modal, text_field
from views.thread import Rendered

Row = Mapping[str, Any]


def tell_form(number: int, metadata: str, desks: Sequence[tuple[str, str]], desk: str | None = None) -> Block:
    """Which of the departments ``desks`` (key, name) is told what."""
    hint = _(
        "They read it in their channel on their next working day, with the number of the case and without "
        "its customer. Nobody has to answer."
    )
    label = _("What did the customer teach us?")
    blocks = [
        choice_field("department", _("Department"), desks, value=desk),
        text_field("words", label, hint, max_length=MAX_TOLD, multiline=True, optional=False),
    ]
    return modal("tell_form", _("From {case}", case=reference(number)), _("Pass on"), metadata, blocks)


def digest_post(digest: Row, told: Sequence[Row], block_id: str) -> Rendered:
    """All that a department was told since its last digest: nothing in it says who the customers are."""
    line = ngettext(
        "📝 *What customers taught us* · {count} note for {department}",
        "📝 *What customers taught us* · {count} notes for {department}",
        len(told),
        department=name(digest["department_name"]),
    )
    blocks = [section(line) | {"block_id": block_id}]
    for row in told:
        person = f"<@{row['told_by']}>"
        by = _("{case} · told by {person}", case=reference(row["number"]), person=person)
        blocks += [words(show_invisible(row["text"])), context(mrkdwn(by))]
    if digest["left_over"]:
        more = ngettext(
            "{count} more note comes with the next one.",
            "{count} more notes come with the next one.",
            digest["left_over"],
        )
        blocks.append(context(mrkdwn(more)))
    return Rendered(line, blocks)
