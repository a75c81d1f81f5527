"""The form that closes a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.enums import CloseHow
from cases.language import _
from cases.messages import reference
from cases.text import one_line, show_invisible
from views.blocks import Block, plain, section
from views.forms import choice_field, text_field


def close_form(
    number: int,
    metadata: str,
    *,
    notice: str | None = None,
    how: CloseHow = CloseHow.TELL,
    text: str = "",
    reason: str = "",
    replies: Sequence[Mapping[str, Any]] = (),
    told: str | None = None,
) -> Block:
    """A modal that takes a closing text for the customer, which of the ``replies`` told them, or a reason.

    ``metadata`` comes back with the submission: which case, and which form. ``text`` is what is proposed;
    shown again, the form holds what was filled in and, in ``notice``, why it was not taken.
    """
    return {
        "type": "modal",
        "callback_id": "case_close_form",
        "private_metadata": metadata,
        "title": plain(_("Close {case}", case=reference(number))),
        "submit": plain(_("Close case")),
        "close": plain(_("Cancel")),
        "blocks": [
            *([section(f"⚠️ {notice}")] if notice else []),
            {"type": "input", "block_id": "how", "label": plain(_("How")), "element": _ways(how, replies)},
            text_field(
                "text",
                _("Closing message"),
                _("What the customer will read. It goes out after the undo window."),
                value=text,
                max_length=3000,
                multiline=True,
            ),
            *_replies(replies, told),
            text_field(
                "reason",
                _("Reason for not telling"),
                _("Only when the customer is not told; it is counted."),
                value=reason,
                max_length=300,
            ),
        ],
    }


def _ways(how: CloseHow, replies: Sequence[Mapping[str, Any]]) -> Block:
    labels = {CloseHow.TELL: _("Tell the customer"), CloseHow.SILENT: _("Close without telling")}
    if replies:
        labels = {CloseHow.TELL: labels[CloseHow.TELL], CloseHow.TOLD: _("They were told already")} | labels
    options = {way: {"text": plain(label), "value": way.value} for way, label in labels.items()}
    chosen = options.get(how, options[CloseHow.TELL])
    return {
        "type": "radio_buttons",
        "action_id": "how",
        "options": list(options.values()),
        "initial_option": chosen,
    }


def _replies(replies: Sequence[Mapping[str, Any]], told: str | None) -> list[Block]:
    """Which of the last replies told them; nothing where there is none."""
    if not replies:
        return []
    options = [(str(reply["uuid"]), _reply(reply)) for reply in replies]
    hint = _("Only when they were told already; then nothing more goes out.")
    label = _("They were told already by")
    return [choice_field("told", label, options, hint, value=told, optional=True)]


def _reply(reply: Mapping[str, Any]) -> str:
    words = one_line(show_invisible(reply["text"]), 60) or "📎"
    return _("{moment} · {words}", moment=reply["created_at"], words=words)
