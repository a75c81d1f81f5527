"""The private steps of sending: preview, undo window, outcome."""

from __future__ import annotations

from datetime import timedelta

from cases import text
from cases.language import _, ngettext
from views.blocks import Block, button, context, mrkdwn, name, plain, section, words
from views.thread import Rendered


def preview(draft: str, body: str, customer: str, *, newer: bool = False, files: int = 0) -> Rendered:
    """The exact text that would go, with Send and Cancel; complete, invisible characters shown.

    ``newer`` says that the customer wrote since; ``files`` is how many stay behind.
    """
    head = _("*Send this to {customer}?*", customer=name(customer))
    if newer:
        head = _("⚠️ *The customer wrote in the meantime.*") + " " + head
    blocks: list[Block] = [section(head)]
    blocks += [words(part) for part in text.split(text.show_invisible(body), 2_900)]
    if files:
        stay = ngettext(
            "⚠️ The file does not go along: this version sends text only.",
            "⚠️ The {count} files do not go along: this version sends text only.",
            files,
        )
        blocks.append(section(stay))
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


def sending(draft: str, body: str, seconds: float) -> Rendered:
    """The undo window of ``seconds``."""
    line = _(
        "⏳ Sending in {left}: {words}",
        left=timedelta(seconds=seconds),
        words=text.one_line(text.show_invisible(body), 120),
    )
    blocks: list[Block] = [
        context(plain(line)),
        {"type": "actions", "elements": [button(_("Undo"), "reply_undo", draft)]},
    ]
    return Rendered(_("Sending…"), blocks)


def outcome(line: str) -> Rendered:
    """How it ended, in one line."""
    return Rendered(line, [context(mrkdwn(line))])
