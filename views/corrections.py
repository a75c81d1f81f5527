"""Private offers to the author of a message that was sent: correct it, or take it back."""

from __future__ import annotations

from cases import text
from cases.language import _
from cases.messages import reference
from views.blocks import Block, button, name, section, words
from views.forms import modal, text_field
from views.thread import Rendered

_BEFORE = 1_000
"""Characters of what the customer has; with all of a long text twice Slack would refuse the message."""


def correction(draft: str, before: str, body: str, customer: str, *, newer: bool = False) -> Rendered:
    """What the customer sees, and would see instead: that complete, with invisible characters shown."""
    line = _("You edited a message that {customer} has got already. It still says:", customer=name(customer))
    blocks: list[Block] = [section(f"⚠️ {_('The customer wrote in the meantime.')}")] if newer else []
    blocks += [
        section(f"✏️ {line}"),
        *_shown(before, _BEFORE),
        section(_("With your correction it would say:")),
    ]
    blocks += _shown(body)
    buttons = [
        button(_("Send correction"), "correction_send", draft, style="primary"),
        button(_("Leave"), "correction_leave", draft),
    ]
    return Rendered(line, [*blocks, {"type": "actions", "elements": buttons}])


def stays(draft: str, before: str, customer: str) -> Rendered:
    """A message was edited in Slack whose channel can change nothing: its customer keeps the first words."""
    line = _("You edited a message that {customer} has got already. It still says:", customer=name(customer))
    said = _("What went over this channel cannot be changed; please write a new reply.")
    buttons = [
        button(_("Write a correction"), "correction_write", draft, style="primary"),
        button(_("Leave"), "correction_leave", draft),
    ]
    blocks = [section(f"✏️ {line}"), *_shown(before, _BEFORE), section(said)]
    return Rendered(line, [*blocks, {"type": "actions", "elements": buttons}])


def write_form(number: int, body: str, metadata: str) -> Block:
    """Another reply that corrects the first; ``body`` is what its author made of that in Slack."""
    field = text_field(
        "text", _("What the customer reads"), value=body, max_length=3_000, multiline=True, optional=False
    )
    return modal("correction_form", reference(number), _("Preview"), metadata, [field])


def retraction(draft: str, before: str, customer: str, *, possible: bool) -> Rendered:
    """A message that was sent has been deleted in Slack only."""
    line = _("You deleted a message here that {customer} has got already. It says:", customer=name(customer))
    blocks = [section(f"🗑 {line}"), *_shown(before, _BEFORE)]
    if not possible:
        stays = _("What went over this channel cannot be taken back: it stays with the customer.")
        return Rendered(line, [*blocks, section(stays)])
    buttons = [
        button(_("Take it back"), "retract_send", draft, style="danger"),
        button(_("Leave"), "retract_leave", draft),
    ]
    return Rendered(line, [*blocks, {"type": "actions", "elements": buttons}])


def _shown(body: str, most: int | None = None) -> list[Block]:
    """``body``, of what the customer has already at most so many characters."""
    if most is not None and len(body) > most:
        body = body[: most - 1] + "…"
    return [words(part) for part in text.split(text.show_invisible(body), 2_900) if part]
