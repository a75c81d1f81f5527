"""The private steps of sending: preview, undo window, outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from cases import text
from cases.enums import DraftKind
from cases.language import _, later
from views.blocks import Block, button, context, file_line, mrkdwn, name, plain, section, sections, words
from views.ledger import Listed, promise_blocks
from views.thread import Rendered

_MOST_TEXT = 12_000
"""Characters of a message's blocks."""


def preview(
    draft: str,
    body: str,
    customer: str,
    *,
    newer: bool = False,
    files: Sequence[Mapping[str, Any]] = (),
    left_out: Sequence[Mapping[str, Any]] = (),
    listed: Listed | None = None,
) -> Rendered:
    """The exact text that would go, with Send and Cancel; complete, invisible characters shown.

    ``newer`` says that the customer wrote since; ``files`` go along, those ``left_out`` do not;
    ``listed`` is what the text binds the company to.
    """
    head = _("*Send this to {customer}?*", customer=name(customer))
    if newer:
        head = _("⚠️ *The customer wrote in the meantime.*") + " " + head
    shown = text.show_invisible(body)
    blocks: list[Block] = [section(head)]
    blocks += [words(part) for part in text.split(shown, 2_900) if part]
    if files:
        blocks.append(context(*(plain(file_line(file)) for file in files[:10])))
    if left_out:
        blocks += sections([_left_out(file) for file in left_out[:20]])
    room = max(_MOST_TEXT - len(shown), 900)
    promises = promise_blocks(listed, draft, "reply_promise", room) if listed else []
    if promises:
        blocks += [section(_("⚠️ *Please look twice*")), *promises]
    blocks.append(
        {
            "type": "actions",
            "elements": [
                button(_("Send"), "reply_send", draft, style="primary"),
                button(_("Cancel"), "reply_cancel", draft),
            ],
        }
    )
    return Rendered(_("Send this to the customer?"), blocks)


_WHY = {
    "large": later("⚠️ {name} does not go along: it is too large."),
    "type": later("⚠️ {name} does not go along: programs and scripts are not sent to customers."),
    "many": later("⚠️ {name} does not go along: ten files fit into one message."),
    "elsewhere": later("⚠️ {name} does not go along: Slack does not hold it itself."),
    "failed": later(
        "⚠️ {name} does not go along: Slack did not give it out. Put 📤 on again to try once more."
    ),
}


def _left_out(file: Mapping[str, Any]) -> str:
    return _(_WHY[file["why"]].message, name=name(file["name"]))


_ITSELF = {
    DraftKind.CLOSING: later(
        "All departments have answered, so this case closes by itself, as its process says."
    ),
    DraftKind.REPLY: later(
        "The customer has not answered, so they are asked once more, as the process says."
    ),
}


def sending(draft: str, body: str, seconds: float, *, itself: DraftKind | None = None) -> Rendered:
    """The undo window of ``seconds``; ``itself`` is what the case's process sends, and not the reader."""
    line = _(
        "⏳ Sending in {left}: {words}",
        left=timedelta(seconds=seconds),
        words=text.one_line(text.show_invisible(body), 120),
    )
    blocks: list[Block] = [
        context(plain(line)),
        {"type": "actions", "elements": [button(_("Undo"), "reply_undo", draft)]},
    ]
    if itself:
        blocks.insert(0, section(str(_ITSELF[itself])))
    return Rendered(_("Sending…"), blocks)


def outcome(line: str) -> Rendered:
    """How it ended, in one line."""
    return Rendered(line, [context(mrkdwn(line))])
