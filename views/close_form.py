"""The form that closes a case."""

from __future__ import annotations

from cases.enums import CloseHow
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
    tell = {"text": plain("Tell the customer"), "value": CloseHow.TELL.value}
    silent = {"text": plain("Close without telling"), "value": CloseHow.SILENT.value}
    choice: Block = {"type": "radio_buttons", "action_id": "how", "options": [tell, silent]}
    choice["initial_option"] = tell if how is CloseHow.TELL else silent
    return {
        "type": "modal",
        "callback_id": "case_close_form",
        "private_metadata": metadata,
        "title": plain(f"Close {reference(number)}"),
        "submit": plain("Close case"),
        "close": plain("Cancel"),
        "blocks": [
            *([section(f"⚠️ {notice}")] if notice else []),
            {"type": "input", "block_id": "how", "label": plain("How"), "element": choice},
            text_field(
                "text",
                "Closing message",
                "What the customer will read. It goes out after the undo window.",
                value=text,
                max_length=3000,
                multiline=True,
            ),
            text_field(
                "reason",
                "Reason for not telling",
                "Only when the customer is not told; it is counted.",
                value=reason,
                max_length=300,
            ),
        ],
    }
