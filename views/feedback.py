"""Whether what the copilot showed was of use: two small buttons below it, and a form for why not."""

from __future__ import annotations

from uuid import UUID

from cases.language import _
from views.blocks import Block, plain
from views.forms import modal, text_field
from views.thread import Rendered

GOOD, BAD = "good", "bad"


def feedback_block(card: UUID | str) -> Block:
    """👍 and 👎 for a card, as Slack draws them."""
    element: Block = {
        "type": "feedback_buttons",
        "action_id": "copilot_feedback",
        "positive_button": {"text": plain(_("Helpful")), "value": f"{card} {GOOD}"},
        "negative_button": {"text": plain(_("Not helpful")), "value": f"{card} {BAD}"},
    }
    return {"type": "context_actions", "elements": [element]}


def with_feedback(shown: Rendered, card: UUID | str) -> Rendered:
    """Something of the copilot's with these buttons below it."""
    return Rendered(shown.text, [*shown.blocks, feedback_block(card)])


def why_form(metadata: str, longest: int) -> Block:
    """What was wrong with it, if somebody likes to say."""
    field = text_field("text", _("What was wrong with it?"), max_length=longest, multiline=True)
    return modal("copilot_feedback_form", _("Not helpful"), _("Save"), metadata, [field])
