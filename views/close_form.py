"""The form that closes a case."""

from __future__ import annotations

from cases.enums import CloseHow
from cases.language import _
from cases.messages import reference
from views.blocks import Block, plain, section
from views.forms import text_field


def close_form(
    number: int,
    metadata: str,
    *,
    notice: str | None = None,
    how: CloseHow = CloseHow.TELL,
    text: str = "",
    reason: str = "",
) -> Block:
    """A modal that takes a closing text for the customer, or a reason why there is none.

    ``metadata`` comes back with the submission: which case, and which form. Shown again, it holds
    what was filled in and, in ``notice``, why it was not taken.
    """
    tell = {"text": plain(_("Tell the customer")), "value": CloseHow.TELL.value}
    silent = {"text": plain(_("Close without telling")), "value": CloseHow.SILENT.value}
    choice: Block = {"type": "radio_buttons", "action_id": "how", "options": [tell, silent]}
    choice["initial_option"] = tell if how is CloseHow.TELL else silent
    return {
        "type": "modal",
        "callback_id": "case_close_form",
        "private_metadata": metadata,
        "title": plain(_("Close {case}", case=reference(number))),
        "submit": plain(_("Close case")),
        "close": plain(_("Cancel")),
        "blocks": [
            *([section(f"⚠️ {notice}")] if notice else []),
            {"type": "input", "block_id": "how", "label": plain(_("How")), "element": choice},
            text_field(
                "text",
                _("Closing message"),
                _("What the customer will read. It goes out after the undo window."),
                value=text,
                max_length=3000,
                multiline=True,
            ),
            text_field(
                "reason",
                _("Reason for not telling"),
                _("Only when the customer is not told; it is counted."),
                value=reason,
                max_length=300,
            ),
        ],
    }
